//! The class as the journal tells it: every learner, every step, one cell each.

mod learner;
mod scores;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::import::SetAside;
use crate::journal::{Batch, Record};
use course::verdict::{Status, Verdict};

pub use learner::{Cell, Learner};
pub use scores::Scores;

/// A step as the instructor weighs it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// Its id in verdicts, such as `step1`.
    pub name: String,
    /// Title for people to read.
    pub title: String,
    /// Points for the whole step; a verdict's own points are scaled to it.
    pub points: f64,
}

/// How late work is graded.
#[derive(Debug, Clone, PartialEq)]
pub struct Lateness {
    /// The share of its points that a late step keeps, from 0 to 1.
    pub keeps: f64,
    /// Who was late: a learner's name, for every step, or `name/step1`.
    pub submissions: Vec<String>,
}

/// Everything that results are written from.
#[derive(Debug, Clone, Serialize)]
pub struct Class {
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// The last batch that the journal records.
    pub batch: Option<Batch>,
    /// The learners, sorted by name.
    pub learners: Vec<Learner>,
    /// Entries of the folder of submissions that are nobody's submission.
    pub aside: Vec<SetAside>,
    /// Who was graded once and has nothing in the folder any more.
    pub withdrawn: Vec<String>,
}

impl Class {
    /// Puts a class together from a journal's records.
    #[must_use]
    pub fn new(steps: Vec<Step>, records: impl IntoIterator<Item = Record>) -> Self {
        let mut batch = None;
        let mut folder = None;
        let mut learners: BTreeMap<String, Learner> = BTreeMap::new();
        for record in records {
            match record {
                Record::Batch(started) => batch = Some(started),
                Record::Folder(found) => folder = Some(found),
                Record::Imported(submission) => {
                    let learner = learners.entry(submission.learner.clone()).or_default();
                    learner.hand_in(submission);
                }
                Record::Scored { learner, scores } => {
                    learners.entry(learner).or_default().scores = Some(scores);
                }
                Record::Checked { learner, verdict } => {
                    learners
                        .entry(learner)
                        .or_default()
                        .verdicts
                        .insert(verdict.step.clone(), verdict);
                }
            }
        }
        let learners = learners
            .into_iter()
            .map(|(name, learner)| Learner { name, ..learner });
        // A journal of an older kit does not tell: then everybody is there.
        let is_there = |learner: &Learner| {
            let there = folder.as_ref().map(|folder| &folder.learners);
            there.is_none_or(|there| there.contains(&learner.name))
        };
        let (learners, gone): (Vec<Learner>, Vec<Learner>) = learners.partition(is_there);
        Self {
            steps,
            batch,
            learners,
            withdrawn: gone.into_iter().map(|learner| learner.name).collect(),
            aside: folder.map(|folder| folder.aside).unwrap_or_default(),
        }
    }

    /// Marks what was handed in late. Canvas puts `_LATE_` into the names of such submissions itself. Returns entries that
    /// mean nobody and nothing here.
    pub fn mark_late(&mut self, lateness: &Lateness) -> Vec<String> {
        let mut unknown = lateness.submissions.clone();
        let of_gone = |entry: &String| {
            let name = entry
                .split_once('/')
                .map_or(entry.as_str(), |(name, _)| name);
            self.withdrawn
                .iter()
                .any(|gone| gone == name || gone == entry)
        };
        unknown.retain(|entry| !of_gone(entry));
        for learner in &mut self.learners {
            let by_canvas = learner.name.split('_').any(|part| part == "LATE");
            for step in &self.steps {
                let one = format!("{}/{}", learner.name, step.name);
                let means = |entry: &String| *entry == learner.name || *entry == one;
                if by_canvas || lateness.submissions.iter().any(means) {
                    learner.late.insert(step.name.clone(), lateness.keeps);
                }
                unknown.retain(|entry| !means(entry));
            }
        }
        unknown
    }

    /// Whether `step` of `learner` needs no more work: it was checked, and not ended by an error of ours.
    #[must_use]
    pub fn is_graded(&self, learner: &str, step: &str) -> bool {
        let learner = self.learners.iter().find(|known| known.name == learner);
        learner.is_some_and(|known| matches!(known.cell(step), Cell::Graded(_)))
    }

    /// Maximum of all steps, without the written assignment.
    #[must_use]
    pub fn max_points(&self) -> f64 {
        self.steps.iter().map(|step| step.points).sum()
    }

    /// Cells that stayed blank because of an error of ours.
    pub fn our_errors(&self) -> impl Iterator<Item = (&Learner, &Verdict)> {
        self.learners.iter().flat_map(|learner| {
            let errors = learner
                .verdicts
                .values()
                .filter(|verdict| verdict.status == Status::InfraError);
            errors.map(move |verdict| (learner, verdict))
        })
    }
}

#[cfg(test)]
pub(crate) mod examples {
    use super::*;
    use crate::import::{Reason, Refusal, Submission};
    use course::verdict::examples::verdict;

    pub(crate) const HOSTILE_NAME: &str = "=cmd()|' /C calc'!A1<script>alert(1)</script>\u{1b}[31m";

