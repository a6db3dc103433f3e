//! Takes the allowed source files out of what learners handed in, and nothing else.
//!
//! A submission is a folder, a .zip or a .tar.gz; the files lie in it like in `lessons/`, at any depth. Files are
//! written anew into a scratch folder, so times, modes and links of the original play no part.

mod archive;
mod folder;
mod layout;
mod path;
mod take;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use path::Pattern;
use take::{Content, take};

/// Maximum size of one file, in bytes.
pub const MOST_BYTES: u64 = 256 * 1024;

/// The files to import.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The steps with their sources.
    pub steps: Vec<WantedStep>,
    /// Single files beside the steps or at the top of the submission, such as `assignment.md`.
    pub documents: Vec<String>,
}

/// The sources of one step.
#[derive(Debug, Clone)]
pub struct WantedStep {
    /// The step's id in verdicts.
    pub name: String,
    /// Files without which the step was not handed in, such as `step1-connect/src/main.rs`.
    pub required: Vec<String>,
    /// All that is taken: paths, or `folder/**/*.rs` for every such file below a folder.
    pub sources: Vec<String>,
}

/// Result of importing one learner's submission.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// The name of the folder or archive, without its ending.
    pub learner: String,
    /// Path of the submission.
    pub origin: PathBuf,
    /// The scratch folder with the files that were taken, laid out like `lessons/`.
    pub folder: PathBuf,
    /// What was taken, below that folder, and its size in bytes.
    pub taken: BTreeMap<String, u64>,
    /// A fingerprint of each step's sources, of steps that were handed in: SHA-256 in hexadecimal.
    #[serde(default)]
    pub digests: BTreeMap<String, String>,
    /// Files that were refused, each with the reason.
    #[serde(default)]
    pub refused: Vec<Refusal>,
    /// Steps that were not handed in.
    #[serde(default)]
    pub missing: Vec<String>,
    /// Why nothing could be imported at all.
    #[serde(default)]
    pub problem: Option<String>,
}

/// One file that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Path within the submission.
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

/// Why no submission can be taken in.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The folder of submissions cannot be read.
    #[error("cannot read the submissions in {}: {reason}", path.display())]
    Unreadable {
        /// Path of the folder.
        path: PathBuf,
        /// The operating system's error.
        reason: io::Error,
    },
    /// The scratch folder cannot be written.
    #[error("cannot write to {}: {reason}. Free some space, or choose another folder.", path.display())]
    Scratch {
        /// Path of the file.
        path: PathBuf,
        /// The operating system's error.
        reason: io::Error,
    },
    /// There is no submission.
    #[error("{} holds no submission: expected one folder, .zip or .tar.gz per learner", .0.display())]
    Empty(PathBuf),
}

/// Takes in every submission below `submissions`. `scratch` gets one folder each, named by a number; one that is
/// there from a run before is replaced.
///
/// # Errors
/// See [`ImportError`]. What is wrong with one submission is told in its [`Submission`] instead.
pub fn import(
    submissions: &Path,
    scratch: &Path,
    wanted: &Wanted,
) -> Result<Vec<Submission>, ImportError> {
    let unreadable = |reason| ImportError::Unreadable {
        path: submissions.to_owned(),
        reason,
    };
    let mut origins = Vec::new();
    for entry in fs::read_dir(submissions).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let kind = entry.file_type().map_err(unreadable)?;
        if let Some(learner) = learner_of(&entry.file_name().to_string_lossy(), kind) {
            origins.push((learner, entry.path()));
        }
    }
    if origins.is_empty() {
        return Err(ImportError::Empty(submissions.to_owned()));
    }
    origins.sort();
    // `ada/` and `ada.zip`: both stay, each under its full name.
    let names: Vec<String> = origins.iter().map(|(learner, _)| learner.clone()).collect();
    let is_double = |name: &String| names.iter().filter(|other| *other == name).count() > 1;
    let mut all = Vec::new();
    for (index, (learner, origin)) in origins.into_iter().enumerate() {
        let learner = if is_double(&learner) {
            full_name(&origin)
        } else {
            learner
        };
        all.push(import_one(
            learner,
            origin,
            &scratch.join(format!("{:04}", index + 1)),
            wanted,
        )?);
    }
    Ok(all)
}

/// Links among the submissions themselves are not followed.
fn learner_of(name: &str, kind: fs::FileType) -> Option<String> {
    if name.starts_with('.') {
        return None;
    }
    if kind.is_dir() {
        return Some(name.to_owned());
    }
    let lower = name.to_lowercase();
    let ending = [".zip", ".tar.gz", ".tgz"]
        .into_iter()
        .find(|ending| lower.ends_with(ending))?;
    // Lower case can change a name's length, but the endings are ASCII in both.
    kind.is_file().then(|| {
        name.get(..name.len() - ending.len())
            .unwrap_or(name)
            .to_owned()
    })
}

fn full_name(origin: &Path) -> String {
    origin
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn import_one(
    learner: String,
    origin: PathBuf,
    folder: &Path,
    wanted: &Wanted,
) -> Result<Submission, ImportError> {
    fresh(folder).map_err(|reason| ImportError::Scratch {
        path: folder.to_owned(),
        reason,
    })?;
    let mut submission = Submission {
        learner,
        origin,
        folder: folder.to_owned(),
        ..Submission::default()
    };
    match take(&submission.origin, wanted) {
        Ok(Content { files, refused }) => {
            submission.refused = refused;
            submission.digests = digests(&wanted.steps, &files);
            for (path, text) in files {
                let to = folder.join(&path);
                write(&to, &text).map_err(|reason| ImportError::Scratch { path: to, reason })?;
                submission.taken.insert(path, text.len() as u64);
            }
        }
        Err(problem) => submission.problem = Some(problem),
    }
    let was_taken = |path: &String| submission.taken.contains_key(path);
    let missing = wanted
        .steps
        .iter()
        .filter(|step| !step.required.iter().all(was_taken));
    submission.missing = missing.map(|step| step.name.clone()).collect();
    let missing = &submission.missing;
    submission.digests.retain(|step, _| !missing.contains(step));
    Ok(submission)
}

fn digests(steps: &[WantedStep], files: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let digest = |step: &WantedStep| {
        let patterns = step.sources.iter().map(|pattern| Pattern::new(pattern));
        let patterns: Vec<Pattern> = patterns.collect();
        let mut digest = Sha256::new();
        for (path, text) in files {
            let parts: Vec<String> = path.split('/').map(str::to_owned).collect();
            if patterns.iter().any(|pattern| pattern.matches(&parts)) {
                // No path holds a zero byte, so that no two sets of files read the same.
                digest.update(path);
                digest.update([0]);
                digest.update((text.len() as u64).to_le_bytes());
                digest.update(text);
            }
        }
        let bytes = digest.finalize();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    };
    steps
        .iter()
        .map(|step| (step.name.clone(), digest(step)))
        .collect()
}

/// Nothing of another learner or an earlier run may stay.
fn fresh(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(folder),
    }
}

fn write(to: &Path, text: &str) -> io::Result<()> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(to, text)
}

impl Submission {
    /// Whether `step` was not handed in.
    #[must_use]
    pub fn is_missing(&self, step: &str) -> bool {
        self.missing.iter().any(|missing| missing == step)
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

#[cfg(test)]
mod tests;
