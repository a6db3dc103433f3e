//! One learner of a class: what was handed in, and what came of it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Manual, Scores, Step};
use crate::import::Submission;
use course::verdict::{Status, Verdict};

/// One learner's results.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Learner {
    /// Name of the submission's folder or archive.
    pub name: String,
    /// What stands for the name where there are no names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// The imported submission.
    pub submission: Option<Submission>,
    /// The last verdict of each step.
    pub verdicts: BTreeMap<String, Verdict>,
    /// Points a human gave for the written assignment.
    pub scores: Option<Scores>,
    /// What a human decided about single steps.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub manual: BTreeMap<String, Manual>,
    /// Steps that were handed in late, and the share of their points that they keep.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub late: BTreeMap<String, f64>,
}

/// State of one learner's step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// The step was checked.
    Graded(&'a Verdict),
    /// Nothing was handed in: zero points, with that reason.
    Missing,
    /// The kit failed: no points, and no zero either.
    OurError(&'a Verdict),
    /// The step is not checked yet.
    Open,
}

impl Learner {
    /// A verdict holds for the sources that it was made of, and for no others.
    pub(super) fn hand_in(&mut self, submission: Submission) {
        if let Some(before) = self.submission.replace(submission.clone()) {
            let same = |step: &String| before.digests.get(step) == submission.digests.get(step);
            self.verdicts.retain(|step, _| same(step));
        }
    }

    /// State of the step with the id `step`.
    #[must_use]
    pub fn cell(&self, step: &str) -> Cell<'_> {
        match self.verdicts.get(step) {
            Some(verdict) if verdict.status == Status::InfraError => Cell::OurError(verdict),
            Some(verdict) => Cell::Graded(verdict),
            None if self
                .submission
                .as_ref()
                .is_some_and(|taken| taken.is_missing(step)) =>
            {
                Cell::Missing
            }
            None => Cell::Open,
        }
    }

    /// Whether a human has given points for `step`.
    #[must_use]
    pub fn is_decided(&self, step: &str) -> bool {
        self.manual
            .get(step)
            .is_some_and(|manual| manual.points.is_some())
    }

    /// What a human has to say of `step`.
    #[must_use]
    pub fn by_hand(&self, step: &str) -> Option<String> {
        self.manual.get(step).and_then(Manual::words)
    }

    /// Points for `step` on the instructor's scale: a human's, where there are any. Nothing where the kit failed or has not looked yet.
    #[must_use]
    pub fn points(&self, step: &Step) -> Option<f64> {
        if let Some(points) = self.manual.get(&step.name).and_then(|manual| manual.points) {
            return Some(points);
        }
        match self.cell(&step.name) {
            Cell::Graded(verdict) if verdict.max_points == 0 => Some(0.0),
            Cell::Graded(verdict) => {
                let share = f64::from(verdict.points) / f64::from(verdict.max_points);
                let kept = self.late.get(&step.name).copied().unwrap_or(1.0);
                Some(step.points * share * kept)
            }
            Cell::Missing => Some(0.0),
            Cell::OurError(_) | Cell::Open => None,
        }
    }

    /// Why `step` as a whole is zero or blank: the same words on every page and sheet. `None` where its criteria tell
    /// what is missing.
    #[must_use]
    pub fn reason(&self, step: &str) -> Option<String> {
        match self.cell(step) {
            Cell::Graded(verdict) => {
                let told = matches!(verdict.status, Status::Pass | Status::Fail);
                let told = told && !verdict.criteria.is_empty();
                (!told).then(|| verdict.status.words().to_owned())
            }
            Cell::Missing => self
                .submission
                .as_ref()
                .map(|taken| taken.why_missing(step)),
            Cell::OurError(verdict) => Some(verdict.status.words().to_owned()),
            Cell::Open => Some("not graded yet".to_owned()),
        }
    }

    /// All that is to be said beside the points, step by step.
    #[must_use]
    pub fn remarks(&self, steps: &[Step]) -> Vec<String> {
        let mut remarks = Vec::new();
        let submission = self.submission.as_ref();
        let has_problem = submission.is_some_and(|taken| taken.problem.is_some());
        if let (true, Some(step)) = (has_problem, steps.first()) {
            // The same for every step.
            remarks.extend(submission.map(|taken| taken.why_missing(&step.name)));
        }
        for step in steps {
            let reason = self.reason(&step.name);
            let is_said = has_problem && self.cell(&step.name) == Cell::Missing;
            let said = [
                reason.filter(|_| !is_said),
                self.lateness(&step.name),
                self.by_hand(&step.name),
            ];
            let said = said.into_iter().flatten();
            remarks.extend(said.map(|words| format!("{}: {words}", step.name)));
        }
        remarks
    }

    /// Remark on what being late cost `step`; `None` when it cost nothing.
    #[must_use]
    pub fn lateness(&self, step: &str) -> Option<String> {
        let kept = self.late.get(step).filter(|kept| **kept < 1.0)?;
        if self.is_decided(step) {
            return None;
        }
        Some(format!(
            "late: keeps {} %",
            crate::text::points(kept * 100.0)
        ))
    }

    /// All steps together, with the written assignment where it was scored; nothing while a step is blank.
    #[must_use]
    pub fn total(&self, steps: &[Step]) -> Option<f64> {
        let steps: Option<f64> = steps.iter().map(|step| self.points(step)).sum();
        steps.map(|points| points + self.scores.as_ref().map_or(0.0, Scores::total))
    }
}

#[cfg(test)]
mod tests {
    use crate::class::Class;
    use crate::{machines, pages, sheets};

    #[test]
    fn one_reason_is_given_everywhere() {
        let mut class = crate::class::examples::class();
        let at = class.learners.iter().position(|known| known.name == "bob");
        let bob = &mut class.learners[at.expect("bob")];
        let why = "step2-telemetry/src/main.rs was not taken, it is not UTF-8 text";
        let submission = bob.submission.as_mut().expect("a submission");
        submission.missing_why = [("step2".to_owned(), why.to_owned())].into();
        said_everywhere(&class, "bob", why);

        let mut class = crate::class::examples::class();
        let bob = &mut class.learners[at.expect("bob")];
        let problem = "it is larger than 64 MiB";
        let submission = bob.submission.as_mut().expect("a submission");
        submission.problem = Some(problem.to_owned());
        said_everywhere(&class, "bob", problem);
    }

    fn said_everywhere(class: &Class, name: &str, reason: &str) {
        let learner = class.learners.iter().find(|known| known.name == name);
        let learner = learner.expect("a learner");
        let mut grades = Vec::new();
        sheets::grades(class, sheets::Dialect::default(), &mut grades).expect("a table");
        let mut junit = Vec::new();
        machines::junit(class, &mut junit).expect("XML");
        let classroom = machines::classroom(class, learner).expect("a result");
        let classroom = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, classroom);
        let results = [
            String::from_utf8(grades).expect("text"),
            String::from_utf8(junit).expect("text"),
            machines::gradescope(class, learner).expect("JSON"),
            String::from_utf8(classroom.expect("base64")).expect("text"),
            pages::feedback(class, learner, &[]),
            pages::overview(class, &[], |_| String::new()),
        ];
        for result in results {
            assert!(result.contains(reason), "{reason} is not in\n{result}");
        }
    }
}
