//! Where a program keeps its files, and where it starts.

use std::path::Path;

use anyhow::Context;
use course::Program;
use tempfile::TempDir;

/// Memory as a folder, on Linux.
const MEMORY: &str = "/dev/shm";

/// A program's folders. Later lives of the same program find the files there.
#[derive(Debug)]
pub(super) struct Room {
    files: TempDir,
    /// Where it starts, if that is not where its files are.
    start: Option<TempDir>,
}

impl Room {
    /// An empty folder for a program's files, in which it also starts. On Windows it starts in another
    /// one: a folder in which somebody works cannot be taken away there, as scenes do.
    ///
    /// # Errors
    /// When there is no temporary folder.
    pub fn new(program: &Program) -> anyhow::Result<Self> {
        Ok(Self {
            files: files(program)?,
            start: cfg!(windows).then(new).transpose()?,
        })
    }

    /// Where its files are.
    pub fn files(&self) -> &Path {
        self.files.path()
    }

    /// Where it starts.
    pub fn start(&self) -> &Path {
        self.start.as_ref().unwrap_or(&self.files).path()
    }
}

/// Who flushes each write to a disk waits for everybody else who does, and no verdict is to depend on
/// that: hence in memory, where there is such a thing.
fn files(program: &Program) -> anyhow::Result<TempDir> {
    let in_memory = program.keeps_files.then(|| TempDir::new_in(MEMORY).ok());
    in_memory.flatten().map_or_else(new, Ok)
}

fn new() -> anyhow::Result<TempDir> {
    TempDir::new().context("no temporary folder")
}
