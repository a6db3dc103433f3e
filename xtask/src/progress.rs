//! Which steps are done.
//!
//! A step counts as done when its check has passed on exactly these sources, by exactly this kit.
//! So what is remembered is a fingerprint of both, and progress can be stale in no way.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::course::{STEPS, Step};
use crate::criterion::Judgement;
use crate::verdict::{Status, Verdict};

/// What is kept of the learner's checks.
#[derive(Debug)]
pub struct Progress {
    file: PathBuf,
    root: PathBuf,
    kept: Kept,
}

#[derive(Debug, Default, Deserialize, Serialize)]
struct Kept {
    /// By step folder.
    steps: BTreeMap<String, Entry>,
}

/// The last check of one step.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Entry {
    fingerprint: String,
    /// Whether it passed.
    pub passed: bool,
    /// The points it got.
    pub points: u32,
    /// What it failed, in the step's order.
    #[serde(default)]
    pub failed: Vec<Failure>,
    /// How many hints on the first failure have been given.
    #[serde(default)]
    pub hints: usize,
}

/// A criterion that was not met, and what was seen instead.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Failure {
    /// The criterion's id.
    pub criterion: String,
    /// What should have been seen.
    pub expected: String,
    /// What was seen.
    pub actual: String,
    /// What to try.
    pub hint: String,
}

impl Progress {
    /// Reads what was kept. Something unreadable is set aside and said.
    ///
    /// # Errors
    /// When the file can neither be read nor set aside.
    pub fn open(root: &Path) -> anyhow::Result<Self> {
        let file = root.join("target").join("nightlight").join("progress.json");
        Ok(Self {
            kept: read(&file)?,
            file,
            root: root.to_owned(),
        })
    }

    /// The last check of this step's sources as they are now.
    pub fn of(&self, step: &Step) -> Option<&Entry> {
        let entry = self.kept.steps.get(step.folder)?;
        (fingerprint(&self.root, step).ok()? == entry.fingerprint).then_some(entry)
    }

    /// Whether the step's sources as they are now have passed.
    pub fn is_done(&self, step: &Step) -> bool {
        self.of(step).is_some_and(|entry| entry.passed)
    }

    /// The first step that is not done.
    pub fn next(&self) -> Option<&'static Step> {
        STEPS.iter().find(|step| !self.is_done(step))
    }

    /// Keeps a verdict on the learner's own sources.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&mut self, verdict: &Verdict, fingerprint: String) -> anyhow::Result<()> {
        let failed = verdict
            .rows
            .iter()
            .filter_map(|(criterion, judgement)| match judgement {
                Judgement::Fail(finding) => Some(Failure {
                    criterion: criterion.id.to_owned(),
                    expected: finding.expected.clone(),
                    actual: finding.actual.clone(),
                    hint: finding.hint.as_deref().unwrap_or(criterion.hint).to_owned(),
                }),
                Judgement::Pass | Judgement::Skip => None,
            });
        let failed: Vec<Failure> = failed.collect();
        let step = verdict.step.folder;
        self.update(|kept| {
            // The same failure as last time goes on with its hints.
            let hints = match kept.steps.get(step) {
                Some(last) if first(&last.failed) == first(&failed) => last.hints,
                _ => 0,
            };
            let entry = Entry {
                fingerprint,
                passed: verdict.status == Status::Pass,
                points: verdict.points(),
                failed,
                hints,
            };
            kept.steps.insert(step.to_owned(), entry);
        })
    }

    /// Remembers that one more hint on this step was given.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn hinted(&mut self, step: &Step) -> anyhow::Result<()> {
        self.update(|kept| {
            if let Some(entry) = kept.steps.get_mut(step.folder) {
                entry.hints += 1;
            }
        })
    }

    /// Changes what is kept now, which another check may have changed since it was read.
    fn update(&mut self, change: impl FnOnce(&mut Kept)) -> anyhow::Result<()> {
        let folder = self.file.parent().unwrap_or(&self.root);
        let lock = fs::create_dir_all(folder)
            .and_then(|()| fs::File::create(folder.join("progress.lock")))
            .with_context(|| format!("{} cannot be written", folder.display()))?;
        lock.lock()?;
        self.kept = read(&self.file)?;
        change(&mut self.kept);
        self.write(folder)
            .with_context(|| format!("writing {}", self.file.display()))
    }

    /// Whole or not at all: another command may read at the same time.
    fn write(&self, folder: &Path) -> io::Result<()> {
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer_pretty(&mut new, &self.kept)?;
        new.persist(&self.file)?;
        Ok(())
    }
}

/// Sets aside what it cannot read, and says so.
fn read(file: &Path) -> anyhow::Result<Kept> {
    let bytes = match fs::read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Kept::default()),
        read => read.with_context(|| format!("reading {}", file.display()))?,
    };
    serde_json::from_slice(&bytes).or_else(|error| {
        let aside = file.with_extension("unreadable.json");
        fs::rename(file, &aside).with_context(|| format!("{} is in the way", file.display()))?;
        eprintln!(
            "note: the progress kept in {} cannot be read ({error}). It is now in {}; check your \
             steps again to rebuild it.",
            file.display(),
            aside.display()
        );
        Ok(Kept::default())
    })
}

fn first(failed: &[Failure]) -> Option<&str> {
    failed.first().map(|failure| failure.criterion.as_str())
}

/// Names a step's sources and the kit that checks them.
///
/// # Errors
/// When they cannot be read.
pub fn fingerprint(root: &Path, step: &Step) -> io::Result<String> {
    let mut hasher = DefaultHasher::new();
    of_the_kit(root)?.hash(&mut hasher);
    for folder in ["nightlight", step.folder] {
        hash_folder(&root.join("lessons").join(folder).join("src"), &mut hasher)?;
    }
    for file in [
        format!("lessons/{}/Cargo.toml", step.folder),
        "Cargo.lock".to_owned(),
    ] {
        fs::read(root.join(file))?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// The runner's own part, read once: what runs does not change any more, and a learner who saves
/// need not wait for all of it to be read again.
fn of_the_kit(root: &Path) -> io::Result<u64> {
    static READ: Mutex<Option<(PathBuf, u64)>> = Mutex::new(None);
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((known, hash)) = &*read
        && known == root
    {
        return Ok(*hash);
    }
    let mut hasher = DefaultHasher::new();
    for folder in ["xtask/src", "xtask/arena/src"] {
        hash_folder(&root.join(folder), &mut hasher)?;
    }
    let hash = hasher.finish();
    *read = Some((root.to_owned(), hash));
    Ok(hash)
}

fn hash_folder(folder: &Path, hasher: &mut DefaultHasher) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if path.is_dir() {
            hash_folder(&path, hasher)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            entry.file_name().hash(hasher);
            fs::read(&path)?.hash(hasher);
        }
    }
    Ok(())
}
