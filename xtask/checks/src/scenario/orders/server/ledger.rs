//! What a server has sent of the orders that were typed, and what the broker has acknowledged of it.

use std::collections::BTreeMap;

use arena::record::{Entry, Event, Sender};
use arena::wire::{Packet, QoS};
use rumqttc::mqttbytes::v4::{self, Publish};
use serde_json::Value;

use crate::findings::payload::{self, visible};
use crate::sheet::Finding;

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

/// Holds all that was sent so far against the tasks that were typed and taken, the first of which
/// has the number `first`.
///
/// # Errors
/// Names the rule that is broken first, and what was seen instead.
pub(in crate::scenario) fn judge(
    entries: &[Entry],
    id: &str,
    first: u64,
    typed: &[Order],
) -> Result<(), Broken> {
    let tasks: Vec<bool> = typed
        .iter()
        .filter_map(|order| match order {
            Order::Task(on) => Some(*on),
            Order::State(_) => None,
        })
        .collect();
    let sent = sent(entries);
    // The highest number so far, and the last one of the present connection.
    let (mut known, mut last) = (first - 1, None);
    let mut link = 0;
    for (index, one) in sent.iter().enumerate() {
        let (seq, on) = match read(one.message, id)? {
            Said::State(on) if typed.contains(&Order::State(on)) => continue,
            Said::State(on) => return Err(unasked(Order::State(on))),
            Said::Task { seq, on } => (seq, on),
        };
        if one.link != link {
            (link, last) = (one.link, None);
        }
        let due = match last {
            Some(last) => last + 1,
            None => due(&sent[..index], id, first, one.place).unwrap_or(known + 1),
        };
        let again_too_early = last.is_none() && (first..due).contains(&seq);
        if seq != due && !again_too_early {
            // Where each task has its number already, it is not this one's that is wrong.
            let all_are_numbered = known + 1 == first + tasks.len() as u64;
            if last.is_some() && seq <= known && all_are_numbered {
                return Err(twice_in_a_connection(seq, due));
            }
            // A number that nobody has been given yet is not one that came too early. Who counts
            // wrongly does so from the first connection on.
            let is_typed = (first..first + tasks.len() as u64).contains(&seq);
            let is_later = one.link != sent[0].link;
            let is_early = seq > due && (is_typed || is_later);
            let is_again = seq <= known && is_later;
            if !is_early && !is_again {
                return Err(misnumbered(seq, due));
            }
            return Err(out_of_order(seq, due, known, last));
        }
        let Some(asked) = usize::try_from(seq - first)
            .ok()
            .and_then(|place| tasks.get(place))
        else {
            return Err(unasked(Order::Task(on)));
        };
        if *asked != on {
            let finding = Finding::new(
                format!("task {seq} as it was typed: led_on {asked}"),
                format!("led_on {on}"),
            );
            return Err((
                TASKS,
                finding.hint("Orders go out in the order in which they were typed."),
            ));
        }
        known = known.max(seq);
        last = Some(seq);
    }
    Ok(())
}

/// The first task that the broker had not acknowledged at this place, of those that were sent.
fn due(sent: &[Sent], id: &str, first: u64, at: usize) -> Option<u64> {
    let mut open: BTreeMap<u64, bool> = BTreeMap::new();
    for one in sent {
        if let Ok(Said::Task { seq, .. }) = read(one.message, id)
            && seq >= first
        {
            let has = one.acknowledged.is_some_and(|place| place < at);
            *open.entry(seq).or_default() |= has;
        }
    }
    open.into_iter()
        .find_map(|(seq, has)| (!has).then_some(seq))
}

fn misnumbered(seq: u64, due: u64) -> Broken {
    let finding = Finding::new(
        format!("task {due} next, for the numbers go up by one"),
        format!("a task with the number {seq}"),
    );
    (
        NUMBERS,
        finding.hint(
            "The first task has number 1, each later one the next. An order that is sent again keeps \
             the number it was given.",
        ),
    )
}

fn out_of_order(seq: u64, due: u64, known: u64, last: Option<u64>) -> Broken {
    let finding = Finding::new(
        format!("task {due} next, the oldest that the broker has not acknowledged"),
        format!("task {seq}"),
    );
    (
        RESENDS,
        finding.hint(if last.is_none() && seq > known {
            "Something new has overtaken what is to be sent again: to the device the older task then \
             is a double. While the broker is away nothing goes into the outbox; after the CONNACK \
             the whole list goes out in order, and new orders behind it."
        } else if last.is_none() {
            "A task that was not acknowledged was left out. All that is on the list is sent again, from \
             its beginning."
        } else {
            "What is sent again goes out in the order in which it was typed, each order once: to the \
             device a task with a lower number is a double."
        }),
    )
}

fn twice_in_a_connection(seq: u64, due: u64) -> Broken {
    let finding = Finding::new(
        format!("each task once in a connection, and task {due} next"),
        format!("task {seq} once more"),
    );
    (
        RESENDS,
        finding.hint(
            "After the CONNACK the whole list goes out. What is typed while the broker is away goes on \
             the list and nowhere else: what is in the outbox by then would go out as well.",
        ),
    )
}

fn unasked(order: Order) -> Broken {
    let rule = match order {
        Order::State(_) => STATE,
        Order::Task(_) => TASKS,
    };
    let finding = Finding::new(
        "only what was typed",
        format!("`{}`, which nobody had typed so far", order.line()),
    );
    (rule, finding)
}
