//! What was weighed, as the page shows it.

use std::time::Instant;

use serde::Serialize;

use super::weighing::Outcome;
use crate::feed::clock_at;

/// What a right server makes of the readings that have reached the server, and what it has said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Weighed {
    /// The last reading of each device, at most 50 of them.
    pub readings: Vec<Reading>,
    /// As many more are not shown.
    pub more: usize,
    /// What the last reading led to.
    pub decision: Option<Decision>,
    /// The last command that the server has sent.
    pub command: Option<Command>,
    /// As many readings wait for the server's answer.
    pub unanswered: usize,
}

/// A device's last reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// The device's name.
    pub device: String,
    /// The light level.
    pub light: u64,
    /// Whether that is dark.
    pub dark: bool,
    /// When it came, in milliseconds since 1970.
    pub at: u64,
    /// Whether it still counted when the last reading came.
    pub counts: bool,
}

/// What a right server would decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// Whether it is dark, so that the LEDs shall be on.
    pub is_dark: bool,
    /// How many of the readings that count are dark.
    pub dark: usize,
    /// How many count.
    pub of: usize,
    /// Whether it was the other way round before.
    pub changed: bool,
    /// The device whose reading led to it.
    pub device: String,
    /// When that came, in milliseconds since 1970.
    pub at: u64,
}

/// What the server has said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Command {
    /// Whether LEDs shall be on.
    pub led_on: bool,
    /// To whom; `None` for all.
    pub device: Option<String>,
    /// When, in milliseconds since 1970.
    pub at: u64,
}

impl Decision {
    pub(super) fn new(outcome: Outcome, device: &str, at: Instant) -> Self {
        let Outcome {
            is_dark,
            dark,
            of,
            changed,
        } = outcome;
        Self {
            is_dark,
            dark,
            of,
            changed,
            device: device.to_owned(),
            at: clock_at(at),
        }
    }
}
