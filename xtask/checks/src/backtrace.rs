//! Which line of a learner's own led to a panic inside a library.
//!
//! A panic names the place where it was raised. Where that is in a library, the learner's own line
//! stands further up in the backtrace only, and only if the program was compiled with line tables.
//! Both would make every run slower: a backtrace takes some 200 ms of a busy machine. So a run in
//! which that has happened is played once more, with programs that tell.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use arena::record::{Entry, Record, Stream};
use course::verdict::Verdict;

use crate::queries;

/// The folder of the learners' library: not what they have written.
const LIBRARY: &str = "lessons/nightlight/";

/// What raised panics inside libraries, from all programs of a run.
#[derive(Debug)]
pub struct Backtraces {
    /// The step's folder. What lies there is the learner's own.
    folder: String,
    /// The own line by the place that the panic names.
    lines: Mutex<BTreeMap<String, String>>,
}

impl Backtraces {
    /// None yet. `folder` is the step's, as in `step1-connect`.
    pub fn new(folder: &str) -> Self {
        Self {
            folder: folder.to_owned(),
            lines: Mutex::default(),
        }
    }

    /// Adds what one program has said.
    pub(crate) fn take(&self, record: &Record) {
        let found = record.look(|entries| self.find(entries));
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.extend(found);
    }

    /// Names the own lines in a verdict, where they were found. `home` is the folder in which the
    /// step's lies, with a slash, or nothing.
    pub fn explain(&self, verdict: &mut Verdict, home: &str) {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        for row in &mut verdict.criteria {
            let Some(actual) = &mut row.actual else {
                continue;
            };
            for (place, own) in lines.iter() {
                let named = format!("(inside a library, called at {home}{own})");
                *actual = actual.replace(&format!("(at {place})"), &named);
            }
        }
    }

    fn find(&self, entries: &[Entry]) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let mut place = None;
        let lines = queries::printed(entries).filter(|(stream, _)| *stream == Stream::Err);
        for (_, line) in lines {
            if let Some(next) = queries::panicked_at(line) {
                place = Some(next.to_owned());
            } else if let Some(frame) = line.trim_start().strip_prefix("at ")
                && let Some(own) = self.own(frame)
                && let Some(place) = place.take()
            {
                found.insert(place, own);
            }
        }
        found
    }

    /// A frame's place, from the step's folder on, if it lies there.
    fn own(&self, frame: &str) -> Option<String> {
        let frame = frame.replace('\\', "/");
        let (_, within) = frame.split_once(&format!("/{}/", self.folder))?;
        Some(format!("{}/{within}", self.folder))
    }
}

/// Whether a verdict names a place inside a library where a program has panicked.
pub fn is_wanted(verdict: &Verdict) -> bool {
    let actual = verdict.criteria.iter().flat_map(|row| &row.actual);
    let places = actual.filter(|words| words.contains("panicked: "));
    places
        .filter_map(|words| words.split("(at ").nth(1))
        .any(is_foreign)
}

/// Whether a place lies in a library: cargo compiles what a learner has written by a path within
/// the kit.
pub(crate) fn is_foreign(place: &str) -> bool {
    let is_absolute = place.starts_with('/') || place.get(1..3) == Some(":\\");
    is_absolute || place.replace('\\', "/").starts_with(LIBRARY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_in_the_kit_is_a_learner_s() {
        for own in ["src/main.rs:2:16", "lessons/step1-connect/src/main.rs:2:16"] {
            assert!(!is_foreign(own), "{own}");
        }
        for foreign in [
            "/rustc/59807616/library/core/src/option.rs:2:9",
            "/home/ada/.cargo/registry/src/index/rumqttc-0.25.1/src/lib.rs:560:9",
            "C:\\Users\\ada\\.cargo\\registry\\src\\rumqttc-0.25.1\\src\\lib.rs:560:9",
            "lessons/nightlight/src/board.rs:7:5",
        ] {
            assert!(is_foreign(foreign), "{foreign}");
        }
    }

    #[test]
    fn a_frame_is_own_from_the_steps_folder_on() {
        let backtraces = Backtraces::new("step1-connect");
        let own = Some("step1-connect/src/main.rs:60:13".to_owned());
        for frame in [
            "/kit/lessons/step1-connect/src/main.rs:60:13",
            "C:\\kit\\lessons\\step1-connect\\src\\main.rs:60:13",
        ] {
            assert_eq!(backtraces.own(frame), own);
        }
        assert_eq!(backtraces.own("/rustc/5/library/std/src/rt.rs:1:1"), None);
    }
}
