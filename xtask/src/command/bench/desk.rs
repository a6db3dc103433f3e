//! A learner's kit to measure on: a hand-out of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::process::Command;

use checks::toolchain;
use course::Step;
use handout::{self, Edition};

/// A learner's kit, and where the solutions to save come from.
pub struct Desk {
    pub kit: PathBuf,
    solutions: PathBuf,
    pub target: PathBuf,
}

impl Desk {
    /// Hands the kit out to a new folder.
    pub fn new(root: &Path, kit: &Path) -> anyhow::Result<Self> {
        handout::write(root, kit, Edition::Learner)?;
        Ok(Self {
            kit: kit.to_owned(),
            solutions: root.join("solutions"),
            // Kept, so that only the first measurement compiles the learners' crates.
            target: root.join("target").join("saving"),
        })
    }

    /// How long cargo takes with these arguments, and what it has printed.
    pub async fn cargo(&self, arguments: &[&str]) -> anyhow::Result<(Duration, String)> {
        let begun = Instant::now();
        let output = Command::from(toolchain::cargo())
            .args(arguments)
            .current_dir(&self.kit)
            .env("CARGO_TARGET_DIR", &self.target)
            .kill_on_drop(true)
            .output()
            .await
            .context("cargo does not start")?;
        let took = begun.elapsed();
        if !output.status.success() {
            bail!(
                "`cargo {}` failed:\n{}{}",
                arguments.join(" "),
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok((took, String::from_utf8_lossy(&output.stdout).into_owned()))
    }

    /// How long cargo takes to build a step.
    pub async fn build(&self, step: &Step) -> anyhow::Result<Duration> {
        let arguments = ["build", "--quiet", "--bins", "--package", &step.package];
        Ok(self.cargo(&arguments).await?.0)
    }

    /// Saves the solution over the step's sources, and returns what they held.
    pub fn save_solutions(&self, step: &Step) -> anyhow::Result<Vec<(PathBuf, String)>> {
        let mut before = Vec::new();
        for source in step.sources() {
            let file = self.kit.join("lessons").join(&step.folder).join(source);
            before.push((file.clone(), fs::read_to_string(&file)?));
            let solution = self.solutions.join(&step.folder).join(source);
            let text = fs::read_to_string(&solution)
                .with_context(|| format!("reading {}", solution.display()))?;
            fs::write(&file, text)?;
        }
        Ok(before)
    }
}

/// Writes files as they were.
pub fn put(files: &[(PathBuf, String)]) -> anyhow::Result<()> {
    for (file, text) in files {
        fs::write(file, text)?;
    }
    Ok(())
}

/// The one in the middle.
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