    fn submission(learner: &str, missing: &[&str]) -> Submission {
        Submission {
            learner: learner.into(),
            missing: missing.iter().map(|step| (*step).to_owned()).collect(),
            ..Submission::default()
        }
    }

    /// Ada passes; Bob fails, lacks a step and tried a link; a hostile name; Eve's second step met an error of ours.
    pub(crate) fn class() -> Class {
        let checked = |learner: &str, verdict| Record::Checked {
            learner: learner.into(),
            verdict,
        };
        let mut bob = submission("bob", &["step2"]);
        bob.refused.push(Refusal {
            path: "step2-telemetry/src/main.rs".into(),
            reason: Reason::Link,
        });
        let mut hostile = verdict("step1", Status::CompileError, "");
        hostile.message = Some("</pre><script>alert(2)</script>\u{1b}[31mred".into());
        let mut eve = verdict("step2", Status::InfraError, "");
        eve.message = Some("the broker did not start".into());
        let steps = [("step1", "Connect", 10.0), ("step2", "Telemetry", 20.0)];
        let steps = steps.map(|(name, title, points)| Step {
            name: name.into(),
            title: title.into(),
            points,
        });
        Class::new(
            steps.into(),
            [
                Record::Batch(Batch {
                    seed: 7,
                    started: 0,
                    reduced: vec!["No namespaces.".into()],
                }),
                Record::Imported(submission("ada", &[])),
                Record::Imported(bob),
                checked("ada", verdict("step1", Status::Pass, "pp")),
                checked("ada", verdict("step2", Status::Fail, "ff")),
                checked("bob", verdict("step1", Status::Fail, "pf")),
                checked("ada", verdict("step2", Status::Pass, "pp")),
                checked(HOSTILE_NAME, hostile),
                checked("eve", verdict("step1", Status::Pass, "pp")),
                checked("eve", eve),
            ],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::examples::class;
    use super::*;
    use crate::import::Submission;
    use crate::journal::Folder;

    fn learner<'a>(class: &'a Class, name: &str) -> &'a Learner {
        class
            .learners
            .iter()
            .find(|learner| learner.name == name)
            .expect("a learner")
    }

    #[test]
    fn the_last_verdict_counts_on_the_instructors_scale() {
        let class = class();
        assert_eq!(learner(&class, "ada").total(&class.steps), Some(30.0));
        assert_eq!(learner(&class, "bob").points(&class.steps[0]), Some(5.0));
    }

    #[test]
    fn late_work_keeps_its_share() {
        let mut class = class();
        let late = |submissions: &[&str]| Lateness {
            keeps: 0.5,
            submissions: submissions
                .iter()
                .map(|entry| (*entry).to_owned())
                .collect(),
        };
        let unknown = class.mark_late(&late(&["ada/step2", "bob", "bobb", "ada/step9"]));
        assert_eq!(unknown, ["bobb", "ada/step9"]);
        assert_eq!(learner(&class, "ada").total(&class.steps), Some(20.0));
        assert_eq!(learner(&class, "bob").points(&class.steps[0]), Some(2.5));
        let words = learner(&class, "ada").lateness("step2");
        assert_eq!(words.as_deref(), Some("late: keeps 50 %"));
        assert_eq!(learner(&class, "ada").lateness("step1"), None);

        class.learners[0].name = "lovelace_LATE_4711_kit".into();
        let name = class.learners[0].name.clone();
        assert!(class.mark_late(&late(&[])).is_empty());
        assert_eq!(learner(&class, &name).late.len(), 2);
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
        let class = Class::new(Vec::new(), records);
        assert!(!class.is_graded("ada", "step1"));
        assert!(class.is_graded("ada", "step2"));
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
        let class = Class::new(Vec::new(), records.clone());
        assert_eq!(class.learners.len(), 1);
        assert_eq!(class.withdrawn, ["bob"]);
        let late = Lateness {
            keeps: 0.5,
            submissions: vec!["bob".into(), "bob/step1".into(), "eve".into()],
        };
        assert_eq!(class.clone().mark_late(&late), ["eve"]);
        records.push(folder(&["ada", "bob"]));
        let class = Class::new(Vec::new(), records);
        assert!(class.withdrawn.is_empty() && class.is_graded("bob", "step1"));
    }

    #[test]
    fn what_was_scored_once_counts_whenever_the_class_is_put_together() {
        let scored = |points: f64| Record::Scored {
            learner: "ada".into(),
            scores: Scores {
                points: [("amqp".to_owned(), points)].into(),
                ..Scores::default()
            },
        };
        let class = Class::new(Vec::new(), [scored(4.0), scored(3.5)]);
        assert_eq!(class.learners[0].total(&[]), Some(3.5));
    }

    #[test]
    fn a_missing_step_is_zero_and_an_error_of_ours_is_not() {
        let class = class();
        assert_eq!(learner(&class, "bob").cell("step2"), Cell::Missing);
        assert_eq!(learner(&class, "bob").total(&class.steps), Some(5.0));
        assert_eq!(learner(&class, "eve").points(&class.steps[1]), None);
        assert_eq!(learner(&class, "eve").total(&class.steps), None);
        assert!(!class.is_graded("eve", "step2"), "it is to be tried again");
        assert!(class.is_graded("eve", "step1"));
        assert_eq!(class.our_errors().count(), 1);
    }
}
