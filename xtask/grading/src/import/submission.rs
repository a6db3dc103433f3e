//! What was taken in of one learner's submission.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::MOST_BYTES;

/// Result of importing one learner's submission.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// The name of the folder or archive, without its ending.
    pub learner: String,
    /// When its archive, or the newest of its files that was taken, was written, in seconds since 1970: as far as
    /// whoever collected it has kept that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_in: Option<u64>,
    /// The scratch folder with the files that were taken, laid out like `lessons/`. It goes with the run that made it.
    #[serde(skip)]
    pub folder: PathBuf,
    /// What was taken, below that folder, and its size in bytes.
    pub taken: BTreeMap<String, u64>,
    /// A fingerprint of each step's sources, of steps that were handed in: SHA-256 in hexadecimal.
    #[serde(default)]
    pub digests: BTreeMap<String, String>,
    /// Files that were refused, each with the reason.
    #[serde(default)]
    pub refused: Vec<Refusal>,
    /// Number of refused files beyond those.
    #[serde(default)]
    pub refused_more: usize,
    /// What a submission brings along that plays no part, a sentence each: manifests and build scripts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Steps that were not handed in.
    #[serde(default)]
    pub missing: Vec<String>,
    /// Why, of those of which it is known: a file is there and was refused, or one of several is not there.
    #[serde(default)]
    pub missing_why: BTreeMap<String, String>,
    /// Why nothing could be imported at all.
    #[serde(default)]
    pub problem: Option<String>,
}

/// One file that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Path within the submission, cut where it is very long.
    pub path: String,
    /// Why it was refused.
    pub reason: Reason,
}

/// Why a file was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A symbolic link, or one of several names of the same file.
    Link,
    /// A device, pipe or socket.
    Special,
    /// More than [`MOST_BYTES`].
    TooLarge,
    /// Not UTF-8 text.
    NotText,
    /// A path that leads out of the submission or means different things on different systems.
    PathTrick,
    /// The same path occurs again.
    Twice,
    /// It cannot be read; the system's or the archive's words.
    Unreadable(String),
}

impl Reason {
    /// The reason as a sentence for the learner.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Link => "it is a link, not a file".into(),
            Self::Special => "it is not an ordinary file".into(),
            Self::TooLarge => format!("it is larger than {} KiB", MOST_BYTES / 1024),
            Self::NotText => "it is not UTF-8 text".into(),
            Self::PathTrick => "its path leads out of the submission".into(),
            Self::Twice => "its path occurs more than once".into(),
            Self::Unreadable(words) => format!("it cannot be read ({words})"),
        }
    }
}

impl Submission {
    /// Whether `step` was not handed in.
    #[must_use]
    pub fn is_missing(&self, step: &str) -> bool {
        self.missing.iter().any(|missing| missing == step)
    }

    /// Why there is nothing to grade of the missing `step`.
    #[must_use]
    pub fn why_missing(&self, step: &str) -> String {
        let why = self.problem.as_ref().or(self.missing_why.get(step));
        why.map_or_else(
            || "not handed in".to_owned(),
            |why| format!("nothing to grade: {why}"),
        )
    }

    /// The text of a taken file, such as `assignment.md`.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<String> {
        self.taken
            .contains_key(path)
            .then(|| fs::read_to_string(self.folder.join(path)).ok())
            .flatten()
    }
}
