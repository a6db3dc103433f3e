//! What became of the tasks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use arena::record::{Entry, Event, Sender};
use arena::wire::Packet;
use course::DEVICE;
use rumqttc::mqttbytes::v4;
use serde_json::Value;

use crate::actor::Actor;
use crate::queries;
use crate::scenario::orders::server::ledger;
use crate::sheet::Finding;

/// A task as it was delivered.
#[derive(Clone, Copy, Debug)]
struct Task {
    seq: u64,
    on: bool,
}

/// The tasks that were delivered to a device, in order.
fn delivered(entries: &[Entry], id: &str) -> Vec<Task> {
    let topic = format!("{id}/tasks");
    let tasks = entries
        .iter()
        .filter_map(|entry| match queries::received(entry)? {
            v4::Packet::Publish(message) if message.topic == topic => read(message),
            _ => None,
        });
    tasks.collect()
}

fn read(message: &v4::Publish) -> Option<Task> {
    let value: Value = serde_json::from_slice(&message.payload).ok()?;
    Some(Task {
        seq: value.get("seq")?.as_u64()?,
        on: value.get("led_on")?.as_bool()?,
    })
}

/// The numbers of the tasks that a device has acknowledged.
pub(super) fn acknowledged_in(entries: &[Entry], id: &str) -> BTreeSet<u64> {
    let topic = format!("{id}/tasks");
    let mut open: BTreeMap<(u32, u16), u64> = BTreeMap::new();
    let mut all = BTreeSet::new();
    for entry in entries {
        let Event::Packet {
            link,
            from,
            packet: Packet::V4(packet),
            ..
        } = &entry.event
        else {
            continue;
        };
        match (from, packet) {
            (Sender::Broker, v4::Packet::Publish(message)) if message.topic == topic => {
                if let Some(task) = read(message) {
                    open.insert((*link, message.pkid), task.seq);
                }
            }
            (Sender::Program, v4::Packet::PubAck(answer)) => {
                all.extend(open.remove(&(*link, answer.pkid)));
            }
            _ => {}
        }
    }
    all
}

/// All lives of both programs.
#[derive(Debug)]
pub(super) struct Lives {
    devices: Vec<Arc<Actor>>,
    servers: Vec<Arc<Actor>>,
}

impl Lives {
    pub fn begin(device: &Arc<Actor>, server: &Arc<Actor>) -> Self {
        Self {
            devices: vec![Arc::clone(device)],
            servers: vec![Arc::clone(server)],
        }
    }

    pub fn goes_on(&mut self, next: &Arc<Actor>) {
        if next.program.id == DEVICE {
            self.devices.push(Arc::clone(next));
        } else {
            self.servers.push(Arc::clone(next));
        }
    }

    /// The tasks that the broker has acknowledged. What a server was killed over may get lost.
    pub fn owed(&self) -> BTreeSet<u64> {
        let lives = self.servers.iter().flat_map(|life| {
            let has = |entries: &[Entry]| ledger::acknowledged(entries, &life.id);
            life.record.look(has).into_keys()
        });
        lives.collect()
    }

    /// The tasks that the device has acknowledged before its present life.
    pub fn acknowledged_before(&self) -> BTreeSet<u64> {
        let earlier = self.devices.iter().rev().skip(1);
        let all = earlier.flat_map(|life| life.record.look(|it| acknowledged_in(it, &life.id)));
        all.collect()
    }

    /// Holds what the LED was told against what was owed.
    pub fn tally(&self) -> Tally {
        let owed = self.owed();
        let mut due: Vec<Task> = Vec::new();
        let mut seen = BTreeSet::new();
        for life in &self.devices {
            for task in life.record.look(|it| delivered(it, &life.id)) {
                seen.insert(task.seq);
                if due.last().is_none_or(|last| task.seq > last.seq) {
                    due.push(task);
                }
            }
        }
        let in_order: BTreeSet<u64> = due.iter().map(|task| task.seq).collect();
        let bits: Vec<bool> = due.iter().map(|task| task.on).collect();
        let lives: Vec<Vec<bool>> = self
            .devices
            .iter()
            .map(|life| life.record.look(|it| queries::leds(it).collect()))
            .collect();
        Tally {
            owed: owed.len(),
            undelivered: owed.difference(&seen).count(),
            overtaken: owed
                .intersection(&seen)
                .filter(|it| !in_order.contains(it))
                .count(),
            done: lives.iter().map(Vec::len).sum(),
            due: due.len(),
            twice: done_twice(&bits, &lives),
        }
    }
}

