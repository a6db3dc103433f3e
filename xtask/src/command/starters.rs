//! `cargo xtask starters`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;

use course::starters::{self, Drift};
use terminal::exit::FAILED;
use terminal::say;

/// Writes the starters, or says where they differ from what the solutions make of them.
pub fn run(root: &Path, check: bool) -> anyhow::Result<ExitCode> {
    let solutions = root.join("solutions");
    if !solutions.is_dir() {
        bail!(
            "starters are made from solutions/, which a hand-out lacks. `cargo xtask reset step1` \
             gives you a step's starter again"
        );
    }
    let starters = starters::generate(&solutions)?;
    if !check {
        let written = starters::write(&starters, &root.join("lessons"))?;
        say::out(&format!(
            "{written} of {} files written anew\n",
            starters.len()
        ))?;
        return Ok(ExitCode::SUCCESS);
    }
    let drifts = starters::drift(&starters, &root.join("lessons"))?;
    if drifts.is_empty() {
        say::out("The starters are what the solutions make of them.\n")?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = String::new();
    for Drift { file, what } in drifts {
        text += &format!("lessons/{}: {what}\n", file.display());
    }
    say::out(&(text + "Run `cargo xtask starters` to write them anew.\n"))?;
    Ok(ExitCode::from(FAILED))
}
