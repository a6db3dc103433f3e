//! Notices that the learner has saved.
//!
//! Editors save in several strokes, and many by renaming: they write a new file, move the old one
//! aside and the new one into its place. In between a source may be half there or not at all.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::lesson::Work;
use crate::progress::fingerprint;

/// How often the files are looked at. The first half of what passes between saving and checking:
/// an editor that saves in several strokes is given one glance more to finish.
const GLANCE: Duration = Duration::from_millis(25);

/// How long a file may be away before that is worth a check, and a word.
const AWAY: Duration = Duration::from_millis(500);

const MANIFEST: &str = "Cargo.toml";

/// The sources of a step or a puzzle, and all that cargo reads before it comes to them.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    root: &'a Path,
    work: Work<'a>,
}

/// What the sources were at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    stamps: Vec<Stamp>,
    contents: u64,
}

/// What changes when a file is written: far cheaper to look at than what is in it.
type Stamp = (PathBuf, SystemTime, u64);

impl<'a> Sources<'a> {
    /// Of this work in the kit at `root`.
    pub fn of(root: &'a Path, work: Work<'a>) -> Self {
        Self { root, work }
    }

    /// Waits until nobody is writing them and nothing is missing. What stays away is not waited
    /// for: a check says what that means.
    pub async fn settled(&self) -> Seen {
        self.changed(None, |_| true).await
    }

    /// Waits until the sources are no longer as they were `seen`, and have settled. Where `again`
    /// holds, it is enough that somebody has written them, if only the same as before, or what may
    /// have been in cargo's way in another lesson.
    pub async fn saved(&self, seen: &Seen, again: bool) -> Seen {
        let is_new = |now: &Seen| match again {
            true => now != seen,
            false => now.contents != seen.contents,
        };
        self.changed(Some(&seen.stamps), is_new).await
    }

    /// Waits until the stamps have been others than these and then the same for a glance.
    async fn changed(&self, old: Option<&[Stamp]>, is_wanted: impl Fn(&Seen) -> bool) -> Seen {
        let mut last = old.map(<[Stamp]>::to_vec);
        let mut is_read = true;
        let mut since = Instant::now();
        loop {
            let stamps = self.stamps();
            if last.as_ref() != Some(&stamps) {
                if is_read {
                    since = Instant::now();
                }
                is_read = false;
                last = Some(stamps);
            } else if !is_read && (since.elapsed() >= AWAY || self.missing().is_empty()) {
                is_read = true;
                let contents = self.contents();
                let seen = Seen { stamps, contents };
                if is_wanted(&seen) {
                    return seen;
                }
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Whether anything was written since they were `seen`.
    pub fn are_written_since(&self, seen: &Seen) -> bool {
        self.stamps() != seen.stamps
    }

    /// What is needed and not there.
    pub fn missing(&self) -> Vec<PathBuf> {
        self.work.missing(self.root)
    }

    /// Of the work, and of the manifest above all.
    fn contents(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        fingerprint(self.root, self.work).ok().hash(&mut hasher);
        fs::read(self.root.join(MANIFEST)).ok().hash(&mut hasher);
        hasher.finish()
    }

    /// A file that is away at this moment has none.
    fn stamps(&self) -> Vec<Stamp> {
        let mut stamps: Vec<Stamp> = stamp(self.root.join(MANIFEST)).into_iter().collect();
        let mut folders = vec![self.root.join("lessons")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if is_manifest(&path) || is_rust(&path) {
                    stamps.extend(stamp(path));
                }
            }
        }
        stamps.sort();
        stamps
    }
}

fn is_manifest(path: &Path) -> bool {
    path.ends_with(MANIFEST)
}

/// Not what editors put beside a source while they hold it: `.#main.rs`, `main.rs~`.
fn is_rust(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".rs") && !name.starts_with('.')
}

fn stamp(path: PathBuf) -> Option<Stamp> {
    let metadata = fs::metadata(&path).ok()?;
    Some((path, metadata.modified().ok()?, metadata.len()))
}
