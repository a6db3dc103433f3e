//! What became of the tasks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use arena::record::{Entry, Event, Sender};
use arena::wire::Packet;
use course::DEVICE;
use rumqttc::mqttbytes::v4;
use serde_json::Value;

use super::twice::done_twice;
use crate::actor::Actor;
use crate::queries;
use crate::scenario::orders::server::ledger;
use crate::scenario::storm::Where;
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

    /// Holds what the LED was told against what was owed, of so many tasks that were typed.
    pub fn tally(&self, given: usize) -> Tally {
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
        let undelivered = owed.difference(&seen).count();
        let overtaken = owed.intersection(&seen).filter(|it| !in_order.contains(it));
        let overtaken = overtaken.count();
        let switched: usize = lives.iter().map(Vec::len).sum();
        let mut tally = Tally {
            given,
            owed: owed.len(),
            done: due.len(),
            lost: undelivered,
            out_of_order: overtaken,
            undelivered,
            overtaken,
            switched,
            due: due.len(),
            ..Tally::default()
        };
        match done_twice(&bits, &lives) {
            Some(again) => tally.again = again,
            // Of tasks that are told by what the LED was told, no more can be said.
            None if switched < due.len() => {
                tally.done = switched;
                tally.lost += due.len() - switched;
            }
            None if switched > due.len() => tally.doubled = switched - due.len(),
            None => tally.out_of_order += 1,
        }
        tally
    }
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Tasks that were typed. Those that a server was killed over may never leave it.
    pub given: usize,
    /// Tasks that the broker has acknowledged: these are owed.
    pub owed: usize,
    /// Tasks that were done, however often.
    pub done: usize,
    /// Tasks that were owed, or delivered, and not done.
    pub lost: usize,
    /// How often a task was done again that a kill does not excuse.
    pub doubled: usize,
    /// Tasks that came after one with a higher number.
    pub out_of_order: usize,
    /// Tasks that were done again because a kill came between doing and writing.
    pub again: usize,
    /// Tasks that were owed and never delivered.
    undelivered: usize,
    /// Tasks that were owed and delivered only after a later one.
    overtaken: usize,
    /// How often the LED was told something.
    switched: usize,
    /// How many tasks were delivered, each above the one before.
    due: usize,
}

impl Tally {
    /// Whether each task was done, in order, and once but for the kill's window.
    pub fn is_right(&self) -> bool {
        self.lost + self.doubled + self.out_of_order == 0
    }

    /// Counts another one in.
    pub fn add(&mut self, other: &Self) {
        self.given += other.given;
        self.owed += other.owed;
        self.done += other.done;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.out_of_order += other.out_of_order;
        self.again += other.again;
    }

    /// What to tell, if not each was done, in order.
    pub(super) fn finding(self) -> Option<(Where, Finding)> {
        let finding = Finding::new(
            "through many cuts and kills each task done, in order, and twice at most where a kill came \
             between doing and writing",
            self.seen(),
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
        if self.is_right() {
            return None;
        }
        let hint = if self.doubled > 0 {
            "A task was done again. What decides is the number of the last one that was done, and it is \
             in a file before anything else happens."
        } else {
            "A task was acknowledged, or its number written, and it was not done. First the LED, then the \
             file, then the PUBACK."
        };
        Some((Where::Device, finding.hint(hint)))
    }

    fn seen(self) -> String {
        format!(
            "{} tasks that the broker had, {} of them never delivered and {} after a later one; {} \
             delivered in order, and the LED switched {} times",
            self.owed, self.undelivered, self.overtaken, self.due, self.switched
        )
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} tasks given, {} acknowledged by the broker, {} done, {} lost, {} doubled, {} out of \
             order; {} done again after a kill between doing and writing",
            self.given,
            self.owed,
            self.done,
            self.lost,
            self.doubled,
            self.out_of_order,
            self.again
        )
    }
}
