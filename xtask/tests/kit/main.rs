//! The kit checks itself: solutions pass, starters fail as they should, wrong programs are told
//! what is wrong with them, and the command line keeps its contract.
//!
//! Nothing here depends on what stands in `lessons/`, where learners work.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod bad_programs;
mod command_line;
mod corpus;
mod dead_broker;
mod handout;
mod learner;
mod lineage;
#[cfg(unix)]
mod pi;
mod programs;
mod solutions;
mod starters;

use std::env;
use std::path::PathBuf;

use checks::play::compile_and_play;
use checks::subject::Subject;
use course::verdict::Verdict;
use course::{Step, steps};
use tempfile::TempDir;

/// The kit's root folder, as cargo names it now: the one it was built in may have been moved.
fn root() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR").unwrap();
    PathBuf::from(package).join("..").canonicalize().unwrap()
}

fn step(number: u8) -> &'static Step {
    &steps()[usize::from(number) - 1]
}

async fn check(subject: &Subject, number: u8, seed: u64) -> Verdict {
    let broker = Default::default();
    compile_and_play(&root(), subject, step(number), seed, &broker)
        .await
        .unwrap()
}

/// A folder laid out like `lessons/` with one step that consists of this source.
fn subject_of(number: u8, source: &str) -> (TempDir, Subject) {
    let folder = TempDir::new().unwrap();
    for program in &step(number).programs {
        let file = folder
            .path()
            .join(&step(number).folder)
            .join(&program.source);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, source).unwrap();
    }
    let subject = Subject::Folder(folder.path().canonicalize().unwrap());
    (folder, subject)
}

/// The failed criteria and their findings, a line each.
fn failures(verdict: &Verdict) -> Vec<String> {
    let shown = |words: &Option<String>| words.clone().unwrap_or_default();
    let failed = verdict.failed().map(|row| {
        let (expected, actual) = (shown(&row.expected), shown(&row.actual));
        format!("{}: expected {expected}; saw {actual}", row.id)
    });
    failed.collect()
}

/// The ids of the failed criteria.
fn failed_ids(verdict: &Verdict) -> Vec<&str> {
    verdict.failed().map(|row| row.id.as_str()).collect()
}