/// How many tasks were done twice: of those that are due, each is done, in order, but that a new life
/// may begin with the one that the life before was killed over. Nothing, where it was not so.
fn done_twice(due: &[bool], lives: &[Vec<bool>]) -> Option<usize> {
    // How many may be done so far, and how many of them twice.
    let mut reached = BTreeMap::from([(0, 0)]);
    for (number, life) in lives.iter().enumerate() {
        let mut next: BTreeMap<usize, usize> = BTreeMap::new();
        for (done, twice) in reached {
            let again = (number > 0 && done > 0 && !life.is_empty()).then(|| (done - 1, twice + 1));
            for (begin, twice) in [Some((done, twice)), again].into_iter().flatten() {
                let end = begin + life.len();
                if due.get(begin..end) == Some(life.as_slice()) {
                    let least = next.entry(end).or_insert(twice);
                    *least = twice.min(*least);
                }
            }
        }
        reached = next;
    }
    reached.get(&due.len()).copied()
}

/// What was counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tally {
    /// Tasks that the broker has acknowledged.
    owed: usize,
    /// Of these, those that it has never delivered.
    undelivered: usize,
    /// And those that were delivered only after a later one.
    overtaken: usize,
    /// How often the LED was told something.
    done: usize,
    /// How many tasks were delivered, each above the one before.
    due: usize,
    /// How many of them were done twice, where each was done and in order.
    twice: Option<usize>,
}

/// Who is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Where {
    Device,
    Server,
}

impl Tally {
    /// What to tell, if not each was done, in order.
    pub fn finding(self) -> Option<(Where, Finding)> {
        let finding = Finding::new(
            "through many cuts and kills each task done, in order, and twice at most where a kill came \
             between doing and writing",
            self.to_string(),
        );
        if self.overtaken > 0 {
            let hint = "A task was overtaken by one with a higher number: the device takes it for old. \
                        What waits is sent again in order, and before anything new.";
            return Some((Where::Server, finding.hint(hint)));
        }
        if self.undelivered > 0 {
            let hint = "The broker had a task, and the device never got it. Only for a session that it \
                        keeps, and with QoS 1, does it wait for somebody who is away.";
            return Some((Where::Device, finding.hint(hint)));
        }
        if self.twice.is_some() {
            return None;
        }
        let hint = if self.done > self.due {
            "A task was done again. What decides is the number of the last one that was done, and it is \
             in a file before anything else happens."
        } else {
            "A task was acknowledged, or its number written, and it was not done. First the LED, then the \
             file, then the PUBACK."
        };
        Some((Where::Device, finding.hint(hint)))
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} tasks that the broker had, {} of them never delivered and {} after a later one; {} \
             delivered in order, and the LED switched {} times",
            self.owed, self.undelivered, self.overtaken, self.due, self.done
        )
    }
}

#[cfg(test)]
mod tests {
    use super::done_twice;

    const DUE: [bool; 4] = [true, false, false, true];

    #[test]
    fn each_task_is_done_in_order_and_one_may_be_done_again_after_a_kill() {
        let lives = |lives: &[&[bool]]| lives.iter().map(|life| life.to_vec()).collect::<Vec<_>>();
        let twice = |all: &[&[bool]]| done_twice(&DUE, &lives(all));
        assert_eq!(twice(&[&DUE]), Some(0));
        assert_eq!(twice(&[&DUE[..2], &[], &DUE[2..]]), Some(0));
        assert_eq!(twice(&[&DUE[..2], &DUE[1..]]), Some(1));
        assert_eq!(twice(&[&DUE[..2], &DUE[..]]), None, "two done again");
        assert_eq!(twice(&[&DUE[..1], &DUE[2..]]), None, "one left out");
        assert_eq!(twice(&[&[true, true, false, false, true]]), None, "no kill");
    }
}
