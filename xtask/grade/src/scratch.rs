//! The folder of one run, with everything temporary in it. A grader that is killed leaves its own
//! behind; the next one clears it away.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use grading::file_lock::FileLock;

use crate::containment::open_to_all;

const PREFIX: &str = "nightlight-grade-";
/// Name of the file that a living grader holds locked.
const LOCK: &str = "lock";

/// A temporary folder, removed with its content on drop.
#[derive(Debug)]
pub struct Scratch {
    folder: PathBuf,
    _lock: FileLock,
}

impl Scratch {
    /// Clears away what dead graders left behind, and makes the one place for everything temporary
    /// of this process.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn open() -> anyhow::Result<Self> {
        let scratch = Self::open_in(&std::env::temp_dir()).context("no temporary folder")?;
        tempfile::env::override_temp_dir(&scratch.folder)
            .map_err(|before| anyhow!("temporary files go to {} already", before.display()))?;
        Ok(scratch)
    }

    fn open_in(base: &Path) -> io::Result<Self> {
        sweep(base)?;
        // It gets its name when it is locked: no other grader ever sees it and takes it for dead.
        let made = tempfile::Builder::new().prefix(".new-").tempdir_in(base)?;
        let lock = FileLock::open(&made.path().join(LOCK))?.ok_or(io::ErrorKind::WouldBlock)?;
        let name = made.path().file_name().unwrap_or_default();
        let name = name.to_string_lossy().replacen(".new-", PREFIX, 1);
        let folder = base.join(name);
        open_to_all(made.path())?;
        fs::rename(made.keep(), &folder)?;
        Ok(Self {
            folder,
            _lock: lock,
        })
    }

    /// Path of the folder.
    pub fn path(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed now, the next run finds.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Removes the folders of graders that do not live any more.
fn sweep(base: &Path) -> io::Result<()> {
    for entry in fs::read_dir(base)?.flatten() {
        let is_one = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if is_one
            && is_ours(&entry)
            && FileLock::open(&entry.path().join(LOCK)).is_ok_and(|lock| lock.is_some())
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    Ok(())
}

/// Whether it is a folder, and no trap that somebody else has laid in a place where all may write.
#[cfg(unix)]
fn is_ours(entry: &fs::DirEntry) -> bool {
    use std::os::unix::fs::MetadataExt;
    let user = nix::unistd::geteuid().as_raw();
    // Of the entry itself: a link is not followed.
    entry
        .metadata()
        .is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == user)
}

#[cfg(not(unix))]
fn is_ours(entry: &fs::DirEntry) -> bool {
    entry.file_type().is_ok_and(|kind| kind.is_dir())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]
mod tests {
    use super::*;

    #[test]
    fn the_dead_are_cleared_away_and_the_living_stay() {
        let base = tempfile::tempdir().unwrap();
        let dead = base.path().join(format!("{PREFIX}dead"));
        fs::create_dir_all(dead.join("0001/step1-connect")).unwrap();
        fs::write(dead.join(LOCK), "").unwrap();
        let foreign = base.path().join("somebody-elses");
        fs::create_dir(&foreign).unwrap();

        let first = Scratch::open_in(base.path()).unwrap();
        assert!(!dead.exists());
        fs::write(first.path().join("kept"), "").unwrap();
        let second = Scratch::open_in(base.path()).unwrap();
        assert!(first.path().join("kept").exists());
        assert_ne!(first.path(), second.path());

        let place = first.path().to_owned();
        drop(first);
        assert!(!place.exists() && second.path().exists() && foreign.exists());
    }
}
