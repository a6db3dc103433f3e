//! Programs whose verdict is known beforehand.
//!
//! The wrong ones hold the checks to being strict and their hints to fitting; the right ones, which
//! are written unlike the solutions, hold them to being fair. Both are data: `xtask/corpus/`, told
//! there in small changes of the solutions' sources.

mod entry;
pub mod load;
pub mod puzzle;
pub mod trial;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use course::{ProgramId, Step};

/// One program of the corpus.
#[derive(Clone, Debug)]
pub struct Program {
    /// The step it is an answer to.
    pub step: &'static Step,
    /// `wrong/` or `right/` and its file's name; `solution` for the solution itself.
    pub name: String,
    /// What is different about it, in a sentence; nothing of a folder.
    pub about: String,
    /// What must come of it.
    pub expected: Expectation,
    /// Its sources by their path within the step's folder.
    pub sources: BTreeMap<PathBuf, String>,
    /// The programs that are the solution's own, to the letter: they are compiled only once.
    pub unchanged: Vec<ProgramId>,
}

/// What must come of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// Every criterion is met.
    Pass,
    /// This criterion is not met, and its hint has these words in it.
    Fail {
        /// The criterion's id.
        criterion: String,
        /// A part of the hint.
        hint: String,
    },
}

/// The solution of a step, as a program that must pass.
///
/// # Errors
/// When this copy of the kit has none, or it cannot be read.
pub fn solution(root: &Path, step: &'static Step) -> anyhow::Result<Program> {
    let folder = root.join("solutions").join(&step.folder);
    if !folder.is_dir() {
        bail!(
            "this copy of the kit has no solutions/{}, which the wrong programs are made of",
            step.folder
        );
    }
    Ok(Program {
        step,
        name: "solution".to_owned(),
        about: String::new(),
        expected: Expectation::Pass,
        sources: sources(&folder)?,
        unchanged: step.programs.iter().map(|program| program.id).collect(),
    })
}

/// Step 4's programs where MQTT alone is to see that readings arrive, with QoS 1 and a kept session: to
/// be held against step 7's, which answer.
///
/// # Errors
/// When this copy of the kit has none, or they no longer fit the solution that they change.
pub fn with_qos_1(root: &Path) -> anyhow::Result<Program> {
    let mut program = solution(root, course::find("step4")?)?;
    for half in ["device", "server"] {
        let path = root.join(format!("xtask/corpus/qos-1/{half}.toml"));
        program = entry::read(&path, "right", &program)
            .with_context(|| format!("{} is no program", path.display()))?;
    }
    // Both are others now.
    program.unchanged.clear();
    Ok(program)
}

/// All wrong and other right programs of a step, by name.
///
/// # Errors
/// When this copy of the kit has none, or an entry no longer fits the solution it changes.
pub fn programs(root: &Path, step: &'static Step) -> anyhow::Result<Vec<Program>> {
    let solution = solution(root, step)?;
    let folder = root.join("xtask/corpus").join(step.name());
    if !folder.is_dir() {
        bail!(
            "this copy of the kit has no xtask/corpus/{}: the wrong programs are for maintainers",
            step.name()
        );
    }
    let mut programs = Vec::new();
    for kind in ["right", "wrong"] {
        for path in listed(&folder.join(kind))? {
            let program = entry::read(&path, kind, &solution)
                .with_context(|| format!("{} is no program", path.display()))?;
            programs.push(program);
        }
    }
    Ok(programs)
}

/// A folder's entries, sorted by name.
fn listed(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))?;
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// All Rust sources below a folder, by their path within it.
fn sources(folder: &Path) -> anyhow::Result<BTreeMap<PathBuf, String>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for path in listed(&next)? {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path)
                    .with_context(|| format!("{} cannot be read", path.display()))?;
                found.insert(path.strip_prefix(folder)?.to_owned(), text);
            }
        }
    }
    Ok(found)
}
