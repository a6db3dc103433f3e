//! A lock on a file that ends with the process that holds it, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::ops::{Deref, DerefMut};
use std::path::Path;

/// A file open for reading and writing and locked for this process alone, until it is dropped.
///
/// On Windows, nobody else can read it meanwhile.
#[derive(Debug)]
pub struct FileLock(File);

impl FileLock {
    /// Opens the file at `path`, or creates it, and locks it. `None` when it is locked already.
    ///
    /// # Errors
    /// When it cannot be opened, or its file system has no locks.
    pub fn open(path: &Path) -> io::Result<Option<Self>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Closing is not enough: a process being spawned right now has the file open as well. Should
        // this fail, the lock goes with the last who has.
        let _ = self.0.unlock();
    }
}

impl Deref for FileLock {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0
    }
}

impl DerefMut for FileLock {
    fn deref_mut(&mut self) -> &mut File {
        &mut self.0
    }
}
