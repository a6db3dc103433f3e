//! The table of contents of a .zip, read before the archive is: how long it is, and which names it has twice
//! (APPNOTE.TXT 4.3.12 and 4.3.16).

use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom};

use crate::import::take::{MOST_ENTRIES, MOST_NAMES};

/// Bytes of the record that ends a .zip, and of the longest comment after it.
const END: usize = 22;
const LONGEST_COMMENT: usize = 65_535;
/// Bytes of one file's entry, without its name, extra fields and comment.
const HEADER: usize = 46;

/// Names as the table of contents has them, with how often each is there.
#[derive(Debug)]
pub(super) struct Directory(HashMap<Vec<u8>, usize>);

impl Directory {
    /// Reads it. An error is a sentence on why the archive is not taken.
    pub(super) fn read(file: &mut (impl Read + Seek)) -> Result<Self, String> {
        let unreadable = |error: io::Error| format!("it cannot be read: {error}");
        let (start, length, count) = end(file).map_err(unreadable)?.ok_or("it is no .zip")?;
        if count > MOST_ENTRIES {
            return Err(format!("it holds more than {MOST_ENTRIES} files"));
        }
        let headers = count * HEADER;
        let most = MOST_NAMES + headers as u64;
        if length > most {
            return Err("the names in it are too long".to_owned());
        }
        let mut table = Vec::new();
        file.seek(SeekFrom::Start(start)).map_err(unreadable)?;
        let read = file.take(length).read_to_end(&mut table);
        read.map_err(unreadable)?;
        file.rewind().map_err(unreadable)?;
        let mut names = HashMap::new();
        let mut rest = table.as_slice();
        for _ in 0..count {
            let (name, after) = entry(rest).ok_or("its table of contents is damaged")?;
            *names.entry(name.to_vec()).or_default() += 1;
            rest = after;
        }
        Ok(Self(names))
    }

    /// Number of different names.
    pub(super) fn distinct(&self) -> usize {
        self.0.len()
    }

    /// Whether there are two files of this name.
    pub(super) fn is_twice(&self, name: &[u8]) -> bool {
        self.0.get(name).is_some_and(|count| *count > 1)
    }
}

/// Where the table of contents starts, its length in bytes, and its number of entries.
fn end(file: &mut (impl Read + Seek)) -> io::Result<Option<(u64, u64, usize)>> {
    let size = file.seek(SeekFrom::End(0))?;
    let tail = size.min((END + LONGEST_COMMENT) as u64);
    file.seek(SeekFrom::Start(size - tail))?;
    let mut bytes = Vec::new();
    file.take(tail).read_to_end(&mut bytes)?;
    let record = bytes
        .windows(END)
        .enumerate()
        .rev()
        .find(|(_, record)| record.starts_with(b"PK\x05\x06"));
    let Some((at, record)) = record else {
        return Ok(None);
    };
    let (count, length) = (u16_at(record, 10), u32_at(record, 12));
    let (Some(count), Some(length)) = (count, length) else {
        return Ok(None);
    };
    // By its length and not by its offset: who puts something before a .zip moves all of it.
    let place = size - tail + at as u64;
    Ok(place
        .checked_sub(length.into())
        .map(|start| (start, length.into(), count.into())))
}

/// The name of the first entry, and what comes after that entry.
fn entry(table: &[u8]) -> Option<(&[u8], &[u8])> {
    table.strip_prefix(b"PK\x01\x02")?;
    let length = |at| u16_at(table, at).map(usize::from);
    let (name, extra, comment) = (length(28)?, length(30)?, length(32)?);
    let after = table.get(HEADER + name + extra + comment..)?;
    Some((table.get(HEADER..HEADER + name)?, after))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let two = bytes.get(at..at + 2)?;
    Some(u16::from_le_bytes(two.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at + 4)?;
    Some(u32::from_le_bytes(four.try_into().ok()?))
}
