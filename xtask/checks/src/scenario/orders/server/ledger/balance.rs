//! What was sent, held against what was typed.

use std::collections::BTreeMap;

use arena::record::Entry;

use super::{Broken, NUMBERS, Order, RESENDS, STATE, Said, Sent, TASKS, read, sent};
use crate::sheet::Finding;

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
