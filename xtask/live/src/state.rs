//! How a program or the broker is, for people.

use std::borrow::Cow;

use serde::Serialize;

/// How a program or the broker is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// Running and connected.
    Good,
    /// On its way, or without a connection for the moment.
    Waiting,
    /// Ended or stopped.
    Gone,
    /// Not part of this run.
    Absent,
}

/// Condition of a program or the broker, with a text for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct State {
    /// Condition, shown as a colour.
    pub health: Health,
    /// Short text, one or two words.
    pub word: Cow<'static, str>,
    /// Whole sentence.
    pub detail: String,
}

impl State {
    /// Puts a state together.
    pub fn new(
        health: Health,
        word: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            health,
            word: word.into(),
            detail: detail.into(),
        }
    }

    pub(crate) fn absent(detail: &str) -> Self {
        Self::new(Health::Absent, "not here", detail)
    }
}
