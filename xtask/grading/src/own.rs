//! A file that one living process has to itself. The system lets go of it when the process ends,
//! however it ends.

use std::fs::{File, OpenOptions};
use std::io;
use std::ops::{Deref, DerefMut};
use std::path::Path;

#[cfg(unix)]
type Held = nix::fcntl::Flock<File>;
#[cfg(not(unix))]
type Held = File;

/// The file, open for reading and writing.
#[derive(Debug)]
pub struct Own(Held);

impl Own {
    /// Opens or makes the file at `path`; nothing when another process has it.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path) -> io::Result<Option<Self>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        hold(&options, path).map(|held| held.map(Self))
    }
}

#[cfg(unix)]
fn hold(options: &OpenOptions, path: &Path) -> io::Result<Option<Held>> {
    use nix::errno::Errno;
    use nix::fcntl::{Flock, FlockArg};
    match Flock::lock(options.open(path)?, FlockArg::LockExclusiveNonblock) {
        Ok(held) => Ok(Some(held)),
        Err((_, Errno::EWOULDBLOCK)) => Ok(None),
        Err((_, error)) => Err(error.into()),
    }
}

#[cfg(windows)]
fn hold(options: &OpenOptions, path: &Path) -> io::Result<Option<Held>> {
    use std::os::windows::fs::OpenOptionsExt;
    /// Others may look on, and no more.
    const FILE_SHARE_READ: u32 = 1;
    const ERROR_SHARING_VIOLATION: i32 = 32;
    match options.clone().share_mode(FILE_SHARE_READ).open(path) {
        Err(error) if error.raw_os_error() == Some(ERROR_SHARING_VIOLATION) => Ok(None),
        opened => opened.map(Some),
    }
}

impl Deref for Own {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0
    }
}

impl DerefMut for Own {
    fn deref_mut(&mut self) -> &mut File {
        &mut self.0
    }
}
