//! What a human gave one learner for the written assignment.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The points of one learner's written assignment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Points by the id of a comparison; one that is not scored yet is absent.
    pub points: BTreeMap<String, f64>,
    /// A remark for the learner.
    pub comment: String,
}

impl Scores {
    /// All points together.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.points.values().sum()
    }
}
