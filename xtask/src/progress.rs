//! Which steps are done.
//!
//! A step counts as done when its check has passed on exactly these sources, and nothing new has
//! been asked of it since: see [`course::Step::revision`]. An update of the kit alone takes nothing
//! away from anybody.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::lesson::{PUZZLE, Work};
use course::verdict::{Status, Verdict};
use course::{FOLDER_OF_FIRMWARE, Step, steps};

/// What is kept of the learner's checks.
#[derive(Debug)]
pub struct Progress {
    file: PathBuf,
    root: PathBuf,
    kept: Kept,
}

#[derive(Debug, Default, Deserialize, Serialize)]
struct Kept {
    /// By step folder, and of puzzles by `puzzle/` and their programs' names.
    steps: BTreeMap<String, Entry>,
    /// Puzzles that were solved, by their programs' names.
    #[serde(default)]
    puzzles: BTreeSet<String>,
}

/// The last check of one step.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Entry {
    fingerprint: String,
    /// What the step asked then.
    #[serde(default)]
    revision: u32,
    /// How it ended.
    pub status: Status,
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

    /// The last check of this step's or puzzle's sources as they are now.
    pub fn of(&self, work: Work) -> Option<&Entry> {
        let entry = self.kept.steps.get(&key(work))?;
        let same = entry.revision == work.step.revision
            && fingerprint(&self.root, work).ok()? == entry.fingerprint;
        same.then_some(entry)
    }

    /// Whether the step's sources as they are now have passed.
    pub fn is_done(&self, step: &Step) -> bool {
        self.of(Work::on(step))
            .is_some_and(|entry| entry.status == Status::Pass)
    }

    /// The first step that is not done.
    pub fn next(&self) -> Option<&'static Step> {
        steps().iter().find(|step| !self.is_done(step))
    }

    /// What is left to do when this step is done: the next one, or one that was left out. The firmware
    /// stands beside the steps: after it comes what is next without it.
    pub fn after(&self, done: &Step) -> Option<&'static Step> {
        if done.folder == FOLDER_OF_FIRMWARE {
            return self.next();
        }
        let left = || {
            let others = steps().iter().filter(|step| step.number != done.number);
            others.filter(|step| !self.is_done(step))
        };
        left()
            .find(|step| step.number > done.number)
            .or_else(|| left().next())
    }

    /// The step of that name or, without one, the step the learner is at.
    ///
    /// # Errors
    /// When there is no such step.
    pub fn at(&self, name: Option<&str>) -> anyhow::Result<&'static Step> {
        match name {
            Some(name) => course::find_or_firmware(name),
            None => self
                .next()
                .or(steps().last())
                .context("the course has no steps"),
        }
    }

    /// Keeps a verdict on the learner's own sources. A failure of the kit's own says nothing about
    /// them, so it does not take the place of a verdict on the same sources.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(
        &mut self,
        work: Work,
        verdict: &Verdict,
        fingerprint: String,
    ) -> anyhow::Result<()> {
        let failed = verdict.failed().map(|row| Failure {
            criterion: row.id.clone(),
            expected: row.expected.clone().unwrap_or_default(),
            actual: row.actual.clone().unwrap_or_default(),
            hint: row.hint.clone().unwrap_or_default(),
        });
        let failed: Vec<Failure> = failed.collect();
        self.update(|kept| {
            let revision = work.step.revision;
            let last = kept.steps.get(&key(work));
            let same_sources =
                |last: &&Entry| last.fingerprint == fingerprint && last.revision == revision;
            if verdict.status == Status::InfraError && last.is_some_and(|last| same_sources(&last))
            {
                return;
            }
            // The same failure as last time goes on with its hints.
            let hints = match last {
                Some(last) if first(&last.failed) == first(&failed) => last.hints,
                _ => 0,
            };
            let entry = Entry {
                fingerprint,
                revision,
                status: verdict.status,
                points: verdict.points,
                failed,
                hints,
            };
            kept.steps.insert(key(work), entry);
        })
    }

    /// Remembers that one more hint on this step or puzzle was given.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn hinted(&mut self, work: Work) -> anyhow::Result<()> {
        self.update(|kept| {
            if let Some(entry) = kept.steps.get_mut(&key(work)) {
                entry.hints += 1;
            }
        })
    }

    /// Whether a puzzle was solved once.
    pub fn is_solved(&self, puzzle: &str) -> bool {
        self.kept.puzzles.contains(puzzle)
    }

    /// Remembers that a puzzle is solved.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn solved(&mut self, puzzle: &str) -> anyhow::Result<()> {
        self.update(|kept| {
            kept.puzzles.insert(puzzle.to_owned());
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

/// What its last check is kept by.
fn key(work: Work) -> String {
    match work.puzzle {
        Some(name) => format!("{PUZZLE}/{name}"),
        None => work.step.folder.clone(),
    }
}

/// Names the sources of a step or puzzle and what they are built with.
///
/// # Errors
/// When they cannot be read.
pub fn fingerprint(root: &Path, work: Work) -> io::Result<String> {
    let mut hasher = DefaultHasher::new();
    let own = root.join(work.folder());
    for folder in [&root.join("lessons").join("nightlight"), &own] {
        hash_folder(&folder.join("src"), &mut hasher)?;
    }
    if work.puzzle.is_none() {
        fs::read(own.join("Cargo.toml"))?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn hash_folder(folder: &Path, hasher: &mut DefaultHasher) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        // What Emacs puts beside a source while it is edited looks like one, and leads nowhere.
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if path.is_dir() {
            hash_folder(&path, hasher)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            entry.file_name().hash(hasher);
            fs::read(&path)?.hash(hasher);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
        number = 1
        title = "T"
        goal = "g"
        package = "p"
        chapter = "c.md"
        worth = 20
        minutes = 30
        revision = 1
        starter_fails = []
        program = [{ id = "device", binary = "b", source = "s", client = "c", board = true }]
        criterion = [{ use = "connects", points = 1 }]
    "#;

    fn step(revision: u32) -> Step {
        let text = TEXT.replace("revision = 1", &format!("revision = {revision}"));
        Step::parse("step1-t", &text, "").unwrap()
    }

    /// A kit with one lesson.
    fn kit() -> tempfile::TempDir {
        let kit = tempfile::tempdir().unwrap();
        for folder in ["nightlight/src", "step1-t/src"] {
            fs::create_dir_all(kit.path().join("lessons").join(folder)).unwrap();
        }
        let manifest = kit.path().join("lessons/step1-t/Cargo.toml");
        fs::write(manifest, "[package]\n").unwrap();
        kit
    }

    fn keep(kit: &Path, step: &Step, status: Status) {
        let verdict = Verdict::not_played(step, status, 1, String::new());
        let fingerprint = fingerprint(kit, Work::on(step)).unwrap();
        let mut progress = Progress::open(kit).unwrap();
        progress
            .keep(Work::on(step), &verdict, fingerprint)
            .unwrap();
    }

    #[test]
    fn what_was_passed_stays_so_until_more_is_asked() {
        let kit = kit();
        keep(kit.path(), &step(1), Status::Pass);
        let is_done = |step: &Step| Progress::open(kit.path()).unwrap().is_done(step);
        assert!(is_done(&step(1)));
        assert!(!is_done(&step(2)), "something new is asked");
        fs::write(kit.path().join("lessons/step1-t/src/main.rs"), "").unwrap();
        assert!(!is_done(&step(1)), "other sources");
    }

    #[test]
    fn a_failure_of_ours_takes_no_pass_away_and_is_kept_as_what_it_is() {
        let kit = kit();
        let step = step(1);
        let status = || {
            Progress::open(kit.path())
                .unwrap()
                .of(Work::on(&step))
                .unwrap()
                .status
        };
        keep(kit.path(), &step, Status::InfraError);
        assert_eq!(status(), Status::InfraError);
        keep(kit.path(), &step, Status::Pass);
        keep(kit.path(), &step, Status::InfraError);
        assert_eq!(status(), Status::Pass);
        keep(kit.path(), &step, Status::Timeout);
        assert_eq!(status(), Status::Timeout);
    }

    #[test]
    fn after_the_firmware_comes_what_is_not_done_whatever_its_number() {
        let kit = kit();
        let progress = Progress::open(kit.path()).unwrap();
        let after = |done| progress.after(done).map(Step::name);
        assert_eq!(after(course::firmware()).as_deref(), Some("step1"));
        let step4 = course::find("step4").unwrap();
        assert_eq!(after(step4).as_deref(), Some("step5"));
    }
}
