//! A class graded in parts, on several machines, and put together again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, bail};
use grading::import::{Imported, SetAside, Submission};
use grading::journal::{Batch, Folder, Journal, Record};
use terminal::workspace::shown;

/// In the results of a part: what was taken in, for whoever puts the parts together.
const SOURCES: &str = "sources";

/// Which part of a class is graded: the first of three is `1/3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    number: usize,
    of: usize,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || "expected a part like 2/3: the second of three".to_owned();
        let (number, of) = text.split_once('/').ok_or_else(wrong)?;
        let number = number.parse().map_err(|_| wrong())?;
        let of = of.parse().map_err(|_| wrong())?;
        if number == 0 || number > of {
            return Err(wrong());
        }
        Ok(Self { number, of })
    }
}

impl Shard {
    /// Leaves only this part's learners in, dealt out by their place in the list, and keeps their sources in `out`.
    pub fn deal(self, imported: &mut Imported, out: &Path) -> anyhow::Result<()> {
        let mut place = 0;
        imported.submissions.retain(|_| {
            place += 1;
            (place - 1) % self.of == self.number - 1
        });
        // Nothing of who withdrew stays.
        match fs::remove_dir_all(out.join(SOURCES)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        for submission in &imported.submissions {
            let to = kept(out, submission);
            for path in submission.taken.keys() {
                let file = to.join(path);
                let failed = || format!("writing {}", shown(&file));
                if let Some(folder) = file.parent() {
                    fs::create_dir_all(folder).with_context(failed)?;
                }
                fs::copy(submission.folder.join(path), &file).with_context(failed)?;
            }
        }
        Ok(())
    }
}

/// Where a part keeps a learner's sources: by a name that is no path, whatever the learner is called.
fn kept(out: &Path, submission: &Submission) -> PathBuf {
    let name: String = submission
        .learner
        .bytes()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    // As long as every file system takes.
    out.join(SOURCES).join(name.get(..200).unwrap_or(&name))
}

/// All that the parts in these folders have recorded, as one run would have: the settings, the folder, and the rest.
pub fn together(parts: &[PathBuf]) -> anyhow::Result<Vec<Record>> {
    let mut batch: Option<Batch> = None;
    let mut folder = Folder::default();
    let mut rest = Vec::new();
    for part in parts {
        let file = part.join("journal.jsonl");
        if !file.is_file() {
            bail!(
                "{} holds no results: there is no journal.jsonl",
                shown(part)
            );
        }
        let mut last = Folder::default();
        let mut seeds = Vec::new();
        Journal::open(&file, |record| match record {
            Record::Batch(started) => {
                seeds.push(started.seed);
                match &mut batch {
                    None => batch = Some(started),
                    Some(batch) => add_new(&mut batch.reduced, started.reduced),
                }
            }
            Record::Folder(found) => last = found,
            Record::Imported(mut submission) => {
                submission.folder = kept(part, &submission);
                rest.push(Record::Imported(submission));
            }
            // Each part has drawn numbers of its own.
            Record::Numbered { .. } => {}
            other => rest.push(other),
        })?;
        let seed = batch.as_ref().map(|batch| batch.seed);
        if let Some(other) = seeds.into_iter().find(|other| Some(*other) != seed) {
            bail!(
                "{} was asked by seed {other}, and not as the others: grade it again with the same --seed",
                shown(part)
            );
        }
        add_new(&mut folder.learners, last.learners);
        add_new::<SetAside>(&mut folder.aside, last.aside);
    }
    let first = batch.map(Record::Batch);
    let folder = Record::Folder(folder);
    Ok(first.into_iter().chain([folder]).chain(rest).collect())
}

fn add_new<T: PartialEq>(all: &mut Vec<T>, more: Vec<T>) {
    for one in more {
        if !all.contains(&one) {
            all.push(one);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]
mod tests {
    use super::*;

    #[test]
    fn every_learner_is_in_one_part() {
        let out = tempfile::tempdir().unwrap();
        let class = |count: usize| Imported {
            submissions: (0..count)
                .map(|number| Submission {
                    learner: format!("{number:02}"),
                    ..Submission::default()
                })
                .collect(),
            ..Imported::default()
        };
        let mut all = Vec::new();
        for part in ["1/3", "2/3", "3/3"] {
            let mut imported = class(10);
            let shard: Shard = part.parse().unwrap();
            shard.deal(&mut imported, out.path()).unwrap();
            all.extend(imported.submissions);
        }
        all.sort_by(|one, other| one.learner.cmp(&other.learner));
        assert_eq!(all, class(10).submissions);
    }

    #[test]
    fn a_part_that_is_none_is_refused() {
        for wrong in ["0/3", "4/3", "3", "x/3", "1/0", "1/3/5", ""] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
