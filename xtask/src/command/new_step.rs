//! `cargo xtask new-step`: the skeleton of all parts of the step that comes next.

mod name;
mod skeleton;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};

use course::starters::{self, Starter};
use course::{Step, steps};
use skeleton::Skeleton;
use terminal::say;

/// Writes the parts, and says which they are and what comes next. Nothing is written when one of
/// them is there already.
pub fn run(root: &Path, name: &str) -> anyhow::Result<ExitCode> {
    if !root.join("solutions").is_dir() {
        bail!("a step begins with its solution, and this copy of the kit has no solutions/");
    }
    name::check(root, name)?;
    let skeleton = Skeleton::new(root, name)?;
    let created = skeleton.created()?;
    for (file, _) in &created {
        ensure!(!root.join(file).exists(), "{file} is there already");
    }
    let changed = skeleton.changed()?;
    for (file, text) in created.iter().chain(&changed) {
        write(&root.join(file), text)?;
    }
    let starter = starter(root, skeleton.folder(), skeleton.step_file())?;
    starters::write(&starter, &root.join("lessons"))?;

    let starter = starter
        .iter()
        .map(|Starter { file, .. }| format!("lessons/{}", file.display()));
    let created = created.into_iter().map(|(file, _)| file).chain(starter);
    let changed = changed.into_iter().map(|(file, _)| file);
    say::out(&format!(
        "New:\n{}A line more:\n{}\nWrite wherever it says TO WRITE. Brings the lists of steps up to \
         date:\n  cargo xtask starters\nSays what is still to be written:\n  cargo test -p xtask \
         --test kit -- {}\nThe whole way is in the maintainer's guide, book/src/maintainers.md.\n",
        listed(created),
        listed(changed),
        skeleton.step()
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn listed(files: impl Iterator<Item = String>) -> String {
    files.map(|file| format!("  {file}\n")).collect()
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    let failed = || format!("writing {}", file.display());
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(failed)?;
    }
    fs::write(file, text).with_context(failed)
}

/// This runner was built without the new step, so it reads the step's file for itself.
fn starter(root: &Path, folder: &str, text: &str) -> anyhow::Result<Vec<Starter>> {
    let step = Step::parse(folder, text, "").context("the skeleton's step file")?;
    starters::of_step(&root.join("solutions"), &step)
}

/// The step whose solution the new one begins with: one device and as little else as possible.
fn simplest() -> anyhow::Result<&'static Step> {
    let one_device = |step: &&Step| matches!(step.programs.as_slice(), [only] if only.board);
    let candidates = steps().iter().filter(one_device);
    candidates
        .min_by_key(|step| step.criteria.len())
        .context("no step has just one device, which a new one could begin with")
}
