//! The class as the journal tells it: every learner, every step, one cell each.

mod anonymous;
mod gathered;
mod lateness;
mod learner;
mod scores;

use serde::Serialize;

use crate::import::SetAside;
use crate::journal::{Batch, Record};
use course::verdict::{Status, Verdict};

pub use gathered::Gathered;
pub use lateness::{ExtensionError, Lateness, extensions, means};
pub use learner::{Cell, Learner};
pub use scores::{Manual, Scores};

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
        let mut gathered = Gathered::default();
        records.into_iter().for_each(|record| gathered.add(record));
        gathered.class(steps)
    }

    /// Maximum of all steps, without the written assignment.
    #[must_use]
    pub fn max_points(&self) -> f64 {
        self.steps.iter().map(|step| step.points).sum()
    }

    /// Cells that stayed blank because of an error of ours.
    pub fn our_errors(&self) -> impl Iterator<Item = (&Learner, &Verdict)> {
        self.learners.iter().flat_map(|learner| {
            let errors = learner.verdicts.values().filter(|verdict| {
                let is_ours = verdict.status == Status::InfraError;
                is_ours && !learner.is_decided(&verdict.step)
            });
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

    /// The learner of this name.
    pub(crate) fn learner<'a>(class: &'a Class, name: &str) -> &'a Learner {
        let mut learners = class.learners.iter();
        let learner = learners.find(|learner| learner.name == name);
        learner.expect("a learner")
    }

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
    use super::examples::{class, learner};
    use super::*;

    #[test]
    fn the_last_verdict_counts_on_the_instructors_scale() {
        let class = class();
        assert_eq!(learner(&class, "ada").total(&class.steps), Some(30.0));
        assert_eq!(learner(&class, "bob").points(&class.steps[0]), Some(5.0));
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
        assert_eq!(class.our_errors().count(), 1);
    }
}
