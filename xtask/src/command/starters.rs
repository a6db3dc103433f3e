//! `cargo xtask starters`.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};

use course::starters::{self, Drift};
use course::tables;
use terminal::exit::FAILED;
use terminal::say;

/// Writes what follows from solutions and steps, or says where the kit's files differ from that.
pub fn run(root: &Path, check: bool) -> anyhow::Result<ExitCode> {
    let solutions = root.join("solutions");
    if !solutions.is_dir() {
        bail!(
            "starters are made from solutions/, which a hand-out lacks. `cargo xtask reset step1` \
             gives you a step's starter again"
        );
    }
    let starters = starters::generate(&solutions)?;
    let lessons = root.join("lessons");
    let stale = stale_tables(root)?;
    if !check {
        let mut written = starters::write(&starters, &lessons)?;
        for (file, text) in &stale {
            fs::write(root.join(file), text).with_context(|| format!("writing {file}"))?;
            written += 1;
        }
        let all = starters.len() + tables::FILES.len();
        say::out(&format!("{written} of {all} files written anew\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = String::new();
    for Drift { file, what } in starters::drift(&starters, &lessons)? {
        text += &format!("lessons/{}: {what}\n", file.display());
    }
    for (file, _) in &stale {
        text += &format!("{file}: its list of steps differs\n");
    }
    if text.is_empty() {
        say::out(
            "The starters and the lists of steps are what solutions and steps make of them.\n",
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    say::out(&(text + "Run `cargo xtask starters` to write them anew.\n"))?;
    Ok(ExitCode::from(FAILED))
}

/// The files whose lists of steps are not those of the course, and what they should hold.
fn stale_tables(root: &Path) -> anyhow::Result<Vec<(&'static str, String)>> {
    let mut stale = Vec::new();
    for file in tables::FILES {
        let text =
            fs::read_to_string(root.join(file)).with_context(|| format!("reading {file}"))?;
        let filled = tables::filled(&text).with_context(|| format!("in {file}"))?;
        if filled != text {
            stale.push((file, filled));
        }
    }
    Ok(stale)
}
