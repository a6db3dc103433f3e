//! The learner's folder of a step or of a puzzle, and whether all of it is there.

use std::path::{Path, PathBuf};

use anyhow::bail;
use course::Step;

const MANIFEST: &str = "Cargo.toml";

/// What the command line calls the puzzle that lies there; its folder in `lessons/` is called the
/// same.
pub const PUZZLE: &str = "puzzle";

/// What a learner works on: a step, or a puzzle, which is judged as its step is.
#[derive(Clone, Copy, Debug)]
pub struct Work<'a> {
    /// The step, or that of the puzzle.
    pub step: &'a Step,
    /// The name of the puzzle's program.
    pub puzzle: Option<&'a str>,
}

impl<'a> Work<'a> {
    /// On a step.
    pub fn on(step: &'a Step) -> Self {
        Self { step, puzzle: None }
    }

    /// What the command line calls it.
    pub fn name(&self) -> String {
        match self.puzzle {
            Some(_) => PUZZLE.to_owned(),
            None => self.step.name(),
        }
    }

    /// The folder with the step's sources, within the kit.
    pub fn folder(&self) -> PathBuf {
        let lessons = match self.puzzle {
            Some(_) => Path::new("lessons").join(PUZZLE),
            None => PathBuf::from("lessons"),
        };
        lessons.join(&self.step.folder)
    }

    /// What is needed for it and is not there, as paths within the kit.
    pub fn missing(&self, root: &Path) -> Vec<PathBuf> {
        // A puzzle is no package.
        let files = self.step.files();
        let own = files.filter(|file| self.puzzle.is_none() || *file != MANIFEST);
        let own = own.map(|file| self.folder().join(file));
        let all = [PathBuf::from(MANIFEST)].into_iter().chain(own);
        all.filter(|file| !root.join(file).is_file()).collect()
    }
}

/// # Errors
/// Names what is missing, and how it comes back.
pub fn is_whole(root: &Path, work: Work) -> anyhow::Result<()> {
    let missing = work.missing(root);
    let (name, folder) = (work.name(), work.folder());
    match missing.as_slice() {
        [] => Ok(()),
        // A puzzle comes back as a whole.
        [only] if work.puzzle.is_none() && only.starts_with(&folder) => {
            let file = only.strip_prefix(&folder).unwrap_or(only);
            bail!(
                "{} is missing. `cargo xtask reset {name} {}` brings back what you began with",
                only.display(),
                file.display()
            )
        }
        _ if !root.join(&folder).is_dir() => bail!(
            "{} is missing. `cargo xtask reset {name}` brings back what you began with",
            folder.display()
        ),
        several => {
            let names: Vec<_> = several
                .iter()
                .map(|file| file.display().to_string())
                .collect();
            let are = if names.len() == 1 { "is" } else { "are" };
            bail!(
                "{} {are} missing. `cargo xtask reset {name}` brings back what you began with",
                names.join(" and ")
            )
        }
    }
}
