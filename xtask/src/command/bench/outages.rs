//! What becomes of readings through outage after outage, counted on the solution.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use arena::broker::BrokerChoice;

use checks::compile::Palette;
use checks::corpus;
use checks::corpus::trial::Stage;
use checks::play::play_outages;
use checks::scenario::{Tally, Weather};
use course::steps;
use terminal::exit::FAILED;
use terminal::say;

/// The step whose programs lose nothing.
const PACKAGE: &str = "outage";

/// So many outages have one seed, and one pair of programs.
const AT_A_TIME: usize = 50;

/// Plays so many outages, every other time with a device that is killed now and then, and counts.
pub async fn run(
    root: &Path,
    runs: usize,
    seed: Option<u64>,
    broker: &BrokerChoice,
) -> anyhow::Result<ExitCode> {
    let step = steps().iter().find(|step| step.package == PACKAGE);
    let step = step.with_context(|| format!("no step is called {PACKAGE}"))?;
    let stage = Stage::new(Palette::build(root).await?);
    let built = stage.compile(&corpus::solution(root, step)?).await?;
    let first = seed.unwrap_or_else(|| fastrand::u64(1..1_000_000));
    say::out(&format!("{runs} outages, seeds from {first}\n"))?;

    let begin = Instant::now();
    let mut sum = Tally::default();
    let (mut left, mut seed, mut failed) = (runs, first, 0);
    while left > 0 {
        let weather = Weather {
            outages: left.min(AT_A_TIME),
            kills: seed % 2 == 1,
        };
        match play_outages(step, &built, seed, broker, weather).await {
            Ok(tally) => {
                if !tally.is_right() {
                    failed += 1;
                    say::out(&format!("seed {seed}: {tally}\n"))?;
                }
                sum.add(&tally);
            }
            Err(error) => {
                failed += 1;
                say::out(&format!("seed {seed}: {error:#}\n"))?;
            }
        }
        left -= weather.outages;
        seed = seed.wrapping_add(1);
    }
    let took = begin.elapsed().as_secs_f64();
    say::out(&format!("{sum} ({took:.0} s)\n"))?;
    Ok(if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FAILED)
    })
}
