//! An operator types orders, and other things.

use arena::record::{Entry, Missed};
use course::SERVER;

use super::desk::{Desk, EXPLAINS, is_explained};
use super::ledger::{NUMBERS, Order, STATE, TASKS};
use crate::actor::{Actor, PROMPT};
use crate::findings::introduction::arrive;
use crate::findings::missed;
use crate::findings::shown::number;
use crate::queries;
use crate::scenario::connect::SLOW_ANSWER;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// A PUBACK takes the first order away, and is said.
pub(super) const ACKNOWLEDGED: &str = "acknowledged";

/// One by one: both words, in turns and twice in a row, and a task as the one before.
const ORDERS: [Order; 6] = [
    Order::Task(true),
    Order::Task(false),
    Order::State(false),
    Order::Task(false),
    Order::State(true),
    Order::Task(true),
];

/// How many orders come all at once: more than an outbox takes that was made for one.
const AT_ONCE: usize = 40;

/// What is no order, though it looks like one.
const NO_ORDERS: [&str; 9] = [
    "tasks on",
    "task",
    "state",
    "task maybe",
    "state on off",
    "on",
    "task 7 on",
    r#"{"led_on":true}"#,
    "state ön",
];

/// One by one, and then all at once.
pub async fn typed(stage: &mut Stage) -> Result<(), Stop> {
    let server = stage.prepare(SERVER, &[]).await?;
    server.line.answer_late(SLOW_ANSWER);
    stage.start(&server).await?;
    arrive(stage, &server).await?;
    let mut desk = Desk::open(stage, &server, 1).await?;
    one(stage, &mut desk, Order::State(true)).await?;
    // Whether it has said that it is online before somebody typed to it is chance.
    let begin = server.record.len();
    server.redact(|redaction| redaction.leave_out(0..begin));
    for order in ORDERS {
        one(stage, &mut desk, order).await?;
    }
    for rule in [STATE, TASKS, NUMBERS] {
        stage.pass(&server, rule);
    }
    let rest = server.record.len()..usize::MAX;
    server.redact(|redaction| redaction.leave_out(rest));
    let many: Vec<Order> = (0..AT_ONCE)
        .map(|_| Order::Task(stage.dice.bool()))
        .collect();
    desk.types_all(&many).await;
    let sent = desk.is_sent(None).await;
    sent.map_err(|(rule, finding)| {
        let expected = format!("{AT_ONCE} tasks typed at once: {}", finding.expected);
        stage.stop(
            &server,
            rule,
            Finding {
                expected,
                ..finding
            },
        )
    })
}

/// One order, until the broker has it and that is said.
async fn one(stage: &mut Stage, desk: &mut Desk, order: Order) -> Result<(), Stop> {
    desk.types(order).await;
    let sent = desk.is_sent(None).await;
    sent.map_err(|(rule, finding)| stage.stop(&desk.server, rule, finding))?;
    let number = matches!(order, Order::Task(_)).then(|| desk.last());
    is_said(stage, &desk.server, number).await
}

/// Waits until the last PUBACK so far has been said, in whatever words: of a task with its number.
///
/// # Errors
/// [`Stop::Program`] when it is not.
pub(super) async fn is_said(
    stage: &mut Stage,
    server: &Actor,
    task: Option<u64>,
) -> Result<(), Stop> {
    let puback = |entries: &[Entry]| entries.iter().rposition(queries::is_puback);
    let place = server.record.look(puback).unwrap_or_default();
    let said = server.record.when(place, PROMPT, |entries| {
        let mut lines = queries::printed(entries).map(|(_, line)| line);
        lines
            .any(|line| match task {
                // An id may have digits in it.
                Some(task) => number(&line.replace(&server.id, ""), task).is_some(),
                None => !line.trim().is_empty(),
            })
            .then_some(())
    });
    let said = said.await.map_err(|why| {
        let expected = match task {
            Some(task) => format!("after the PUBACK: a line which says that the broker has task {task}"),
            None => "after the PUBACK: a line which says that the broker has the state".to_owned(),
        };
        match why {
            Missed::TimeUp(_) => {
                let said = server.record.look(|entries| {
                    let lines = queries::printed(&entries[place..]);
                    lines.map(|(_, line)| format!("`{line}`")).next()
                });
                let instead = said.unwrap_or_else(|| "not a word about it".to_owned());
                Finding::new(expected, instead).hint(
                    "`Packet::PubAck` is the broker's receipt for the first order that waits: take \
                     that one from the list, and say so. They come in the order of the publications.",
                )
            }
            why => missed(&server.record, expected, &why),
        }
    });
    stage.insist(server, ACKNOWLEDGED, said)
}

/// What is no order is explained, and nothing comes of it.
pub async fn nonsense(stage: &mut Stage) -> Result<(), Stop> {
    let server = stage.enter(SERVER, &[]).await?;
    server.redact(|redaction| redaction.nothing());
    arrive(stage, &server).await?;
    let mut desk = Desk::open(stage, &server, 1).await?;
    for text in NO_ORDERS {
        is_explained(stage, &server, text).await?;
    }
    // What it may have made of them is on its way before this.
    desk.types(Order::State(true)).await;
    desk.types(Order::Task(true)).await;
    let sent = desk.is_sent(None).await;
    if let Err((_, finding)) = sent {
        let finding = Finding {
            expected: format!("after lines that are no orders: {}", finding.expected),
            ..finding
        };
        return Err(stage.stop(&server, EXPLAINS, finding));
    }
    stage.pass(&server, EXPLAINS);
    Ok(())
}
