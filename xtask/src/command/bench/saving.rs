//! How long a learner who saves waits for the verdict, and how much of it is the compiler's.
//!
//! Measured on a hand-out of its own: each round puts the starter back, lets `watch` check it, and
//! then saves the solution over it.

use std::collections::BTreeMap;
use std::env;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use arena::process::{Delivery, Launch, Supervised};
use arena::record::{Entry, Event, Record};
use tempfile::TempDir;

use super::desk::{Desk, median, put};
use course::{Step, steps};
use terminal::say;

/// How long the watch may take to compile and check a step, the learners' crates included.
const LIMIT: Duration = Duration::from_secs(600);

/// Prints, for each step, the medians of so many rounds.
pub async fn run(root: &Path, rounds: usize) -> anyhow::Result<()> {
    let folder = TempDir::new().context("no temporary folder")?;
    let desk = Desk::new(root, &folder.path().join("kit"))?;
    say::out("From saving to the verdict, the compiler's part of it, and what the kit adds:\n")?;
    for step in steps() {
        let mut compiling = Vec::new();
        let mut waiting = Vec::new();
        for _ in 0..rounds {
            compiling.push(compile(&desk, step).await?);
            waiting.push(wait_for_verdict(&desk, step).await?);
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

/// What cargo alone takes after the save.
async fn compile(desk: &Desk, step: &Step) -> anyhow::Result<Duration> {
    desk.build(step).await?;
    let starters = desk.save_solutions(step)?;
    let took = desk.build(step).await?;
    put(&starters)?;
    Ok(took)
}

/// What `watch` takes from the save to the verdict.
async fn wait_for_verdict(desk: &Desk, step: &Step) -> anyhow::Result<Duration> {
    let mut watch = Watch::start(desk, step)?;
    watch.line("waiting for you to save").await?;
    let starters = desk.save_solutions(step)?;
    let saved = Instant::now();
    let full = format!("{0} of {0} points", step.max_points());
    let told = watch.line(&full).await?;
    // It ends what it has begun to check next.
    watch.process.stop().await;
    put(&starters)?;
    Ok(told.saturating_duration_since(saved))
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
            delivery: Delivery::Environment,
            settings: BTreeMap::from([
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
