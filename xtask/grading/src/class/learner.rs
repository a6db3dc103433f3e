//! One learner of a class: what was handed in, and what came of it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Scores, Step};
use crate::import::Submission;
use course::verdict::{Status, Verdict};

/// One learner's results.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Learner {
    /// Name of the submission's folder or archive.
    pub name: String,
    /// The imported submission.
    pub submission: Option<Submission>,
    /// The last verdict of each step.
    pub verdicts: BTreeMap<String, Verdict>,
    /// Points a human gave for the written assignment.
    pub scores: Option<Scores>,
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

    /// Points for `step` on the instructor's scale. Nothing where the kit failed or has not looked yet.
    #[must_use]
    pub fn points(&self, step: &Step) -> Option<f64> {
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

    /// Remark on what being late cost `step`; `None` when it cost nothing.
    #[must_use]
    pub fn lateness(&self, step: &str) -> Option<String> {
        let kept = self.late.get(step).filter(|kept| **kept < 1.0)?;
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
