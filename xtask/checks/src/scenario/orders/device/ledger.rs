//! What a device was given, what it did and what it acknowledged, held against each other.

use arena::record::{Entry, Event, Sender};
use arena::wire::Packet;
use rumqttc::QoS;
use rumqttc::mqttbytes::v4;
use serde::Deserialize;

use crate::actor::Actor;
use crate::scenario::commands::device::ONLY_OBEYS;
use crate::sheet::Finding;

/// Each task above the last one is done, in order.
pub(super) const DOES: &str = "does-tasks";
/// And never again.
pub(super) const ONCE: &str = "does-once";
/// It is acknowledged when it is done.
pub(super) const ACKNOWLEDGES: &str = "acknowledges";
/// What was done before is acknowledged, and said.
pub(super) const PASSES_OVER: &str = "passes-over";
/// So is what is no task.
pub(super) const SURVIVES: &str = "survives-bad-task";

/// A finding, and the rule that is broken.
pub(super) type Broken = (&'static str, Finding);

#[derive(Deserialize)]
struct Task {
    seq: u64,
    #[serde(rename = "led_on")]
    _led_on: bool,
}

/// A message with QoS 1 that was delivered.
#[derive(Clone, Debug)]
struct Delivery {
    place: usize,
    link: u32,
    number: u16,
    again: bool,
    /// The task's number, if it is a task.
    seq: Option<u64>,
}

/// What became of deliveries: still without an answer, or answered.
#[derive(Default)]
struct Deliveries {
    open: Vec<Delivery>,
    closed: Vec<Delivery>,
}

/// Where in the record the LED changed, which was off at first. When the program leaves it may put it
/// out.
pub(super) fn changes(entries: &[Entry], device: &Actor) -> Vec<usize> {
    let until = device.asked_to_leave().min(entries.len());
    let mut was = false;
    let mut changes = Vec::new();
    for (place, entry) in entries[..until].iter().enumerate() {
        if let Event::Led(on) = entry.event
            && on != was
        {
            changes.push(place);
            was = on;
        }
    }
    changes
}

/// Whether the LED went out between a break of the line and the next connection, when nothing can be
/// asked of it. What was asked before may still be done then: this only tells why there is one change
/// too many.
fn goes_out_alone(entries: &[Entry], changes: &[usize], breaks: &[usize]) -> bool {
    breaks.iter().any(|broken| {
        let later = || entries.iter().enumerate().skip(*broken);
        let connected =
            |entry: &Entry| matches!(entry.event, Event::Dialled { accepted: true, .. });
        let until = later().find_map(|(place, entry)| connected(entry).then_some(place));
        let alone = *broken..until.unwrap_or(entries.len());
        let goes_out = |place: &usize| matches!(entries[*place].event, Event::Led(false));
        changes
            .iter()
            .any(|place| alone.contains(place) && goes_out(place))
    })
}

fn last_link(entries: &[Entry]) -> Option<u32> {
    entries.iter().rev().find_map(|entry| match entry.event {
        Event::Dialled {
            link,
            accepted: true,
        } => Some(link),
        _ => None,
    })
}

/// A delivery of the connection that is the last one, to which no PUBACK has come.
pub(super) fn unanswered(entries: &[Entry], device: &Actor) -> Option<u64> {
    let link = last_link(entries)?;
    let mut deliveries = Deliveries::default();
    for (place, entry) in entries.iter().enumerate() {
        // What is wrong with it is told by who judges.
        let _ = deliveries.follow(place, entry, device);
    }
    let mut open = deliveries.open.iter();
    open.find(|delivery| delivery.link == link)
        .map(|delivery| delivery.seq.unwrap_or_default())
}

/// Whether this task was delivered and answered, in whatever connection.
pub(super) fn is_answered(entries: &[Entry], device: &Actor, seq: u64) -> bool {
    let mut deliveries = Deliveries::default();
    for (place, entry) in entries.iter().enumerate() {
        let _ = deliveries.follow(place, entry, device);
    }
    let mut closed = deliveries.closed.iter();
    closed.any(|delivery| delivery.seq == Some(seq))
}

/// Holds all that the device did so far in this life against the tasks that it had to do. `in_vain`
/// says that something was waited for that did not come.
///
/// # Errors
/// Names the rule that is broken first, and what was seen instead.
pub(super) fn judge(
    entries: &[Entry],
    device: &Actor,
    due: &[u64],
    in_vain: bool,
) -> Result<(), Broken> {
    let changes = changes(entries, device);
    if changes.len() > due.len() {
        let breaks = device.breaks().clone();
        return Err(if goes_out_alone(entries, &changes, &breaks) {
            (ONLY_OBEYS, out_alone())
        } else {
            (ONCE, twice(due, changes.len()))
        });
    }
    let mut deliveries = Deliveries::default();
    for (place, entry) in entries.iter().enumerate() {
        let Some(answered) = deliveries.follow(place, entry, device)? else {
            continue;
        };
        let task = due.iter().position(|seq| Some(*seq) == answered.seq);
        if let Some(task) = task
            && changes.get(task).is_none_or(|done| *done > place)
        {
            let never = in_vain && changes.get(task).is_none();
            return Err(if never {
                (DOES, undone(due, task, Some(&answered)))
            } else {
                (ACKNOWLEDGES, too_early(due[task]))
            });
        }
    }
    if changes.len() < due.len() {
        let next = due[changes.len()];
        let is_it = |delivery: &&Delivery| delivery.seq == Some(next);
        let all = || deliveries.open.iter().chain(&deliveries.closed);
        return Err((DOES, undone(due, changes.len(), all().rfind(is_it))));
    }
    // What an earlier connection has brought comes again in the last one.
    let last = last_link(entries);
    let mut open = deliveries.open.iter();
    match open.find(|delivery| in_vain && Some(delivery.link) == last) {
        Some(open) => Err(unacknowledged(open, due, &changes)),
        None => Ok(()),
    }
}

impl Deliveries {
    /// Goes on by one entry, and says which delivery it answers, if it is a PUBACK.
    ///
    /// # Errors
    /// When there is none that it could answer.
    fn follow(
        &mut self,
        place: usize,
        entry: &Entry,
        device: &Actor,
    ) -> Result<Option<Delivery>, Broken> {
        let (link, from, packet) = match &entry.event {
            Event::Packet {
                link, from, packet, ..
            }
            | Event::Lost {
                link, from, packet, ..
            } => (*link, *from, packet),
            _ => return Ok(None),
        };
        match (from, packet) {
            (Sender::Broker, Packet::V4(v4::Packet::Publish(message)))
                if message.qos == QoS::AtLeastOnce =>
            {
                let is_task = message.topic == format!("{}/tasks", device.id);
                let task = serde_json::from_slice::<Task>(&message.payload).ok();
                self.open.push(Delivery {
                    place,
                    link,
                    number: message.pkid,
                    again: message.dup,
                    seq: task.filter(|_| is_task).map(|task| task.seq),
                });
                Ok(None)
            }
            (Sender::Program, Packet::V4(v4::Packet::PubAck(answer))) => {
                let of_it =
                    |delivery: &&Delivery| (delivery.link, delivery.number) == (link, answer.pkid);
                let open = self.open.iter().position(|delivery| of_it(&delivery));
                let Some(open) = open else {
                    let before = self.closed.iter().rev().find(of_it);
                    return Err((ACKNOWLEDGES, stray(before, link)));
                };
                let answered = self.open.remove(open);
                self.closed.push(answered.clone());
                Ok(Some(answered))
            }
            _ => Ok(None),
        }
    }
}

fn name(seq: Option<u64>) -> String {
    match seq {
        Some(seq) => format!("task {seq}"),
        None => "what is no task".to_owned(),
    }
}

fn twice(due: &[u64], seen: usize) -> Finding {
    Finding::new(
        format!("the LED switched by each of {} tasks, once", due.len()),
        format!("it was switched {seen} times"),
    )
}

fn out_alone() -> Finding {
    Finding::new(
        "an LED that stays as it was ordered while the line is broken",
        "it went out without an order",
    )
}

fn too_early(seq: u64) -> Finding {
    Finding::new(
        format!("the LED switched by task {seq}, and then its PUBACK"),
        format!("the PUBACK of task {seq} before the LED was switched"),
    )
    .hint(
        "rumqttc acknowledges by itself as soon as it has read a message, unless \
         `set_manual_acks(true)` leaves that to you. Killed after such a PUBACK, the task is lost: \
         nobody has done it, and the broker has forgotten it.",
    )
}

fn stray(before: Option<&Delivery>, link: u32) -> Finding {
    let expected = "one PUBACK for each delivery, in the connection that brought it";
    match before {
        Some(before) if link == 1 => Finding::new(
            expected,
            format!("a second PUBACK for {}", name(before.seq)),
        )
        .hint(
            "It is acknowledged twice. rumqttc acknowledges by itself, unless \
             `set_manual_acks(true)` leaves that to your `try_ack`.",
        ),
        Some(before) => Finding::new(
            expected,
            format!(
                "after a cut, a second PUBACK for {} in one connection",
                name(before.seq)
            ),
        )
        .hint(LEFT_OVER),
        None => Finding::new(
            expected,
            "a PUBACK for a message that this connection has not brought",
        )
        .hint(LEFT_OVER),
    }
}

/// What to try when something of an earlier connection is acknowledged in a later one.
const LEFT_OVER: &str = "What was read before a cut is not to be acknowledged after it: the broker \
                         sends it again. Clear `connection.eventloop.state.events` at `Err`, and \
                         work and acknowledge in the event loop: a thread of its own does not know \
                         of the cut.";

fn undone(due: &[u64], done: usize, delivery: Option<&Delivery>) -> Finding {
    let next = due[done];
    let expected = format!(
        "task {next} done: an LED that has changed {} times",
        due.len()
    );
    let finding = match delivery {
        None => {
            return Finding::new(expected, format!("task {next} was not delivered")).hint(
                "The broker keeps tasks for a session that is kept and has subscribed to them with \
                 QoS 1, and sends again what was not acknowledged.",
            );
        }
        Some(_) => Finding::new(expected, format!("an LED that has changed {done} times")),
    };
    if delivery.is_some_and(|delivery| delivery.again) {
        return finding.hint(
            "The broker has sent it before (DUP), and it was not done then. Not the DUP flag says \
             whether a task was done, but its number.",
        );
    }
    let before = done.checked_sub(1).map_or(0, |before| due[before]);
    let gap = before > 0 && before + 1 < next;
    if gap {
        return finding.hint(
            "Numbers may be left out: a server that was killed has given one and sent none. Each \
             number above the last one counts.",
        );
    }
    finding.hint(
        "Each task is done, in the order in which they come, however many come at once: the LED is \
         switched as it says, whatever the last one said.",
    )
}

fn unacknowledged(open: &Delivery, due: &[u64], changes: &[usize]) -> Broken {
    let finding = Finding::new(
        format!("a PUBACK for {}", name(open.seq)),
        "none came".to_owned(),
    );
    let was_done = || {
        let task = due.iter().position(|seq| Some(*seq) == open.seq);
        task.and_then(|task| changes.get(task))
            .is_none_or(|done| *done < open.place)
    };
    let rule = match open.seq {
        None => SURVIVES,
        Some(_) if was_done() => PASSES_OVER,
        Some(_) => ACKNOWLEDGES,
    };
    (
        rule,
        finding.hint(match rule {
            SURVIVES => {
                "What makes no sense is acknowledged too. Without a PUBACK the broker sends it again, \
                 at each connection, for ever."
            }
            PASSES_OVER => {
                "What was done before is acknowledged too. Without a PUBACK the broker sends it again, \
                 at each connection, for ever."
            }
            _ => {
                "`try_ack` in the event loop, when the task is done. With manual acknowledgement \
                 nobody else does it, and the broker sends the task again and again."
            }
        }),
    )
}
