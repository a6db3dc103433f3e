//! What a device was given, what it did and what it acknowledged, held against each other.

mod blame;

use arena::record::{Entry, Event, Sender};
use arena::wire::Packet;
use rumqttc::QoS;
use rumqttc::mqttbytes::v4;
use serde::Deserialize;

use crate::actor::Actor;
use crate::scenario::commands::device::ONLY_OBEYS;
use crate::sheet::Finding;
use blame::{out_alone, stray, too_early, twice, unacknowledged, undone};

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
        // The last one tells why: an earlier one may have come to nothing with its connection.
        let of_it = deliveries.open.iter().chain(&deliveries.closed);
        let of_it = of_it.filter(|delivery| delivery.seq == Some(next));
        let last = of_it.max_by_key(|delivery| delivery.place);
        return Err((DOES, undone(due, changes.len(), last)));
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
