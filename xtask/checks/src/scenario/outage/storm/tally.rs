//! What became of the readings.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use arena::record::{Entry, Event, Stream};
use rumqttc::mqttbytes::v4;

use super::super::message::{Message, looks, told};
use super::super::shown::{Shown, Wrong, difference, without_runs};
use crate::actor::Actor;
use crate::findings::shown::number;
use crate::queries;
use crate::scenario::storm::Where;
use crate::sheet::Finding;

/// What was counted.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Readings that the device has taken, and that it owes: it has sent or printed them.
    pub sent: usize,
    /// Readings that the server has shown.
    pub shown: usize,
    /// Readings that are owed and were not shown.
    pub lost: usize,
    /// Readings that were shown more than once.
    pub doubled: usize,
    /// Readings that were shown before one that was taken earlier.
    pub out_of_order: usize,
    first: Option<(Where, Wrong)>,
}

impl Tally {
    /// Whether each reading was shown once, in order.
    pub fn is_right(&self) -> bool {
        self.lost + self.doubled + self.out_of_order == 0
    }

    /// Counts another one in.
    pub fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.shown += other.shown;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.out_of_order += other.out_of_order;
    }

    /// What to tell, if it is not.
    pub(super) fn finding(&self) -> Option<(Where, Finding)> {
        let (place, wrong) = self.first?;
        let finding = Finding::new(
            "through many outages, each reading shown once, in order",
            self.to_string(),
        );
        let hint = match (place, wrong) {
            (Where::Device, Wrong::Missing(_)) => {
                "A reading was taken, and no message with it has ever reached the server. It has to \
                 stay in the queue until an answer for it is there: not until it was sent."
            }
            (Where::Server, Wrong::Missing(_)) => {
                "A reading has reached the server and was not shown. What is above the last number \
                 shown of its run is shown, and the answer never promises more than was shown."
            }
            (Where::Device, _) => {
                "One reading was told under two numbers, or in two runs: to the server it is two."
            }
            (Where::Server, Wrong::Twice(_)) => {
                "A reading came again, and was shown again. The last number shown of each run is \
                 known as long as the server runs."
            }
            (Where::Server, _) => {
                "An old message was shown after newer ones. Only what is above the last number shown \
                 of its run is news."
            }
        };
        Some((place, finding.hint(hint)))
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} readings sent, {} shown, {} lost, {} doubled, {} out of order",
            self.sent, self.shown, self.lost, self.doubled, self.out_of_order
        )
    }
}

/// All lives of one device.
#[derive(Debug)]
pub(super) struct Lives {
    lives: Vec<Arc<Actor>>,
    /// How many of them are over.
    ended: usize,
}

impl Lives {
    pub fn begin(device: &Arc<Actor>) -> Self {
        Self {
            lives: vec![Arc::clone(device)],
            ended: 0,
        }
    }

    pub fn end(&mut self) {
        self.ended = self.lives.len();
    }

    pub fn goes_on(&mut self, device: &Arc<Actor>) {
        self.lives.push(Arc::clone(device));
    }

    /// All levels that its sensor gave.
    pub fn levels(&self) -> HashSet<u64> {
        let looks = self.lives.iter().flat_map(|life| life.record.look(looks));
        looks.map(|(_, level)| level).collect()
    }

    /// Its runs.
    pub fn runs(&self) -> HashSet<String> {
        let told = self.lives.iter().flat_map(|life| messages(life));
        told.map(|message| message.run).collect()
    }

    /// What has to be shown, in order: all that a life has looked at, but for a last look that it
    /// was killed over before it had printed or sent anything of it.
    pub fn due(&self) -> Vec<u64> {
        let mut due = Vec::new();
        for (place, life) in self.lives.iter().enumerate() {
            let mut levels: Vec<u64> = life.record.look(looks).into_iter().map(|it| it.1).collect();
            let was_killed = place < self.ended;
            if was_killed
                && let Some(last) = levels.last()
                && !promised(life, *last)
            {
                levels.pop();
            }
            due.extend(levels);
        }
        due
    }

    /// What may be shown besides: what a life was killed over may have been written before.
    fn open(&self) -> HashSet<u64> {
        let due: HashSet<u64> = self.due().into_iter().collect();
        self.levels().difference(&due).copied().collect()
    }

    /// Holds what the server has shown against what was taken.
    pub fn count(&self, server: &Actor) -> Tally {
        let due = self.due();
        let open = self.open();
        let all = self.levels();
        let shown = server
            .record
            .look(|entries| Shown::of(entries, &all, &self.runs()).best(&due));
        let shown: Vec<u64> = shown
            .into_iter()
            .filter(|level| !open.contains(level))
            .collect();
        let seen: HashSet<u64> = shown.iter().copied().collect();
        let order = |level: &u64| due.iter().position(|due| due == level).unwrap_or_default();
        let places: Vec<usize> = shown.iter().map(order).collect();
        let mut tally = Tally {
            sent: due.len(),
            shown: seen.len(),
            lost: due.iter().filter(|level| !seen.contains(level)).count(),
            doubled: shown.len() - seen.len(),
            out_of_order: places.windows(2).filter(|pair| pair[1] < pair[0]).count(),
            first: None,
        };
        tally.first = difference(&shown, &due).map(|wrong| (self.whose(server, wrong), wrong));
        tally
    }

    fn whose(&self, server: &Actor, wrong: Wrong) -> Where {
        let (Wrong::Missing(level)
        | Wrong::Twice(level)
        | Wrong::Stale(level)
        | Wrong::Order(level)) = wrong;
        let told: HashSet<(String, u64)> = self
            .lives
            .iter()
            .flat_map(|life| messages(life))
            .flat_map(|message| {
                let mut same = message.readings.into_iter();
                let seq = same.find(|(_, light)| *light == level).map(|it| it.0);
                seq.map(|seq| (message.run, seq))
            })
            .collect();
        let arrived = server
            .record
            .look(|entries| entries.iter().any(|entry| has(entry, level)));
        match wrong {
            Wrong::Missing(_) if !arrived => Where::Device,
            _ if told.len() > 1 => Where::Device,
            _ => Where::Server,
        }
    }
}

fn messages(life: &Actor) -> Vec<Message> {
    let told = life.record.look(|entries| told(entries, life));
    let told = told.unwrap_or_default().into_iter();
    told.map(|told| told.message).collect()
}

/// Whether a message with this level has reached the server.
fn has(entry: &Entry, level: u64) -> bool {
    let Some(v4::Packet::Publish(message)) = queries::received(entry) else {
        return false;
    };
    let message = Message::read(&message.payload);
    message.is_ok_and(|message| message.readings.iter().any(|(_, light)| *light == level))
}

/// Whether the device has sent this, or printed it. What it says on standard error may be that it
/// could not keep it.
pub(in super::super) fn promised(life: &Actor, level: u64) -> bool {
    let messages = messages(life);
    let runs: HashSet<String> = messages.iter().map(|it| it.run.clone()).collect();
    let printed = life.record.look(|entries| {
        entries.iter().any(|entry| match &entry.event {
            Event::Printed {
                stream: Stream::Out,
                text,
            } => number(&without_runs(text, &runs), level).is_some(),
            _ => false,
        })
    });
    let mut readings = messages.iter().flat_map(|it| &it.readings);
    printed || readings.any(|(_, light)| *light == level)
}
