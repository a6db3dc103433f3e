//! A submission that is a folder. Links are neither followed nor read.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::take::{Entry, Kind, MOST_ENTRIES, Source, written};
use super::{MOST_BYTES, Reason};
use crate::charset;

/// Maximum depth of nested folders.
const DEEPEST: usize = 16;

pub(super) struct Folder {
    root: PathBuf,
    found: Vec<PathBuf>,
}

impl Folder {
    pub(super) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            found: Vec::new(),
        }
    }

    fn walk(&mut self, folder: &Path, depth: usize, entries: &mut Vec<Entry>) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            if entries.len() > MOST_ENTRIES {
                break;
            }
            let path = entry?.path();
            let metadata = path.symlink_metadata()?;
            if metadata.is_dir() {
                let skipped = path
                    .file_name()
                    .is_some_and(|name| name == "target" || name == ".git");
                if depth < DEEPEST && !skipped {
                    self.walk(&path, depth + 1, entries)?;
                }
                continue;
            }
            let below = path.strip_prefix(&self.root).unwrap_or(&path);
            let parts: Vec<_> = below.iter().map(charset::file_name).collect();
            entries.push(Entry {
                path: parts.join("/"),
                kind: kind(&metadata),
            });
            self.found.push(path);
        }
        Ok(())
    }
}

impl Source for Folder {
    fn entries(&mut self) -> Result<Vec<Entry>, String> {
        let mut entries = Vec::new();
        let root = self.root.clone();
        self.walk(&root, 0, &mut entries)
            .map_err(|error| format!("it cannot be read: {error}"))?;
        Ok(entries)
    }

    fn read(&mut self, indices: &[usize]) -> Result<Vec<Result<Vec<u8>, Reason>>, String> {
        Ok(indices
            .iter()
            .map(|index| read(&self.found[*index]))
            .collect())
    }

    fn newest(&self, indices: &[usize]) -> Option<u64> {
        let files = indices.iter().filter_map(|index| self.found.get(*index));
        files.filter_map(|path| written(path)).max()
    }
}

fn kind(metadata: &Metadata) -> Kind {
    if metadata.is_symlink() || has_other_names(metadata) {
        Kind::Link
    } else if metadata.is_file() {
        Kind::File {
            bytes: metadata.len(),
        }
    } else {
        Kind::Special
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Reason> {
    let unreadable = |error: io::Error| Reason::Unreadable(error.to_string());
    let file = open(path).map_err(unreadable)?;
    // Looked at again: what was opened counts, not what lay there before.
    match kind(&file.metadata().map_err(unreadable)?) {
        Kind::File { .. } => {}
        Kind::Link => return Err(Reason::Link),
        Kind::Special | Kind::Folder | Kind::Twice => return Err(Reason::Special),
    }
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > MOST_BYTES {
        Err(Reason::TooLarge)
    } else {
        Ok(bytes)
    }
}

/// Neither follows a link nor waits for the other end of a pipe.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use nix::fcntl::OFlag;
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new()
        .read(true)
        .custom_flags((OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits())
        .open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}

#[cfg(unix)]
fn has_other_names(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.is_file() && metadata.nlink() > 1
}

#[cfg(not(unix))]
fn has_other_names(_: &Metadata) -> bool {
    false
}
