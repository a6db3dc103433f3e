//! What a right server remembers, and what it does with a message.

use super::message::{Message, Reading};

/// How many runs a server remembers.
pub(super) const RUNS: usize = 8;

/// The last number that was shown of each run. The run that was heard last stands last.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory(Vec<(String, u64)>);

/// What is to be done with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Due {
    /// To be shown.
    pub fresh: Vec<Reading>,
    /// The last number of that run that has been shown then.
    pub last: u64,
}

impl Memory {
    /// Takes a message in.
    pub fn take_in(&mut self, message: &Message) -> Due {
        let known = self.0.iter().position(|(run, _)| *run == message.run);
        let mut last = known.map_or(0, |place| self.0.remove(place).1);
        let fresh = message.readings.iter();
        let fresh: Vec<Reading> = fresh.filter(|(seq, _)| *seq > last).copied().collect();
        last = fresh.last().map_or(last, |(seq, _)| *seq);
        if self.0.len() == RUNS {
            self.0.remove(0);
        }
        self.0.push((message.run.clone(), last));
        Due { fresh, last }
    }
}
