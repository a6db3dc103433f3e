//! The append-only account of a batch, one JSON text a line, from which everything else is written.
//!
//! Each record is on disk before `append` returns: killing the grader at any point loses nothing already graded.

use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::class::{Manual, Scores};
use crate::file_lock::FileLock;
use crate::import::{SetAside, Submission};
use crate::json;
use course::verdict::Verdict;

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "record")]
pub enum Record {
    /// The start of a batch, or of its continuation.
    Batch(Batch),
    /// What lies in the folder of submissions now. Whom it does not name has withdrawn.
    Folder(Folder),
    /// One learner's submission was imported.
    Imported(Submission),
    /// One step of one learner was checked.
    Checked {
        /// The learner's name.
        learner: String,
        /// The check's verdict.
        verdict: Verdict,
    },
    /// A human scored one learner's written assignment, or scored it anew.
    Scored {
        /// The learner's name.
        learner: String,
        /// All that learner's scores.
        scores: Scores,
    },
    /// A learner got a number, for pages and sheets without names.
    Numbered {
        /// The learner's name.
        learner: String,
        /// A number that tells nothing of the name.
        number: u32,
    },
    /// A human decided about one step of one learner, or decided anew.
    Decided {
        /// The learner's name.
        learner: String,
        /// The step's id.
        step: String,
        /// All that is decided.
        manual: Manual,
    },
}

/// Settings that all checks of a batch share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Seed of every check, so that all learners get the same levels.
    pub seed: u64,
    /// Start of the batch, in seconds since 1970.
    pub started: u64,
    /// What containment this machine lacks, one sentence each.
    #[serde(default)]
    pub reduced: Vec<String>,
}

/// The folder of submissions at the start of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folder {
    /// Names of the learners of whom there is something.
    pub learners: Vec<String>,
    /// The other entries.
    #[serde(default)]
    pub aside: Vec<SetAside>,
}

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file cannot be opened, read or written.
    #[error("cannot use the journal {}: {reason}", path.display())]
    Io {
        /// Path of the journal.
        path: PathBuf,
        /// The operating system's error.
        reason: io::Error,
    },
    /// Another process appends to it.
    #[error("another run writes the journal {} right now: wait for its end, or name another folder with --out", .0.display())]
    Busy(PathBuf),
    /// A line before the last is no record: not a crash, somebody edited it. Nothing was changed.
    #[error(
        "line {line} of the journal {} is no record: {reason}. Mend or delete that line, or grade into another folder.",
        path.display()
    )]
    Damaged {
        /// Path of the journal.
        path: PathBuf,
        /// Line number, counted from 1.
        line: usize,
        /// The parser's error.
        reason: serde_json::Error,
    },
}

/// A journal open for appending.
#[derive(Debug)]
pub struct Journal {
    file: FileLock,
    path: PathBuf,
}

