//! Waiting for what a program does, and keeping it going meanwhile.

use std::time::Duration;

use arena::record::{Entry, Event, Missed};

use super::{Actor, PROMPT, ROUND};
use crate::queries::Pacing;

/// How long a program that waits on the virtual clock is left standing, in case another thread of
/// it still has something to say.
const GRACE: Duration = Duration::from_millis(500);

/// How often a program may look at its sensor without doing what it should: more than enough for
/// one that looks every second and tells every fifth.
const LOOKS: usize = 7;

/// How much virtual time passes for a program that does not do what it should.
const LONGEST: Duration = Duration::from_secs(60);

/// How many waits are ended in that time: some wait in small pieces.
pub(super) const WAITS: usize = 3_000;

/// How long a broker may take for a thousand messages.
const DELIVERED: Duration = Duration::from_secs(30);

impl Actor {
    /// Waits for `find` over the entries from `start` on, and keeps the program going meanwhile:
    /// whenever all it does is wait on the virtual clock, the clock moves on. After a few rounds
    /// it gets `patience` and no more.
    ///
    /// # Errors
    /// As [`arena::record::Record::when`].
    pub async fn drive<T>(
        &self,
        start: usize,
        patience: Duration,
        mut find: impl FnMut(&[Entry]) -> Option<T>,
    ) -> Result<T, Missed> {
        // Without a board there are no rounds.
        let waits = if self.program.board { WAITS } else { 0 };
        let end = self.clock.now() + LONGEST;
        // What happened before this call is no round of it.
        let begun = self.record.len().saturating_sub(start);
        let mut looks_before = 0;
        for _ in 0..waits {
            let mut looks = looks_before;
            let turn = self
                .record
                .when(start, self.round(), |entries| match find(entries) {
                    Some(found) => Some(Some(found)),
                    None => {
                        looks = readings(entries.get(begun..).unwrap_or_default());
                        self.clock.is_waited_on().then_some(None)
                    }
                });
            if let Some(found) = turn.await? {
                return Ok(found);
            }
            // Another thread may still be busy with what this round's look has set off.
            if looks > looks_before {
                looks_before = looks;
                match self.record.when(start, GRACE, &mut find).await {
                    Err(Missed::TimeUp(_)) => {}
                    decided => return decided,
                }
            }
            self.clock.advance();
            if looks_before >= LOOKS || self.clock.now() >= end {
                break;
            }
        }
        self.record.when(start, patience, find).await
    }

    /// How long a round may take: who waits on the virtual clock has no reason to take long.
    fn round(&self) -> Duration {
        match self.record.look(Pacing::of) {
            Pacing::Real if self.program.sensor => ROUND,
            // Without a sensor there are no rounds.
            Pacing::Virtual | Pacing::Real => PROMPT,
        }
    }

    /// Waits until the program has looked at its sensor once more and has drawn its conclusions:
    /// it waits on the clock or, if it sleeps in real time, has looked again.
    ///
    /// # Errors
    /// As [`arena::record::Record::when`]. At once, for a program that has no use for its sensor.
    pub async fn look(&self) -> Result<(), Missed> {
        if !self.program.sensor {
            return Err(Missed::TimeUp(Duration::ZERO));
        }
        let start = self.record.len();
        let end = self.clock.now() + LONGEST;
        for _ in 0..WAITS {
            let turned = |entries: &[Entry]| {
                let looked = entries.iter().position(|entry| is_reading(&entry.event));
                match looked {
                    Some(looked) => {
                        let since = &entries[looked + 1..];
                        since
                            .iter()
                            .any(|entry| is_turn(&entry.event))
                            .then_some(true)
                    }
                    // A wait that began before this look has to end first.
                    None => self.clock.is_waited_on().then_some(false),
                }
            };
            if self.record.when(start, self.round(), turned).await? {
                return Ok(());
            }
            self.clock.advance();
            if self.clock.now() > end {
                break;
            }
        }
        Err(Missed::TimeUp(ROUND))
    }

    /// Lets a device finish its round, so that its record does not end in the middle of one.
    pub async fn settle(&self) {
        if self.program.board && self.program.sensor {
            let end = self.record.len();
            let waiting = |_: &[Entry]| self.clock.is_waited_on().then_some(());
            // One that sleeps in real time has no such moment.
            let _ = self.record.when(end, GRACE, waiting).await;
        }
    }

    /// Lets its line, which is held, go once so many packets for the program are kept back: they then
    /// come all at once, and not one by one as the broker happens to pass them on. Nobody waits for
    /// a program that hangs up meanwhile: what it makes of them tells so.
    ///
    /// # Errors
    /// When the broker does not deliver them.
    pub async fn comes_all_at_once(&self, packets: usize, start: usize) -> anyhow::Result<()> {
        let gone = |entries: &[Entry]| {
            let hung_up = |entry: &Entry| matches!(entry.event, Event::HungUp { .. });
            entries.iter().any(hung_up).then_some(())
        };
        let delivered = tokio::select! {
            biased;
            () = self.line.holds(packets) => true,
            gone = self.record.when(start, DELIVERED, gone) => {
                !matches!(gone, Err(Missed::TimeUp(_)))
            }
        };
        self.line.up();
        anyhow::ensure!(
            delivered,
            "the broker did not deliver {packets} messages at once"
        );
        Ok(())
    }

    /// Waits until the program has done nothing for so long.
    pub async fn calm(&self, rest: Duration) {
        loop {
            let so_far = self.record.len();
            let more = |entries: &[Entry]| (!entries.is_empty()).then_some(());
            if self.record.when(so_far, rest, more).await.is_err() {
                break;
            }
        }
    }
}

fn readings(entries: &[Entry]) -> usize {
    let readings = entries.iter().filter(|entry| is_reading(&entry.event));
    readings.count()
}

fn is_reading(event: &Event) -> bool {
    matches!(event, Event::LightRead(_))
}

fn is_turn(event: &Event) -> bool {
    matches!(event, Event::LightRead(_) | Event::WaitBegan(_))
}
