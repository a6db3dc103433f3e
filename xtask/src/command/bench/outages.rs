//! What becomes of readings, and of tasks, through outage after outage, counted on the solutions.

use std::fmt::Display;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::ensure;
use arena::broker::BrokerChoice;

use checks::compile::Built;
use checks::corpus;
use checks::corpus::trial::Stage;
use checks::play::{play_kills_and_cuts, play_outages};
use checks::scenario::{ReadingsTally, TasksTally, Weather};
use course::{Step, steps};
use terminal::exit::FAILED;
use terminal::say;

/// The step whose programs lose no reading.
const READINGS: &str = "outage";
/// The step whose programs lose no task.
const TASKS: &str = "orders";

/// So many outages have one seed, and one pair of programs.
const AT_A_TIME: usize = 50;

/// How much is played.
#[derive(Clone, Debug)]
pub struct Outages {
    /// How many outages in all, on each step.
    pub runs: usize,
    /// The first seed; nothing for one that chance gives.
    pub seed: Option<u64>,
    /// The broker to play on.
    pub broker: BrokerChoice,
    /// The only step to play, by any of its names.
    pub step: Option<String>,
}

/// What was counted.
trait Tally: Default + Display {
    fn is_right(&self) -> bool;
    fn add(&mut self, other: &Self);
}

impl Tally for ReadingsTally {
    fn is_right(&self) -> bool {
        Self::is_right(self)
    }

    fn add(&mut self, other: &Self) {
        Self::add(self, other);
    }
}

impl Tally for TasksTally {
    fn is_right(&self) -> bool {
        Self::is_right(self)
    }

    fn add(&mut self, other: &Self) {
        Self::add(self, other);
    }
}

/// Plays so many outages on the solutions, and counts.
pub async fn run(root: &Path, outages: Outages) -> anyhow::Result<ExitCode> {
    let stage = Stage::new(root);
    let only = outages.step.as_deref().map(course::find).transpose()?;
    let counted = [READINGS, TASKS];
    let steps = steps().iter().filter(|step| {
        counted.contains(&step.package.as_str())
            && only.is_none_or(|only| only.number == step.number)
    });
    let steps: Vec<&'static Step> = steps.collect();
    ensure!(
        !steps.is_empty(),
        "outages are counted for {} only",
        counted.join(" and ")
    );
    let first = outages.seed.unwrap_or_else(|| fastrand::u64(1..1_000_000));
    let mut is_right = true;
    for step in steps {
        let built = stage.compile(&corpus::solution(root, step)?).await?;
        say::out(&format!(
            "{}: {} outages, seeds from {first}\n",
            step.name(),
            outages.runs
        ))?;
        let (runs, broker) = (outages.runs, &outages.broker);
        is_right &= if step.package == READINGS {
            count(runs, first, async |seed, outages| {
                readings(step, &built, seed, broker, outages).await
            })
            .await?
        } else {
            count(runs, first, async |seed, outages| {
                play_kills_and_cuts(step, &built, seed, broker, outages).await
            })
            .await?
        };
    }
    Ok(if is_right {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FAILED)
    })
}

/// Plays as many on programs that leave it to MQTT that readings arrive, and counts. There is nothing
/// that these have to be.
pub async fn run_qos_1(root: &Path, outages: Outages) -> anyhow::Result<ExitCode> {
    let program = corpus::with_qos_1(root)?;
    let built = Stage::new(root).compile(&program).await?;
    let first = outages.seed.unwrap_or_else(|| fastrand::u64(1..1_000_000));
    say::out(&format!(
        "QoS 1 and kept sessions: {} outages, seeds from {first}\n",
        outages.runs
    ))?;
    let broker = &outages.broker;
    count(outages.runs, first, async |seed, outages| {
        readings(program.step, &built, seed, broker, outages).await
    })
    .await?;
    Ok(ExitCode::SUCCESS)
}

/// Every other time with a device that is killed now and then.
async fn readings(
    step: &'static Step,
    built: &Built,
    seed: u64,
    broker: &BrokerChoice,
    outages: usize,
) -> anyhow::Result<ReadingsTally> {
    let weather = Weather {
        outages,
        kills: seed % 2 == 1,
    };
    play_outages(step, built, seed, broker, weather).await
}

/// Plays so many outages, some at a time, and prints what was counted, and what was wrong with which
/// seed. Says whether nothing was.
async fn count<T: Tally>(
    runs: usize,
    first: u64,
    play: impl AsyncFn(u64, usize) -> anyhow::Result<T>,
) -> anyhow::Result<bool> {
    let begin = Instant::now();
    let mut sum = T::default();
    let (mut left, mut seed, mut is_right) = (runs, first, true);
    while left > 0 {
        let outages = left.min(AT_A_TIME);
        let wrong = match play(seed, outages).await {
            Ok(tally) => {
                sum.add(&tally);
                (!tally.is_right()).then(|| tally.to_string())
            }
            Err(error) => Some(format!("{error:#}")),
        };
        if let Some(wrong) = wrong {
            is_right = false;
            say::out(&format!("seed {seed}: {wrong}\n"))?;
        }
        left -= outages;
        seed = seed.wrapping_add(1);
    }
    let took = begin.elapsed().as_secs_f64();
    say::out(&format!("{sum} ({took:.0} s)\n"))?;
    Ok(is_right)
}
