//! How long a learner who saves waits for the verdict, and how much of it is the compiler's.
//!
//! Measured on a hand-out of its own: each round puts the starter back, lets `watch` check it, and
//! then saves the solution over it.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use arena::process::{Launch, Supervised};
use arena::record::{Entry, Event, Record};
use tempfile::TempDir;
use tokio::process::Command;

use checks::toolchain;
use course::{Step, steps};
use handout::{self, Edition};
use terminal::say;

/// How long the watch may take to compile and check a step, the learners' crates included.
const LIMIT: Duration = Duration::from_secs(600);

/// Prints, for each step, the medians of so many rounds.
pub async fn run(root: &Path, rounds: usize) -> anyhow::Result<()> {
    let folder = TempDir::new().context("no temporary folder")?;
    let desk = Desk {
        kit: folder.path().join("kit"),
        solutions: root.join("solutions"),
        // Kept, so that only the first measurement compiles the learners' crates.
        target: root.join("target").join("saving"),
    };
    handout::write(root, &desk.kit, Edition::Learner)?;
    say::out("From saving to the verdict, the compiler's part of it, and what the kit adds:\n")?;
    for step in steps() {
        let mut compiling = Vec::new();
        let mut waiting = Vec::new();
        for _ in 0..rounds {
            compiling.push(desk.compile(step).await?);
            waiting.push(desk.wait_for_verdict(step).await?);
        }
        let (compiling, waiting) = (median(compiling), median(waiting));
        say::out(&format!(
            "{}  {:.2} s = {:.2} s + {:.2} s, {:.1} times the compiler's part\n",
            step.name(),
            waiting.as_secs_f64(),
            compiling.as_secs_f64(),
            waiting.saturating_sub(compiling).as_secs_f64(),
            waiting.as_secs_f64() / compiling.as_secs_f64(),
        ))?;
    }
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// A learner's kit, and where the solutions to save come from.
struct Desk {
    kit: PathBuf,
    solutions: PathBuf,
    target: PathBuf,
}

impl Desk {
    /// What cargo alone takes after the save.
    async fn compile(&self, step: &Step) -> anyhow::Result<Duration> {
        self.build(step).await?;
        let starters = self.save_solutions(step)?;
        let saved = Instant::now();
        self.build(step).await?;
        let took = saved.elapsed();
        put(&starters)?;
        Ok(took)
    }

    async fn build(&self, step: &Step) -> anyhow::Result<()> {
        let status = Command::from(toolchain::cargo())
            .args(["build", "--quiet", "--bins", "--package", &step.package])
            .current_dir(&self.kit)
            .env("CARGO_TARGET_DIR", &self.target)
            .status()
            .await
            .context("cargo does not start")?;
        if !status.success() {
            bail!("cargo cannot build {}", step.package);
        }
        Ok(())
    }

    /// What `watch` takes from the save to the verdict.
    async fn wait_for_verdict(&self, step: &Step) -> anyhow::Result<Duration> {
        let mut watch = Watch::start(self, step)?;
        watch.line("waiting for you to save").await?;
        let starters = self.save_solutions(step)?;
        let saved = Instant::now();
        let full = format!("{0} of {0} points", step.max_points());
        let told = watch.line(&full).await?;
        // It ends what it has begun to check next.
        watch.process.stop().await;
        put(&starters)?;
        Ok(told.saturating_duration_since(saved))
    }

    /// Saves the solution over the step's sources, and returns what they held.
    fn save_solutions(&self, step: &Step) -> anyhow::Result<Vec<(PathBuf, String)>> {
        let mut before = Vec::new();
        for program in &step.programs {
            let file = self
                .kit
                .join("lessons")
                .join(&step.folder)
                .join(&program.source);
            before.push((file.clone(), fs::read_to_string(&file)?));
            let solution = self.solutions.join(&step.folder).join(&program.source);
            let text = fs::read_to_string(&solution)
                .with_context(|| format!("reading {}", solution.display()))?;
            fs::write(&file, text)?;
        }
        Ok(before)
    }
}

fn put(files: &[(PathBuf, String)]) -> anyhow::Result<()> {
    for (file, text) in files {
        fs::write(file, text)?;
    }
    Ok(())
}

/// `cargo xtask watch`, as it prints into a pipe.
struct Watch {
    process: Supervised,
    record: Arc<Record>,
}

impl Watch {
    fn start(desk: &Desk, step: &Step) -> anyhow::Result<Self> {
        let launch = Launch {
            program: env::current_exe()?,
            arguments: vec!["watch".into(), step.name().into()],
            environment: BTreeMap::from([
                ("CARGO_TARGET_DIR", desk.target.display().to_string()),
                ("NIGHTLIGHT_ID", "bench".to_owned()),
            ]),
            folder: desk.kit.clone(),
        };
        let record = Arc::new(Record::default());
        let process = Supervised::start(&launch, Arc::default(), Arc::clone(&record))?;
        Ok(Self { process, record })
    }

    /// Waits for a line with these words in it, and returns when it came.
    async fn line(&self, words: &str) -> anyhow::Result<Instant> {
        let said = self.record.when(0, LIMIT, |entries| {
            let says = |entry: &&Entry| matches!(&entry.event, Event::Printed { text, .. } if text.contains(words));
            entries.iter().find(says).map(|entry| entry.at)
        });
        said.await
            .with_context(|| format!("the watch never said {words:?}"))
    }
}
