//! A .tar or .tar.gz, which can only be read from its start.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use tar::EntryType;

use super::limited;
use crate::charset;
use crate::import::Reason;
use crate::import::take::{Entry, Kind, MOST_ENTRIES, MOST_NAMES, Source, written};

/// Bytes it may have, unpacked.
const MOST_UNPACKED: u64 = 256 * 1024 * 1024;
/// Bytes of an entry that says something about the next one, such as a long name.
const LONGEST_NOTE: u64 = 64 * 1024;

pub(super) struct Tarball {
    path: PathBuf,
    is_packed: bool,
}

impl Tarball {
    pub(super) fn packed(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            is_packed: true,
        }
    }

    pub(super) fn plain(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            is_packed: false,
        }
    }

    fn open(&self) -> Result<tar::Archive<Box<dyn Read>>, String> {
        let file = BufReader::new(File::open(&self.path).map_err(|error| self.damaged(&error))?);
        let inner: Box<dyn Read> = if self.is_packed {
            Box::new(GzDecoder::new(file))
        } else {
            Box::new(file)
        };
        let left = MOST_UNPACKED;
        Ok(tar::Archive::new(Box::new(Bounded { inner, left })))
    }

    fn damaged(&self, error: &io::Error) -> String {
        let kind = if self.is_packed { ".tar.gz" } else { ".tar" };
        format!("it is no {kind}, or damaged, or too large unpacked: {error}")
    }

    /// Looks at what stands before the files, which whoever reads them keeps in memory.
    fn look_through(&self) -> Result<(), String> {
        let damaged = |error: io::Error| self.damaged(&error);
        let mut names = 0;
        let mut archive = self.open()?;
        for (index, entry) in archive.entries().map_err(damaged)?.raw(true).enumerate() {
            let entry = entry.map_err(damaged)?;
            let is_note = matches!(
                entry.header().entry_type(),
                EntryType::GNULongName
                    | EntryType::GNULongLink
                    | EntryType::XHeader
                    | EntryType::XGlobalHeader
                    | EntryType::GNUSparse
            );
            if is_note {
                let length = entry.header().entry_size().map_err(damaged)?;
                names += length;
                if length > LONGEST_NOTE || names > MOST_NAMES {
                    return Err("the names in it are too long".to_owned());
                }
            }
            if index > 2 * MOST_ENTRIES {
                return Err(format!("it holds more than {MOST_ENTRIES} files"));
            }
        }
        Ok(())
    }

    /// Calls `each` with every entry in turn, from the start.
    fn walk(&self, mut each: impl FnMut(usize, &mut dyn Read, Entry)) -> Result<(), String> {
        let damaged = |error: io::Error| self.damaged(&error);
        let mut archive = self.open()?;
        for (index, entry) in archive.entries().map_err(damaged)?.enumerate() {
            if index > MOST_ENTRIES {
                return Err(format!("it holds more than {MOST_ENTRIES} files"));
            }
            let mut entry = entry.map_err(damaged)?;
            let kind = entry.header().entry_type();
            let kind = if kind.is_dir() {
                Kind::Folder
            } else if kind.is_file() {
                Kind::File {
                    bytes: entry.size(),
                }
            } else if kind.is_symlink() || kind.is_hard_link() {
                Kind::Link
            } else {
                Kind::Special
            };
            let path = charset::name(&entry.path_bytes());
            each(index, &mut entry, Entry { path, kind });
        }
        Ok(())
    }
}

impl Source for Tarball {
    fn entries(&mut self) -> Result<Vec<Entry>, String> {
        self.look_through()?;
        let mut entries = Vec::new();
        self.walk(|_, _, entry| entries.push(entry))?;
        Ok(entries)
    }

    fn read(&mut self, indices: &[usize]) -> Result<Vec<Result<Vec<u8>, Reason>>, String> {
        let mut files: Vec<_> = indices
            .iter()
            .map(|_| Err(Reason::Unreadable("it is gone".into())))
            .collect();
        self.walk(|index, content, _| {
            if let Some(place) = indices.iter().position(|wanted| *wanted == index) {
                files[place] = limited(content);
            }
        })?;
        Ok(files)
    }

    fn newest(&self, _: &[usize]) -> Option<u64> {
        written(&self.path)
    }
}

/// Fails once more than a number of bytes came through.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
            io::Error::other(format!(
                "it unpacks to more than {} MiB",
                MOST_UNPACKED / 1024 / 1024
            ))
        })?;
        Ok(read)
    }
}
