//! Starters out of solutions.
//!
//! A solution marks its pieces with mdBook's anchors, `// ANCHOR: name` and `// ANCHOR_END: name`.
//! The `step.toml` beside it names the pieces that a learner writes, and what stands in their
//! place until then.

mod holes;
mod manifest;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::course::{STEPS, Step};

/// A generated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Starter {
    /// Within `lessons/`.
    pub file: PathBuf,
    /// What it holds.
    pub text: String,
}

/// A file in `lessons/` that is not what it should be.
#[derive(Debug, PartialEq, Eq)]
pub struct Drift {
    /// Within `lessons/`.
    pub file: PathBuf,
    /// What is wrong with it.
    pub what: &'static str,
}

/// All starters that follow from the solutions in this folder.
///
/// # Errors
/// When a solution or its `step.toml` cannot be read or does not fit together.
pub fn generate(solutions: &Path) -> anyhow::Result<Vec<Starter>> {
    let mut starters = Vec::new();
    for step in STEPS {
        starters.extend(step_starters(solutions, step)?);
    }
    Ok(starters)
}

fn step_starters(solutions: &Path, step: &Step) -> anyhow::Result<Vec<Starter>> {
    let folder = solutions.join(step.folder);
    let plan = holes::Plan::read(&folder.join("step.toml"))?;
    if plan.title != step.title {
        bail!(
            "{}: the title in step.toml is not the course's, {}",
            step.folder,
            step.title
        );
    }
    let manifest = read(&folder.join("Cargo.toml"))?;
    let mut starters = vec![Starter {
        file: Path::new(step.folder).join("Cargo.toml"),
        text: manifest::starter(&manifest),
    }];
    for program in step.programs {
        let file = folder.join(program.source);
        let text = plan
            .starter(program.source, &read(&file)?)
            .with_context(|| format!("in {}", file.display()))?;
        starters.push(Starter {
            file: Path::new(step.folder).join(program.source),
            text,
        });
    }
    plan.check_files(step)?;
    Ok(starters)
}

/// The starters in a folder laid out like `lessons/`.
///
/// # Errors
/// When one is not there.
pub fn kept(folder: &Path) -> anyhow::Result<Vec<Starter>> {
    let files = STEPS.iter().flat_map(|step| {
        let sources = step.programs.iter().map(|program| program.source);
        std::iter::once("Cargo.toml")
            .chain(sources)
            .map(|file| Path::new(step.folder).join(file))
    });
    files
        .map(|file| {
            Ok(Starter {
                text: read(&folder.join(&file))?,
                file,
            })
        })
        .collect()
}

/// Which solution goes on from which: the later file and the earlier one, within `solutions/`.
///
/// # Errors
/// When a `step.toml` cannot be read.
pub fn lineage(solutions: &Path) -> anyhow::Result<Vec<(PathBuf, PathBuf)>> {
    let mut lineage = Vec::new();
    for step in STEPS {
        let plan = holes::Plan::read(&solutions.join(step.folder).join("step.toml"))?;
        for holes::Follows { file, previous } in plan.follows {
            lineage.push((Path::new(step.folder).join(file), previous.into()));
        }
    }
    Ok(lineage)
}

/// A solution's source without its anchors: what a learner who is done has on screen.
///
/// # Errors
/// When the file cannot be read or its anchors do not match.
pub fn finished(file: &Path) -> anyhow::Result<String> {
    holes::Plan::default().starter("", &read(file)?)
}

fn read(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))
}

/// Writes the starters that are not already there, and returns how many.
///
/// # Errors
/// When a file cannot be written.
pub fn write(starters: &[Starter], lessons: &Path) -> anyhow::Result<usize> {
    let mut written = 0;
    for Starter { file, text } in starters {
        let file = lessons.join(file);
        if fs::read_to_string(&file).is_ok_and(|there| there == *text) {
            continue;
        }
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&file, text).with_context(|| format!("writing {}", file.display()))?;
        written += 1;
    }
    Ok(written)
}

/// Compares `lessons/` with the starters.
///
/// # Errors
/// When a file that is there cannot be read.
pub fn drift(starters: &[Starter], lessons: &Path) -> anyhow::Result<Vec<Drift>> {
    let mut drifts = Vec::new();
    for Starter { file, text } in starters {
        let path = lessons.join(file);
        let what = if !path.exists() {
            "is missing"
        } else if read(&path)? != *text {
            "differs"
        } else {
            continue;
        };
        drifts.push(Drift {
            file: file.clone(),
            what,
        });
    }
    Ok(drifts)
}
