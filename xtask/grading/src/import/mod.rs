//! Takes the allowed source files out of what learners handed in, and nothing else.
//!
//! A submission is a folder, a .zip, a .tar.gz or a .tar; the files lie in it like in `lessons/`, at any depth. Files are
//! written anew into a scratch folder, so times, modes and links of the original play no part.

mod archive;
mod folder;
mod layout;
mod manifest;
mod path;
mod roster;
mod submission;
mod take;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use path::Pattern;
use roster::Candidate;
use take::take;

pub use roster::SetAside;
pub use submission::{Reason, Refusal, Submission};

/// Maximum size of one file, in bytes.
pub const MOST_BYTES: u64 = 256 * 1024;

/// The files to import.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The steps with their sources.
    pub steps: Vec<WantedStep>,
    /// Single files beside the steps or at the top of the submission, such as `assignment.md`.
    pub documents: Vec<String>,
    /// Crates that programs are compiled with, whatever a submission's manifests say.
    pub crates: Vec<String>,
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

/// All that was in the folder of submissions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// One a learner, by name.
    pub submissions: Vec<Submission>,
    /// The other entries of the folder.
    pub aside: Vec<SetAside>,
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
) -> Result<Imported, ImportError> {
    let unreadable = |reason| ImportError::Unreadable {
        path: submissions.to_owned(),
        reason,
    };
    let (candidates, aside) = roster::roster(submissions).map_err(unreadable)?;
    if candidates.is_empty() {
        return Err(ImportError::Empty(submissions.to_owned()));
    }
    let mut all = Vec::new();
    for (index, candidate) in candidates.into_iter().enumerate() {
        let folder = scratch.join(format!("{:04}", index + 1));
        all.push(import_one(candidate, &folder, wanted)?);
    }
    Ok(Imported {
        submissions: all,
        aside,
    })
}

fn import_one(
    candidate: Candidate,
    folder: &Path,
    wanted: &Wanted,
) -> Result<Submission, ImportError> {
    fresh(folder).map_err(|reason| ImportError::Scratch {
        path: folder.to_owned(),
        reason,
    })?;
    let content = take(&candidate.path, candidate.form, wanted);
    let mut submission = Submission {
        learner: candidate.learner,
        handed_in: content.as_ref().ok().and_then(|content| content.newest),
        folder: folder.to_owned(),
        ..Submission::default()
    };
    let mut refused = Vec::new();
    match content {
        Ok(content) => {
            let files = content.files;
            submission.refused = content.refused.listed;
            submission.refused_more = content.refused.more;
            submission.notes = content.notes;
            refused = content.refused.places;
            submission.digests = digests(&wanted.steps, &files);
            for (path, text) in files {
                let to = folder.join(&path);
                write(&to, &text).map_err(|reason| ImportError::Scratch { path: to, reason })?;
                submission.taken.insert(path, text.len() as u64);
            }
        }
        Err(problem) => submission.problem = Some(problem),
    }
    for step in &wanted.steps {
        let lacks = |path: &&String| !submission.taken.contains_key(*path);
        let Some(lacking) = step.required.iter().find(lacks) else {
            continue;
        };
        submission.digests.remove(&step.name);
        submission.missing.push(step.name.clone());
        let refusal = refused.iter().find(|(place, _)| stands_for(place, lacking));
        let has_some = submission.taken.keys().any(|path| step.has(path));
        let why = match refusal {
            Some((_, reason)) => format!("{lacking} was not taken, {}", reason.words()),
            None if has_some => format!("{lacking} is not there"),
            None => continue,
        };
        submission.missing_why.insert(step.name.clone(), why);
    }
    Ok(submission)
}

/// Whether what is refused at `place` is the file at `path`, or a folder around it.
fn stands_for(place: &str, path: &str) -> bool {
    path.strip_prefix(place)
        .is_some_and(|below| below.is_empty() || below.starts_with('/'))
}

impl WantedStep {
    fn has(&self, path: &str) -> bool {
        let parts: Vec<String> = path.split('/').map(str::to_owned).collect();
        let mut patterns = self.sources.iter().map(|pattern| Pattern::new(pattern));
        patterns.any(|pattern| pattern.matches(&parts))
    }
}

fn digests(steps: &[WantedStep], files: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let digest = |step: &WantedStep| {
        let mut digest = Sha256::new();
        for (path, text) in files.iter().filter(|(path, _)| step.has(path)) {
            // No path holds a zero byte, so that no two sets of files read the same.
            digest.update(path);
            digest.update([0]);
            digest.update((text.len() as u64).to_le_bytes());
            digest.update(text);
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

#[cfg(test)]
mod tests;
