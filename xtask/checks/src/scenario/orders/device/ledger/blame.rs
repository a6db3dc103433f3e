//! What is said of a device whose ledger does not come out even, and what to try.

use super::{ACKNOWLEDGES, Broken, Delivery, PASSES_OVER, SURVIVES};
use crate::sheet::Finding;

fn name(seq: Option<u64>) -> String {
    match seq {
        Some(seq) => format!("task {seq}"),
        None => "what is no task".to_owned(),
    }
}

pub(super) fn twice(due: &[u64], seen: usize) -> Finding {
    Finding::new(
        format!("the LED switched by each of {} tasks, once", due.len()),
        format!("it was switched {seen} times"),
    )
}

pub(super) fn out_alone() -> Finding {
    Finding::new(
        "an LED that stays as it was ordered while the line is broken",
        "it went out without an order",
    )
}

pub(super) fn too_early(seq: u64) -> Finding {
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

pub(super) fn stray(before: Option<&Delivery>, link: u32) -> Finding {
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

pub(super) fn undone(due: &[u64], done: usize, delivery: Option<&Delivery>) -> Finding {
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

pub(super) fn unacknowledged(open: &Delivery, due: &[u64], changes: &[usize]) -> Broken {
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
