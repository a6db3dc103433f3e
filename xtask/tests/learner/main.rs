//! What a learner meets: the command line keeps its contract, every mistake is told apart, and the
//! way from a starter to the next step is smooth.
//!
//! Nothing here depends on what stands in `lessons/`, where learners work.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod bad_programs;
mod capture;
mod command_line;
mod dead_broker;
mod drift;
mod floods;
#[cfg(target_os = "linux")]
mod full_disk;
mod handout;
mod kit;
mod lost_files;
mod new_step;
#[cfg(unix)]
mod pi;
mod programs;
mod puzzle;
mod shared_broker;
mod watch;
mod way;

use std::path::PathBuf;

use checks::subject::Subject;
use course::{Step, steps};
use tempfile::TempDir;

/// The kit's root folder, as cargo names it now: the one it was built in may have been moved.
fn root() -> PathBuf {
    terminal::workspace::root().unwrap()
}

/// Where every learner begins.
fn first() -> &'static Step {
    steps().first().unwrap()
}

/// A folder laid out like `lessons/` with a first step that consists of this source.
fn subject_of(source: &str) -> (TempDir, Subject) {
    let folder = TempDir::new().unwrap();
    for program in &first().programs {
        let file = folder.path().join(&first().folder).join(&program.source);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, source).unwrap();
    }
    let subject = Subject::Folder(folder.path().canonicalize().unwrap());
    (folder, subject)
}
