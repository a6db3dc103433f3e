//! From sources to programs.
//!
//! What lies in the workspace is built by cargo, as the learner's own `cargo run` does but with the
//! dependencies that the runner is made of already, or in the way that cargo would. What lies
//! elsewhere is compiled by rustc alone, against the crates of the palette: manifests, build scripts
//! and configuration of a foreign folder have no say.

mod again;
mod cargo;
mod diagnostics;
mod elsewhere;
pub mod firmware;
mod invocation;
mod kept;
mod learned;
mod package;
mod rustc;
mod shelf;
mod target;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

pub use elsewhere::Elsewhere;
use package::Package;
pub use rustc::Palette;
pub use shelf::Shelf;
pub use target::Target;

use crate::subject::Subject;
use course::{FOLDER_OF_FIRMWARE, ProgramId, Step};

/// A step's programs, ready to run.
#[derive(Clone, Debug)]
pub struct Built {
    /// The files by the name of their program.
    pub programs: Vec<(ProgramId, PathBuf)>,
    /// What rustc warned of, in its own words.
    pub warnings: String,
    /// How they came to be.
    pub route: Route,
    /// Programs from outside the workspace lie here as long as somebody needs them.
    folders: Vec<Arc<TempDir>>,
}

/// How programs came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Nothing had changed since the last time.
    Kept,
    /// rustc alone compiled what had changed.
    Rustc,
    /// Cargo was asked.
    Cargo,
}

impl Built {
    /// A step's programs that somebody has compiled before, for this system, into a folder.
    ///
    /// # Errors
    /// When one of them is not there.
    pub fn found(folder: &Path, step: &Step) -> anyhow::Result<Self> {
        let programs = step.programs.iter().map(|program| {
            let file = folder.join(Target::program(program).file());
            anyhow::ensure!(file.is_file(), "there is no {}", file.display());
            Ok((program.id, file))
        });
        Ok(Self {
            programs: programs.collect::<anyhow::Result<_>>()?,
            warnings: String::new(),
            route: Route::Kept,
            folders: Vec::new(),
        })
    }

    /// Both together: two halves of a step that were compiled one by one.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.programs.extend(other.programs);
        self.warnings += &other.warnings;
        self.folders.extend(other.folders);
        self
    }
}

/// Why there are no programs.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The sources do not compile; in rustc's own words.
    #[error("it does not compile")]
    Rejected(String),
    /// Anything but the sources.
    #[error(transparent)]
    Environment(#[from] anyhow::Error),
}

/// Compiles a step of a subject.
///
/// # Errors
/// See [`CompileError`].
pub async fn compile(root: &Path, subject: &Subject, step: &Step) -> Result<Built, CompileError> {
    match origin(root, subject, step) {
        Origin::Firmware => firmware::build(root, subject).await,
        Origin::Package(package) => package.build().await,
        Origin::Folder(folder) => {
            let palette = Palette::build(root, Shelf::of(step)).await?;
            palette.compile(folder, step).await
        }
    }
}

/// The programs of a step that was compiled just now, once more with line tables: their backtraces
/// name lines. None where that cannot be had at once.
pub async fn with_lines(root: &Path, subject: &Subject, step: &Step) -> Option<Built> {
    match origin(root, subject, step) {
        // A panic is said with the place where it was, and that is all that a firmware knows.
        Origin::Firmware => None,
        Origin::Package(package) => package.with_lines().await,
        Origin::Folder(folder) => {
            let palette = Palette::build(root, Shelf::of(step))
                .await
                .ok()?
                .with_lines();
            palette.compile(folder, step).await.ok()
        }
    }
}

/// Where a subject's programs of a step come from.
enum Origin<'a> {
    /// No program of this computer's.
    Firmware,
    /// A package of the workspace.
    Package(Package<'a>),
    /// A folder of sources that cargo does not know.
    Folder(&'a Path),
}

fn origin<'a>(root: &'a Path, subject: &'a Subject, step: &'a Step) -> Origin<'a> {
    if step.folder == FOLDER_OF_FIRMWARE {
        return Origin::Firmware;
    }
    match subject {
        Subject::Lessons => Origin::Package(Package::of(root, "lessons", step, "")),
        Subject::Solutions => Origin::Package(Package::of(root, "solutions", step, "-solution")),
        Subject::Folder(folder) => Origin::Folder(folder),
    }
}
