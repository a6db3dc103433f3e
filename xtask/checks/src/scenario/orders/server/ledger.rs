//! What a server has sent of the orders that were typed, and what the broker has acknowledged of it.

mod balance;

use std::collections::BTreeMap;

use arena::record::{Entry, Event, Sender};
use arena::wire::{Packet, QoS};
use rumqttc::mqttbytes::v4::{self, Publish};
use serde_json::Value;

use crate::findings::payload::{self, visible};
use crate::sheet::Finding;

pub(in crate::scenario) use balance::judge;

/// A typed state goes out, retained.
pub(in crate::scenario) const STATE: &str = "state";
/// Each typed task goes out once, in order.
pub(in crate::scenario) const TASKS: &str = "tasks";
/// Tasks are numbered from 1 upward by one.
pub(in crate::scenario) const NUMBERS: &str = "numbers";
/// What was not acknowledged is sent again after each CONNACK, in order.
pub(in crate::scenario) const RESENDS: &str = "resends";

/// A finding, and the rule that is broken.
pub(in crate::scenario) type Broken = (&'static str, Finding);

/// What can be typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum Order {
    /// What the LED shall be, until somebody says otherwise.
    State(bool),
    /// What is to be done with the LED, once.
    Task(bool),
}

impl Order {
    /// As it is typed.
    pub fn line(self) -> String {
        let (word, on) = match self {
            Self::State(on) => ("state", on),
            Self::Task(on) => ("task", on),
        };
        format!("{word} {}", if on { "on" } else { "off" })
    }
}

/// What a publication says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum Said {
    State(bool),
    Task { seq: u64, on: bool },
}

/// A publication of the server, and whether the broker has it.
#[derive(Clone, Debug)]
pub(in crate::scenario) struct Sent<'a> {
    /// Where in the record it was sent.
    pub place: usize,
    /// In which of its connections.
    pub link: u32,
    /// As it crossed the line.
    pub message: &'a Publish,
    /// Where in the record its PUBACK came.
    pub acknowledged: Option<usize>,
}

/// All that the server has published, in order.
pub(in crate::scenario) fn sent(entries: &[Entry]) -> Vec<Sent<'_>> {
    let mut all: Vec<Sent> = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        let Event::Packet {
            link, from, packet, ..
        } = &entry.event
        else {
            continue;
        };
        match (from, packet) {
            (Sender::Program, Packet::V4(v4::Packet::Publish(message))) => all.push(Sent {
                place,
                link: *link,
                message,
                acknowledged: None,
            }),
            (Sender::Broker, Packet::V4(v4::Packet::PubAck(answer))) => {
                let mut open = all.iter_mut().rev();
                let open = open.find(|sent| {
                    sent.link == *link
                        && sent.message.pkid == answer.pkid
                        && sent.acknowledged.is_none()
                });
                if let Some(sent) = open {
                    sent.acknowledged = Some(place);
                }
            }
            _ => {}
        }
    }
    all
}

/// The numbers of the tasks that the broker has acknowledged, with where in the record it first did.
pub(in crate::scenario) fn acknowledged(entries: &[Entry], id: &str) -> BTreeMap<u64, usize> {
    let mut numbers = BTreeMap::new();
    for sent in sent(entries) {
        if let (Some(place), Ok(Said::Task { seq, .. })) =
            (sent.acknowledged, read(sent.message, id))
        {
            numbers.entry(seq).or_insert(place);
        }
    }
    numbers
}

/// The numbers of the tasks that were sent, in order, each as often as it was.
pub(in crate::scenario) fn task_numbers(entries: &[Entry], id: &str) -> Vec<u64> {
    let tasks = sent(entries).into_iter();
    let tasks = tasks.filter_map(|one| match read(one.message, id) {
        Ok(Said::Task { seq, .. }) => Some(seq),
        _ => None,
    });
    tasks.collect()
}

/// The last state that was published, and whether the broker has it.
pub(in crate::scenario) fn last_state(entries: &[Entry], id: &str) -> Option<(bool, bool)> {
    let sent = sent(entries);
    let mut states = sent.iter().rev();
    states.find_map(|sent| match read(sent.message, id) {
        Ok(Said::State(on)) => Some((on, sent.acknowledged.is_some())),
        _ => None,
    })
}

/// What a publication says, if it is as the contract wants it.
///
/// # Errors
/// Names the rule that is broken, and what was seen instead.
pub(in crate::scenario) fn read(message: &Publish, id: &str) -> Result<Said, Broken> {
    let value: Value = serde_json::from_slice(&message.payload).unwrap_or_default();
    let seq = value.get("seq");
    let is_task = message.topic.ends_with("/tasks") || seq.is_some();
    let (rule, kind) = if is_task {
        (TASKS, "tasks")
    } else {
        (STATE, "state")
    };
    payload::topic(&message.topic, id, kind).map_err(|finding| (rule, finding))?;
    if message.qos != QoS::AtLeastOnce {
        let finding = Finding::new(
            format!("a message on {id}/{kind} with QoS 1"),
            format!("QoS {}", message.qos as u8),
        );
        return Err((
            rule,
            finding.hint(
                "`QoS::AtLeastOnce`: only then does the broker say that it has the order, and keep a \
                 task for a device that is away.",
            ),
        ));
    }
    if message.retain == is_task {
        return Err((rule, retained(is_task)));
    }
    let on = payload::led_on(&message.payload).map_err(|finding| (rule, finding))?;
    if !is_task {
        return Ok(Said::State(on));
    }
    let seq = seq.and_then(Value::as_u64).ok_or_else(|| {
        let shown = visible(&String::from_utf8_lossy(&message.payload));
        let finding = Finding::new(
            r#"JSON like {"seq":7,"led_on":false}"#,
            format!("`{shown}`"),
        );
        (
            NUMBERS,
            finding.hint("Each task has its number with it, a whole number called `seq`."),
        )
    })?;
    Ok(Said::Task { seq, on })
}

fn retained(is_task: bool) -> Finding {
    if is_task {
        let finding = Finding::new("a task that is not retained", "a retained task");
        return finding.hint(
            "A retained task comes again whenever somebody subscribes. The third argument of \
             `try_publish` is `false` for a task: it is to be done once.",
        );
    }
    let finding = Finding::new("a retained state", "a state that is not retained");
    finding.hint(
        "A device that is away now never hears of it. The third argument of `try_publish` is `true` \
         for a state: the broker keeps the latest for whoever comes.",
    )
}
