//! A class as it comes together, record by record, without the records themselves: what counts no more is gone.

use std::collections::BTreeMap;

use super::{Cell, Class, Learner, Step, means};
use crate::journal::{Batch, Folder, Record};
use course::verdict::Verdict;

/// All learners that a journal has told of so far.
#[derive(Debug, Clone, Default)]
pub struct Gathered {
    batch: Option<Batch>,
    /// Of a journal of an older kit there is none.
    folder: Option<Folder>,
    learners: BTreeMap<String, Learner>,
}

impl Gathered {
    /// Adds what happened next.
    pub fn add(&mut self, record: Record) {
        match record {
            Record::Batch(started) => self.batch = Some(started),
            Record::Folder(found) => self.folder = Some(found),
            Record::Imported(submission) => {
                self.learner(submission.learner.clone()).hand_in(submission);
            }
            Record::Scored { learner, scores } => self.learner(learner).scores = Some(scores),
            Record::Numbered { learner, number } => {
                self.learner(learner).number = Some(number);
            }
            Record::Decided {
                learner,
                step,
                manual,
            } => drop(self.learner(learner).manual.insert(step, manual)),
            Record::Checked { learner, verdict } => {
                let verdicts = &mut self.learner(learner).verdicts;
                verdicts.insert(verdict.step.clone(), verdict);
            }
        }
    }

    fn learner(&mut self, name: String) -> &mut Learner {
        let known = self.learners.entry(name.clone());
        known.or_insert_with(|| Learner {
            name,
            ..Learner::default()
        })
    }

    /// The last batch's settings.
    #[must_use]
    pub fn batch(&self) -> Option<&Batch> {
        self.batch.as_ref()
    }

    /// The learners of whom there is something in the folder now, by name.
    pub fn learners(&self) -> impl Iterator<Item = &Learner> {
        let learners = self.learners.values();
        learners.filter(|learner| self.is_there(learner))
    }

    fn is_there(&self, learner: &Learner) -> bool {
        let folder = self.folder.as_ref();
        folder.is_none_or(|folder| folder.learners.contains(&learner.name))
    }

    /// The verdict on `step` of `learner`, if it was graded.
    #[must_use]
    pub fn verdict(&self, learner: &str, step: &str) -> Option<&Verdict> {
        match self.learners.get(learner)?.cell(step) {
            Cell::Graded(verdict) => Some(verdict),
            Cell::Missing | Cell::OurError(_) | Cell::Open => None,
        }
    }

    /// Number of verdicts that still hold.
    #[must_use]
    pub fn verdicts(&self) -> usize {
        self.learners().map(|learner| learner.verdicts.len()).sum()
    }

    /// Which of the entries `late`, each a name or `name/step1`, mean nobody here and none of the `new` learners. Who
    /// withdrew is known still.
    #[must_use]
    pub fn unknown(&self, late: &[String], steps: &[Step], new: &[String]) -> Vec<String> {
        let names = || self.learners.keys().chain(new);
        let is_known = |entry: &&String| {
            names().any(|name| {
                *name == **entry || steps.iter().any(|step| means(entry, name, &step.name))
            })
        };
        let unknown = late.iter().filter(|entry| !is_known(entry));
        unknown.cloned().collect()
    }

    /// Numbers that learners have, those who withdrew included.
    pub fn numbers(&self) -> impl Iterator<Item = u32> {
        self.learners.values().filter_map(|learner| learner.number)
    }

    /// The class as it stands.
    #[must_use]
    pub fn class(self, steps: Vec<Step>) -> Class {
        let Self {
            batch,
            folder,
            learners,
        } = self;
        let is_there = |learner: &Learner| {
            let folder = folder.as_ref();
            folder.is_none_or(|folder| folder.learners.contains(&learner.name))
        };
        let (learners, gone): (Vec<Learner>, Vec<Learner>) =
            learners.into_values().partition(is_there);
        Class {
            steps,
            batch,
            learners,
            withdrawn: gone.into_iter().map(|learner| learner.name).collect(),
            aside: folder.map(|folder| folder.aside).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::Submission;
    use course::verdict::Status;

    fn gathered(records: impl IntoIterator<Item = Record>) -> Gathered {
        let mut gathered = Gathered::default();
        records.into_iter().for_each(|record| gathered.add(record));
        gathered
    }

    #[test]
    fn an_error_of_ours_is_to_be_tried_again() {
        let verdict = |step, status| Record::Checked {
            learner: "eve".into(),
            verdict: course::verdict::examples::verdict(step, status, ""),
        };
        let eve = gathered([
            verdict("step1", Status::CompileError),
            verdict("step2", Status::InfraError),
        ]);
        assert!(eve.verdict("eve", "step1").is_some() && eve.verdict("eve", "step2").is_none());
    }

    #[test]
    fn a_step_handed_in_anew_has_no_verdict_and_the_others_keep_theirs() {
        let handed_in = |first: &str| {
            Record::Imported(Submission {
                learner: "ada".into(),
                digests: [("step1", first), ("step2", "same")]
                    .map(|(step, digest)| (step.to_owned(), digest.to_owned()))
                    .into(),
                ..Submission::default()
            })
        };
        let checked = |step| Record::Checked {
            learner: "ada".into(),
            verdict: course::verdict::examples::verdict(step, Status::Pass, "pp"),
        };
        let records = [
            handed_in("old"),
            checked("step1"),
            checked("step2"),
            handed_in("new"),
        ];
        let gathered = gathered(records);
        assert!(gathered.verdict("ada", "step1").is_none());
        assert!(gathered.verdict("ada", "step2").is_some());
    }

    #[test]
    fn who_withdraws_has_no_row_and_gets_it_back_by_coming_back() {
        let folder = |learners: &[&str]| {
            Record::Folder(Folder {
                learners: learners.iter().map(|name| (*name).to_owned()).collect(),
                ..Folder::default()
            })
        };
        let checked = |learner: &str| Record::Checked {
            learner: learner.into(),
            verdict: course::verdict::examples::verdict("step1", Status::Pass, "pp"),
        };
        let mut records = vec![
            folder(&["ada", "bob"]),
            checked("ada"),
            checked("bob"),
            folder(&["ada"]),
        ];
        let before = gathered(records.clone());
        let late = ["bob", "bob/step1", "bobb", "ada/step9"].map(str::to_owned);
        let steps = [Step {
            name: "step1".into(),
            title: String::new(),
            points: 1.0,
        }];
        assert_eq!(before.unknown(&late, &steps, &[]), ["bobb", "ada/step9"]);
        let class = before.class(Vec::new());
        assert_eq!(class.learners.len(), 1);
        assert_eq!(class.withdrawn, ["bob"]);
        records.push(folder(&["ada", "bob"]));
        let after = gathered(records);
        assert!(after.verdict("bob", "step1").is_some());
        assert!(after.class(Vec::new()).withdrawn.is_empty());
    }
}
