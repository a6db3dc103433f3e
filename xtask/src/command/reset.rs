//! `cargo xtask reset`: the starter again, and nothing lost.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};

use crate::progress::Progress;
use course::Step;
use course::starters::{self, Starter};
use terminal::say;
use terminal::workspace::shown;

/// Where sources go before a starter takes their place. Git ignores it.
pub(super) const SAVED: &str = "saved";

pub fn run(root: &Path, name: Option<&str>, file: Option<&Path>) -> anyhow::Result<ExitCode> {
    let step = match name {
        Some(name) if course::is_page(name) => course::page(),
        Some(name) => course::find_lesson_or_firmware(name)?,
        None => Progress::open(root)?.at(None)?,
    };
    let mut starters = starters(root, step)?;
    if let Some(file) = file {
        starters = only(starters, step, file)?;
    }
    let what = match file {
        Some(file) => format!("{} of {}", file.display(), step.name()),
        None => step.name(),
    };
    let lessons = root.join("lessons");
    if starters::drift(&starters, &lessons)?.is_empty() {
        say::sentences(&format!("{what} is the starter already.\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let saved = save(root, &lessons.join(&step.folder), &step.folder)?;
    starters::write(&starters, &lessons)?;
    let kept = saved.map_or_else(String::new, |saved| {
        format!(" What was there is now in {}.", shown(&saved))
    });
    say::sentences(&format!("{what} is the starter again.{kept}\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// The starter of one file, by its path or the end of it.
fn only(starters: Vec<Starter>, step: &Step, file: &Path) -> anyhow::Result<Vec<Starter>> {
    let names: Vec<_> = starters
        .iter()
        .filter_map(|starter| starter.file.strip_prefix(&step.folder).ok())
        .map(|name| name.display().to_string())
        .collect();
    let within = |starter: &Starter| {
        starter.file.ends_with(file) || Path::new("lessons").join(&starter.file).ends_with(file)
    };
    match starters.into_iter().find(within) {
        Some(starter) => Ok(vec![starter]),
        None => bail!(
            "{} is none of the files that {} begins with: {}",
            file.display(),
            step.name(),
            names.join(", ")
        ),
    }
}

/// Made from the solutions or, where there are none, kept beside the runner.
pub(super) fn starters(root: &Path, step: &Step) -> anyhow::Result<Vec<Starter>> {
    let solutions = root.join("solutions");
    let all = if solutions.is_dir() {
        starters::generate(&solutions)?
    } else {
        starters::kept(&root.join("xtask").join("starters"))?
    };
    let own: Vec<_> = all
        .into_iter()
        .filter(|starter| starter.file.starts_with(&step.folder))
        .collect();
    if own.is_empty() {
        bail!("this copy of the kit has no starter of {}", step.name());
    }
    Ok(own)
}

/// Copies a folder, if it is there, to a new place under this name, and returns that.
pub fn save(root: &Path, sources: &Path, name: &str) -> anyhow::Result<Option<PathBuf>> {
    if !sources.is_dir() {
        return Ok(None);
    }
    fs::create_dir_all(root.join(SAVED))?;
    // The first number that is free: `create_dir` fails when somebody else was quicker.
    for number in 1..10_000 {
        let place = root.join(SAVED).join(format!("{name}-{number}"));
        match fs::create_dir(&place) {
            Ok(()) => {
                copy(sources, &place).with_context(|| format!("saving to {}", shown(&place)))?;
                return Ok(Some(place));
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).with_context(|| format!("creating {}", shown(&place))),
        }
    }
    bail!(
        "{} is full: move what you no longer need",
        shown(&root.join(SAVED))
    )
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, copied) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            fs::create_dir(&copied)?;
            copy(&source, &copied)?;
        } else {
            fs::copy(&source, &copied)?;
        }
    }
    Ok(())
}
