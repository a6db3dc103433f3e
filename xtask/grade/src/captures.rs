//! The packets of each step of a batch, kept in files that Wireshark opens.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use checks::capture::Capture;
use course::Step;
use grading::text;
use terminal::workspace::shown;

use crate::results;

/// Bytes of one step's packets, several times what the busiest step of the lessons takes. So many may be in memory for
/// each program that runs.
const ROOM: usize = 4 << 20;

/// What stands between a name that was changed and what tells it from others.
const CHANGED: char = '~';

/// A folder of captures, one for each step of each learner that this run plays.
#[derive(Debug)]
pub struct Captures {
    folder: PathBuf,
}

impl Captures {
    /// Before anything is graded: a folder that cannot be written is told at once.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("creating {}", shown(folder)))?;
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// To be filled by one run.
    pub fn begin() -> Capture {
        Capture::with_room(ROOM)
    }

    /// Keeps a capture, over the one of a run before. Without one, nothing was played, and nothing stays.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn keep(
        &self,
        learner: &str,
        step: &Step,
        capture: Option<&Capture>,
    ) -> anyhow::Result<()> {
        let file = self.folder.join(file_name(learner, step));
        match capture {
            Some(capture) => results::write_to(&file, |to| Ok(capture.write(to)?)),
            None => match fs::remove_file(&file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(error).with_context(|| format!("removing {}", shown(&file)))
                }
                _ => Ok(()),
            },
        }
    }
}

/// A name that stays in its folder, and that nobody else's has, also where capitals do not count.
fn file_name(learner: &str, step: &Step) -> String {
    let mut name = text::file_name(learner);
    if name != learner
        || name
            .chars()
            .any(|letter| !letter.is_ascii() || letter.is_uppercase())
    {
        let mut hasher = DefaultHasher::new();
        learner.hash(&mut hasher);
        name += &format!("{CHANGED}{:016x}", hasher.finish());
    }
    format!("{name}-{}.pcap", step.name())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]
mod tests {
    use std::collections::BTreeSet;

    use course::steps;

    use super::*;

    #[test]
    fn every_name_stays_in_the_folder_and_is_its_own() {
        let step = &steps()[0];
        assert_eq!(file_name("ada", step), "ada-step1.pcap");
        let long = "x".repeat(300);
        let longer = "x".repeat(301);
        let names = [
            "ada", "Ada", "ADA", "../ada", "..\\ada", "", "_", "con", "a/b", "a_b", "a\nb", "é",
            "e\u{301}", "ada~", ".", "..", "-x", &long, &longer,
        ];
        let mut files = BTreeSet::new();
        for name in names {
            let file = file_name(name, step);
            let mut parts = Path::new(&file).components();
            assert!(
                matches!(parts.next(), Some(std::path::Component::Normal(_))),
                "{file}"
            );
            assert_eq!(parts.next(), None, "{file}");
            assert!(file.len() < 255, "{file}");
            assert!(!file.contains(['\\', '\n', ':']), "{file}");
            assert!(files.insert(file.to_lowercase()), "{file}");
        }
    }

    #[test]
    fn what_was_not_played_leaves_no_capture_of_a_run_before() {
        let folder = tempfile::tempdir().unwrap();
        let captures = Captures::open(&folder.path().join("new")).unwrap();
        let file = folder.path().join("new/ada-step1.pcap");
        captures
            .keep("ada", &steps()[0], Some(&Captures::begin()))
            .unwrap();
        assert!(file.is_file());
        captures.keep("ada", &steps()[0], None).unwrap();
        assert!(!file.exists());
        captures.keep("ada", &steps()[0], None).unwrap();
    }
}
