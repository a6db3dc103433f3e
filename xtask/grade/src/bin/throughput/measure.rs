//! Batch after batch.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, bail};
use clap::Parser;
use course::wording::counted;
use course::{Step, steps};
use serde_json::Value;
use tempfile::TempDir;
use terminal::{say, workspace};

use crate::class::{self, HOSTILE};
use crate::watch::{Taken, watched};

/// Measure how fast a class is graded, and what hostile neighbours cost a right submission
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench grade", bin_name = "cargo xtask bench grade")]
struct Arguments {
    /// Submissions of all steps, all of them right
    #[arg(long, default_value_t = 100)]
    submissions: usize,
    /// Hostile submissions beside them, each another kind, chosen by the seed
    #[arg(long, default_value_t = 0, value_name = "N")]
    hostile: usize,
    /// How often a class is graded
    #[arg(long, default_value_t = 1)]
    batches: u64,
    /// How many programs are compiled at once
    #[arg(long)]
    jobs: Option<usize>,
    /// The first batch's seed; the others count up from it
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

pub fn run() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if arguments.hostile > HOSTILE.len() {
        bail!("there are {} kinds of hostile submissions", HOSTILE.len());
    }
    let root = workspace::root()?;
    let first = arguments.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    let (mut wrong, mut most) = (0, 0);
    for seed in (first..).take(usize::try_from(arguments.batches)?) {
        let batch = batch(&root, &arguments, seed)?;
        wrong += usize::from(!batch.unfair.is_empty());
        most = most.max(batch.taken.own);
        say::out(&batch.told(&arguments))?;
    }
    if arguments.batches > 1 {
        let batches = usize::try_from(arguments.batches)?;
        say::out(&format!(
            "{} with seeds from {first}: in {} a right submission lost points; \
             {} MB of memory at most of the grader's own\n",
            counted(batches, "batch", "batches"),
            if wrong == 0 {
                "none".to_owned()
            } else {
                wrong.to_string()
            },
            most >> 20,
        ))?;
    }
    if wrong > 0 {
        bail!("a solution failed; `cargo xtask check --solutions` may say why");
    }
    Ok(())
}

/// A class, graded.
struct Batch {
    seed: u64,
    hostile: Vec<&'static str>,
    /// Right submissions that have not passed every step, and what they got instead.
    unfair: Vec<String>,
    /// CPU seconds of all runs of rustc and its linker, as their jails measured them.
    compiler: f64,
    taken: Taken,
}

fn batch(root: &Path, arguments: &Arguments, seed: u64) -> anyhow::Result<Batch> {
    let folder = TempDir::new().context("no temporary folder")?;
    let class = folder.path().join("submissions");
    for number in 0..arguments.submissions {
        class::right(root, &class.join(format!("learner-{number:03}")), number)?;
    }
    let mut chosen = HOSTILE;
    fastrand::Rng::with_seed(seed).shuffle(&mut chosen);
    let chosen = &chosen[..arguments.hostile];
    for (name, source) in chosen {
        class::hostile(&class.join(format!("hostile-{name}")), source)?;
    }

    let grader = std::env::current_exe()?.with_file_name("grade");
    let out = folder.path().join("grades");
    let mut command = Command::new(&grader);
    command
        .arg(&class)
        .arg("--out")
        .arg(&out)
        .args(["--seed", &seed.to_string()])
        .current_dir(root)
        .stdout(Stdio::null());
    if let Some(jobs) = arguments.jobs {
        command.arg("--jobs").arg(jobs.to_string());
    }
    let taken = watched(&mut command)?;
    if !taken.succeeded {
        bail!("the grader failed; run `cargo xtask grade` to see why");
    }
    let results: Value = serde_json::from_str(&fs::read_to_string(out.join("results.json"))?)?;
    let learners = results["learners"].as_array().into_iter().flatten();
    if let Some(tame) = learners
        .clone()
        .find(|learner| is_hostile(learner) && not_run(learner))
    {
        bail!("{} does not compile, so it harms nobody", tame["name"]);
    }
    Ok(Batch {
        seed,
        hostile: chosen.iter().map(|(name, _)| *name).collect(),
        unfair: learners.clone().filter_map(unfair).collect(),
        compiler: compilers_cpu(learners),
        taken,
    })
}

impl Batch {
    fn told(&self, arguments: &Arguments) -> String {
        let Taken {
            wall,
            cpu,
            all,
            own,
            ..
        } = self.taken;
        let wall = wall.as_secs_f64();
        let unfair: String = self.unfair.iter().map(|one| format!("  {one}\n")).collect();
        let right = arguments.submissions - self.unfair.len();
        if arguments.hostile > 0 {
            return format!(
                "seed {}: {right} of {} right, {wall:.0} s, {} MB the grader's own; beside {}\n{unfair}",
                self.seed,
                arguments.submissions,
                own >> 20,
                self.hostile.join(", "),
            );
        }
        let cores = thread::available_parallelism().map_or(1, usize::from) as f64;
        format!(
            "{right} of {} passed every step\n\
             {:.2} s a submission ({wall:.0} s in all)\n\
             {cpu:.0} CPU seconds, {:.0} of them rustc's and its linker's: {:.0} %\n\
             {:.0} % of {cores} cores busy\n\
             {} MB of memory at most, over all processes; shared pages count for each; {} MB the \
             grader's own\n{unfair}",
            counted(arguments.submissions, "submission", "submissions"),
            wall / arguments.submissions as f64,
            self.compiler,
            100.0 * self.compiler / cpu,
            100.0 * cpu / (wall * cores),
            all >> 20,
            own >> 20,
        )
    }
}

fn is_hostile(learner: &Value) -> bool {
    let name = learner["name"].as_str();
    name.is_some_and(|name| name.starts_with("hostile-"))
}

fn not_run(learner: &Value) -> bool {
    let mut steps = steps().iter();
    steps.any(|step| learner["verdicts"][step.name()]["status"] == "compile_error")
}

/// What a learner who is right got instead of a pass. Those steps count too that are worth no points.
fn unfair(learner: &Value) -> Option<String> {
    if is_hostile(learner) {
        return None;
    }
    let name = learner["name"].as_str()?;
    let status = |step: &Step| learner["verdicts"][step.name()]["status"].clone();
    let lost = steps().iter().find(|step| status(step) != "pass")?;
    Some(format!("{name}: {} in {}", status(lost), lost.name()))
}

fn compilers_cpu<'a>(learners: impl Iterator<Item = &'a Value>) -> f64 {
    let verdicts = learners.filter_map(|learner| learner["verdicts"].as_object());
    let times = verdicts.flat_map(|verdicts| verdicts.values());
    let times = times.filter_map(|verdict| verdict["timings"]["compiler_cpu_ms"].as_f64());
    times.sum::<f64>() / 1000.0
}
