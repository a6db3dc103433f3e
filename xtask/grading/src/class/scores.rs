//! What a human gave one learner: for the written assignment, and for single steps.

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

/// What a human decided about one step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Manual {
    /// Points that count instead of the checks'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<f64>,
    /// A remark for the learner.
    #[serde(default)]
    pub comment: String,
}

impl Manual {
    /// In a sentence, if there is anything to say.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        let by_hand = self.points.map(|_| "scored by hand");
        let comment = Some(self.comment.as_str()).filter(|comment| !comment.is_empty());
        let said: Vec<&str> = by_hand.into_iter().chain(comment).collect();
        (!said.is_empty()).then(|| said.join(": "))
    }
}
