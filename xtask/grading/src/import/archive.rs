//! Submissions that are archives. Nothing is unpacked: the few wanted files are read out, each with a limit.

mod directory;
mod tarball;

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;

use zip::ZipArchive;

use super::roster::Form;
use super::take::{Entry, Kind, Source, written};
use super::{MOST_BYTES, Reason};
use crate::charset;
use directory::Directory;
use tarball::Tarball;

/// Maximum size of an archive, in bytes.
const MOST_PACKED: u64 = 64 * 1024 * 1024;

pub(super) fn open(path: &Path, form: Form) -> Result<Box<dyn Source>, String> {
    let unreadable = |error: io::Error| format!("it cannot be read: {error}");
    let mut file = File::open(path).map_err(unreadable)?;
    if file.metadata().map_err(unreadable)?.len() > MOST_PACKED {
        return Err(format!(
            "it is larger than {} MiB",
            MOST_PACKED / 1024 / 1024
        ));
    }
    match form {
        Form::Zip => {
            // Before anybody keeps in memory what it claims to hold.
            let directory = Directory::read(&mut file)?;
            let archive = ZipArchive::new(BufReader::new(file))
                .map_err(|error| format!("it is no .zip: {error}"))?;
            if archive.len() != directory.distinct() {
                return Err("its table of contents can be read in two ways".to_owned());
            }
            Ok(Box::new(Zip {
                archive,
                directory,
                written: written(path),
            }))
        }
        Form::TarGz => Ok(Box::new(Tarball::packed(path))),
        Form::Tar => Ok(Box::new(Tarball::plain(path))),
        Form::Folder | Form::Foreign => {
            Err("it is of a kind that is not read here: pack it as .zip or .tar.gz".to_owned())
        }
    }
}

struct Zip<R> {
    archive: ZipArchive<R>,
    directory: Directory,
    written: Option<u64>,
}

impl<R: Read + Seek> Source for Zip<R> {
    fn entries(&mut self) -> Result<Vec<Entry>, String> {
        let mut entries = Vec::new();
        for index in 0..self.archive.len() {
            // Raw: a look at what it says about itself does not unpack it.
            let file = self
                .archive
                .by_index_raw(index)
                .map_err(|error| format!("it is damaged: {error}"))?;
            // The type bits of a Unix mode, where the archiver gave one.
            let kind = match file.unix_mode().map(|mode| mode & 0o170_000) {
                _ if file.name_raw().ends_with(b"/") => Kind::Folder,
                _ if self.directory.is_twice(file.name_raw()) => Kind::Twice,
                Some(0o120_000) => Kind::Link,
                Some(0 | 0o100_000) | None => Kind::File { bytes: file.size() },
                Some(_) => Kind::Special,
            };
            let path = charset::name(file.name_raw());
            entries.push(Entry { path, kind });
        }
        Ok(entries)
    }

    fn read(&mut self, indices: &[usize]) -> Result<Vec<Result<Vec<u8>, Reason>>, String> {
        let read = |index: &usize| {
            let file = self
                .archive
                .by_index(*index)
                .map_err(|error| Reason::Unreadable(error.to_string()))?;
            limited(file)
        };
        Ok(indices.iter().map(read).collect())
    }

    fn newest(&self, _: &[usize]) -> Option<u64> {
        self.written
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
