//! Submissions that are archives. Nothing is unpacked: the few wanted files are read out, each with a limit.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use zip::ZipArchive;

use super::take::{Entry, Kind, MOST_ENTRIES, Source};
use super::{MOST_BYTES, Reason};

/// Maximum size of an archive, in bytes.
const MOST_PACKED: u64 = 64 * 1024 * 1024;
/// Bytes a .tar.gz may have, unpacked: it can only be read from its start.
const MOST_UNPACKED: u64 = 256 * 1024 * 1024;

pub(super) fn open(path: &Path) -> Result<Box<dyn Source>, String> {
    let unreadable = |error: io::Error| format!("it cannot be read: {error}");
    let file = File::open(path).map_err(unreadable)?;
    if file.metadata().map_err(unreadable)?.len() > MOST_PACKED {
        return Err(format!(
            "it is larger than {} MiB",
            MOST_PACKED / 1024 / 1024
        ));
    }
    let is_zip = path
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("zip"));
    if is_zip {
        let archive = ZipArchive::new(BufReader::new(file))
            .map_err(|error| format!("it is no .zip: {error}"))?;
        Ok(Box::new(Zip(archive)))
    } else {
        Ok(Box::new(TarGz(path.to_owned())))
    }
}

struct Zip<R>(ZipArchive<R>);

impl<R: Read + Seek> Source for Zip<R> {
    fn entries(&mut self) -> Result<Vec<Entry>, String> {
        let mut entries = Vec::new();
        if self.0.len() > MOST_ENTRIES {
            return Err(format!("it holds more than {MOST_ENTRIES} files"));
        }
        for index in 0..self.0.len() {
            // Raw: a look at what it says about itself does not unpack it.
            let file = self
                .0
                .by_index_raw(index)
                .map_err(|error| format!("it is damaged: {error}"))?;
            // The type bits of a Unix mode, where the archiver gave one.
            let kind = match file.unix_mode().map(|mode| mode & 0o170_000) {
                _ if file.name_raw().ends_with(b"/") => Kind::Folder,
                Some(0o120_000) => Kind::Link,
                Some(0 | 0o100_000) | None => Kind::File { bytes: file.size() },
                Some(_) => Kind::Special,
            };
            let path = String::from_utf8_lossy(file.name_raw()).into_owned();
            entries.push(Entry { path, kind });
        }
        Ok(entries)
    }

    fn read(&mut self, indices: &[usize]) -> Result<Vec<Result<Vec<u8>, Reason>>, String> {
        let read = |index: &usize| {
            let file = self
                .0
                .by_index(*index)
                .map_err(|error| Reason::Unreadable(error.to_string()))?;
            limited(file)
        };
        Ok(indices.iter().map(read).collect())
    }
}

struct TarGz(PathBuf);

impl TarGz {
    /// Calls `each` with every entry in turn, from the start.
    fn walk(&self, mut each: impl FnMut(usize, &mut dyn Read, Entry)) -> Result<(), String> {
        let damaged = |error: io::Error| {
            format!("it is no .tar.gz, or damaged, or too large unpacked: {error}")
        };
        let file = File::open(&self.0).map_err(damaged)?;
        let unpacked = Bounded {
            inner: GzDecoder::new(BufReader::new(file)),
            left: MOST_UNPACKED,
        };
        let mut archive = tar::Archive::new(unpacked);
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
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            each(index, &mut entry, Entry { path, kind });
        }
        Ok(())
    }
}

impl Source for TarGz {
    fn entries(&mut self) -> Result<Vec<Entry>, String> {
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
}

/// Whatever the archive says about the size: this much is read, and no more.
fn limited(content: impl Read) -> Result<Vec<u8>, Reason> {
    let mut bytes = Vec::new();
    let read = content.take(MOST_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| Reason::Unreadable(error.to_string()))?;
    if bytes.len() as u64 > MOST_BYTES {
        Err(Reason::TooLarge)
    } else {
        Ok(bytes)
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
