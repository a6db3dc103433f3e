//! What a step begins with: the learner's own earlier program where that has passed, and in it what
//! the new step asks for.
//!
//! Step 2's starter is step 1's solution with new TODOs. Who has solved step 1 otherwise would read
//! another's solution there, and lose their own. So what the new starter has more than the earlier
//! solution is put into the learner's program, as version control merges two changes.

pub mod merge;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::progress::Progress;
use crate::source;
use course::starters::{self, Starter};
use course::{Program, Step};
use merge::merge;

/// One program of a step at its beginning.
#[derive(Clone, Debug)]
pub struct Beginning {
    /// Its main file, within `lessons/`.
    pub file: PathBuf,
    /// What it can begin with, best first. The kit's starter is the last, and the only one where
    /// nothing is carried.
    pub ways: Vec<Way>,
    /// Modules of the learner's that go along, within `lessons/`.
    pub modules: Vec<Starter>,
    /// Why nothing is carried, in a sentence; none where something is, or there is nothing.
    pub why_not: Option<String>,
}

/// One way to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// What the file holds.
    pub text: String,
    /// Whose program that is.
    pub whose: Whose,
}

/// Whose program a step begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The learner's, with the new TODOs in their places, and so many places where both the learner
    /// and the step change something.
    Merged(usize),
    /// The learner's, with the TODOs in a list at its top.
    Listed,
    /// The kit's.
    Kit,
}

/// How each program of a step begins. `kit` has the step's own starters.
///
/// # Errors
/// When what is needed of the kit or the learner cannot be read.
pub fn beginnings(
    root: &Path,
    step: &'static Step,
    kit: &[Starter],
) -> anyhow::Result<Vec<Beginning>> {
    let progress = Progress::open(root)?;
    let programs = step.programs.iter();
    programs
        .map(|program| of(root, step, program, kit, &progress))
        .collect()
}

fn of(
    root: &Path,
    step: &'static Step,
    program: &Program,
    kit: &[Starter],
    progress: &Progress,
) -> anyhow::Result<Beginning> {
    let file = Path::new(&step.folder).join(&program.source);
    let starter = kit.iter().find(|starter| starter.file == file);
    let starter = starter.with_context(|| format!("no starter of {}", file.display()))?;
    let mut beginning = Beginning {
        ways: vec![Way {
            text: starter.text.clone(),
            whose: Whose::Kit,
        }],
        modules: Vec::new(),
        why_not: None,
        file,
    };
    let Some(follows) = &program.follows else {
        return Ok(beginning);
    };
    let (folder, source) = follows.split_once('/').context("follows names no file")?;
    let earlier = course::find(folder)?;
    if !progress.is_done(earlier) {
        beginning.why_not = Some(format!(
            "Your {} has not passed, as it is now: the kit's stands in its place.",
            earlier.name()
        ));
        return Ok(beginning);
    }
    let lessons = root.join("lessons");
    let theirs = source::read(&lessons.join(follows))?;
    let modules = modules(&lessons.join(folder), earlier, source)?;
    // Beside a program that is one file, cargo takes modules for programs.
    if !modules.is_empty() && !beginning.file.ends_with("main.rs") {
        beginning.why_not = Some(format!(
            "Your {} has modules, for which there is no place here: the kit's stands in its place.",
            earlier.name()
        ));
        return Ok(beginning);
    }
    let before = before(root, follows)?;
    let parent = beginning.file.parent().unwrap_or(Path::new(""));
    beginning.modules = modules
        .into_iter()
        .map(|(name, text)| Starter {
            file: parent.join(name),
            text,
        })
        .collect();
    beginning.ways.splice(
        0..0,
        ways(step, program, earlier, &before, &theirs, &starter.text),
    );
    Ok(beginning)
}

/// The ways to begin with `theirs`, which the learner has made of the earlier step's `before`: the
/// new step's `starter` merged into it, if it is built alike, and a list of what is asked.
pub fn ways(
    step: &Step,
    program: &Program,
    earlier: &Step,
    before: &str,
    theirs: &str,
    starter: &str,
) -> Vec<Way> {
    let merged = merge(before, theirs, starter, &step.name()).map(|merged| Way {
        text: merged.text,
        whose: Whose::Merged(merged.places),
    });
    let listed = Way {
        text: listed(step, program, earlier, theirs),
        whose: Whose::Listed,
    };
    merged.into_iter().chain([listed]).collect()
}

/// What the earlier program was before the new step changed it: the kit's solution or, where there
/// are none, the same kept beside the runner.
fn before(root: &Path, follows: &str) -> anyhow::Result<String> {
    let solutions = root.join("solutions");
    if solutions.is_dir() {
        return starters::finished(&solutions.join(follows));
    }
    let kept = root.join(starters::EARLIER).join(follows);
    fs::read_to_string(&kept).with_context(|| format!("reading {}", kept.display()))
}

/// What the learner has written beside a program: each file by its path from the program's folder.
fn modules(folder: &Path, earlier: &Step, source: &str) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let main = folder.join(source);
    let beside = main.parent().unwrap_or(folder);
    let own: Vec<PathBuf> = earlier
        .sources()
        .map(|source| folder.join(source))
        .collect();
    let mut found = Vec::new();
    below(beside, &mut found)?;
    found.retain(|file| !own.contains(file));
    let read = |file: PathBuf| {
        let text = source::read(&file)?;
        Ok((file.strip_prefix(beside)?.to_owned(), text))
    };
    found.into_iter().map(read).collect()
}

fn below(folder: &Path, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            below(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

/// The learner's program, below a list of what the step asks for.
fn listed(step: &Step, program: &Program, earlier: &Step, theirs: &str) -> String {
    let mut text = format!(
        "// This is your program of {}. It is built in another way than the kit's, so the TODOs of\n\
         // {} have no places in it: here they are in a list. Take each away when it is done.\n\
         // Lines that a TODO speaks of are lines of the kit's starter.\n",
        earlier.name(),
        step.name()
    );
    let holes = step.holes.iter().filter(|hole| hole.file == program.source);
    for hole in holes {
        let lines = hole.starter.lines();
        let todo = lines
            .skip_while(|line| !line.starts_with("// TODO "))
            .take_while(|line| line.starts_with("//"));
        for (number, line) in todo.enumerate() {
            let blank = if number == 0 { "//\n" } else { "" };
            text += &format!("{blank}{line}\n");
        }
    }
    text + "\n" + theirs
}