impl Journal {
    /// Opens or starts the journal at `path` and hands on what it holds, oldest first and one by one. A last line that a
    /// crash left half written is cut off, and returned: say so to the user.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn open(
        path: &Path,
        mut each: impl FnMut(Record),
    ) -> Result<(Self, Option<String>), JournalError> {
        let failed = |reason| JournalError::Io {
            path: path.to_owned(),
            reason,
        };
        let opened = FileLock::open(path).map_err(failed)?;
        let mut file = opened.ok_or_else(|| JournalError::Busy(path.to_owned()))?;
        let mut lines = BufReader::new(&mut *file);
        let (mut whole, mut number) = (0, 0);
        let mut line = Vec::new();
        let torn = loop {
            line.clear();
            number += 1;
            let length = lines.read_until(b'\n', &mut line).map_err(failed)?;
            if !line.ends_with(b"\n") {
                break (length > 0).then(|| String::from_utf8_lossy(&line).into_owned());
            }
            whole += length as u64;
            if line == b"\n" {
                continue;
            }
            let damaged = |reason| JournalError::Damaged {
                path: path.to_owned(),
                line: number,
                reason,
            };
            each(serde_json::from_slice(&line).map_err(damaged)?);
        };
        if torn.is_some() {
            file.set_len(whole).map_err(failed)?;
        }
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        let path = path.to_owned();
        Ok((Self { file, path }, torn))
    }

    /// Adds one record and waits until the disk has it.
    ///
    /// # Errors
    /// When the disk is full or gone.
    pub fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        let written = json::line(record)
            .map_err(io::Error::from)
            .and_then(|mut line| {
                line.push(b'\n');
                // One write, so that a crash leaves one torn line at most.
                self.file.write_all(&line)?;
                self.file.sync_data()
            });
        written.map_err(|reason| JournalError::Io {
            path: self.path.clone(),
            reason,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use course::verdict::Status;
    use course::verdict::examples::verdict;

    #[derive(Debug)]
    struct Recovered {
        records: Vec<Record>,
        torn: Option<String>,
    }

    fn open(path: &Path) -> Result<(Journal, Recovered), JournalError> {
        let mut records = Vec::new();
        let (journal, torn) = Journal::open(path, |record| records.push(record))?;
        Ok((journal, Recovered { records, torn }))
    }

    fn checked(learner: &str) -> Record {
        Record::Checked {
            learner: learner.into(),
            verdict: verdict("step1", Status::Pass, "pp"),
        }
    }

    #[test]
    fn what_was_appended_is_recovered() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal.jsonl");
        let (mut journal, recovered) = open(&path).expect("it opens");
        assert!(recovered.records.is_empty());
        let batch = Record::Batch(Batch {
            seed: 7,
            started: 1,
            reduced: vec!["less".into()],
        });
        journal.append(&batch).expect("written");
        journal
            .append(&checked("line\nbreak \u{2028}\u{fffe}"))
            .expect("written");
        let busy = open(&path).expect_err("it is open").to_string();
        assert!(busy.contains("another run"), "{busy}");
        drop(journal);
        let (_, recovered) = open(&path).expect("it opens again");
        let checked = checked("line\nbreak \u{2028}\u{fffe}");
        assert_eq!(recovered.records, [batch, checked]);
        let text = fs::read_to_string(&path).expect("it is there");
        assert!(!text.contains('\u{fffe}'), "not every parser reads it");
        assert_eq!(recovered.torn, None);
    }

    #[test]
    fn a_crash_at_any_byte_loses_at_most_the_record_being_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal.jsonl");
        let (mut journal, _) = open(&path).expect("it opens");
        journal.append(&checked("first")).expect("written");
        let length = || fs::metadata(&path).expect("it is there").len();
        let first = usize::try_from(length()).expect("it is short");
        journal.append(&checked("second")).expect("written");
        drop(journal);
        let all = fs::read(&path).expect("it is there");
        // Every place would wait for the disk a thousand times.
        for length in (first..all.len()).step_by(17) {
            fs::write(&path, &all[..length]).expect("written");
            let (mut journal, recovered) = open(&path).expect("it opens");
            assert_eq!(recovered.records, [checked("first")], "cut at {length}");
            assert_eq!(recovered.torn.is_some(), length > first, "cut at {length}");
            journal.append(&checked("third")).expect("written");
            drop(journal);
            let (_, recovered) = open(&path).expect("it opens again");
            assert_eq!(
                recovered.records,
                [checked("first"), checked("third")],
                "cut at {length}"
            );
        }
    }

    #[test]
    fn an_edited_line_is_named_and_nothing_is_thrown_away() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal.jsonl");
        let (mut journal, _) = open(&path).expect("it opens");
        journal.append(&checked("first")).expect("written");
        drop(journal);
        let mut text = fs::read_to_string(&path).expect("it is there");
        text.push_str("{\"record\":\"nonsense\"}\n");
        fs::write(&path, &text).expect("written");
        let error = open(&path).expect_err("a damaged line").to_string();
        assert!(error.contains("line 2"), "{error}");
        assert_eq!(fs::read_to_string(&path).expect("it is there"), text);
    }
}
