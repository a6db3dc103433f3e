//! What the broker has not acknowledged is sent again after each CONNACK, and nothing else.

use arena::line::Answer;
use arena::record::{Entry, Missed};

use super::desk::{Desk, sits_down};
use super::ledger::{Order, RESENDS, Said, read, sent, task_numbers as tasks};
use super::typing::{ACKNOWLEDGED, is_said};
use crate::actor::{Actor, PROMPT};
use crate::findings::missed;
use crate::queries;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// The answers are kept back, and let go one by one; and then the line breaks.
pub async fn kept_back(stage: &mut Stage) -> Result<(), Stop> {
    let (server, mut desk) = sits_down(stage).await?;
    server.redact(|redaction| redaction.no_console());
    let task = |number: u64| Order::Task(number.is_multiple_of(3));
    let state = Order::State;
    let orders = [
        task(1),
        state(true),
        task(2),
        task(3),
        state(false),
        task(4),
    ];
    let start = server.record.len();
    server.line.withhold(Answer::PubAck);
    desk.types_all(&orders).await;
    goes_out(stage, &desk, start, orders.len()).await?;
    desk.is_read(stage).await?;
    for number in [Some(1), None, Some(2)] {
        lets_go(stage, &server).await?;
        is_said(stage, &server, number).await?;
    }
    stage.pass(&server, ACKNOWLEDGED);

    let again = breaks(stage, &server, &desk).await?;
    sends_again(stage, &mut desk, again, &[3, 4], Some(false)).await?;
    desk.types(task(5)).await;
    goes_out(stage, &desk, again, 4).await?;
    lets_go(stage, &server).await?;
    is_said(stage, &server, Some(3)).await?;

    let again = breaks(stage, &server, &desk).await?;
    sends_again(stage, &mut desk, again, &[4, 5], Some(false)).await?;
    server.line.up();
    let all = desk.is_sent(Some(RESENDS)).await;
    all.map_err(|(rule, finding)| stage.stop(&server, rule, finding))?;
    is_said(stage, &server, Some(5)).await?;

    // The broker has everything: there is nothing to be sent again.
    let again = breaks(stage, &server, &desk).await?;
    desk.types(task(6)).await;
    let sent = desk.is_sent(None).await;
    sent.map_err(|(rule, finding)| stage.stop(&server, rule, finding))?;
    is_all(stage, &desk, again, &[6], None)?;
    stage.pass(&server, RESENDS);
    Ok(())
}

/// Waits until so many orders have gone out since then.
pub(super) async fn goes_out(
    stage: &mut Stage,
    desk: &Desk,
    since: usize,
    orders: usize,
) -> Result<(), Stop> {
    let Err(why) = desk.publishes(since, orders).await else {
        return desk.agrees(stage);
    };
    desk.agrees(stage)?;
    let server = &desk.server;
    let expected = format!("{orders} orders sent, whether the broker has acknowledged any or not");
    let finding = missed(&server.record, expected, &why);
    Err(stage.stop(server, RESENDS, finding))
}

/// The next answer that is kept back arrives.
async fn lets_go(stage: &mut Stage, server: &Actor) -> Result<(), Stop> {
    let start = server.record.len();
    let waiting = tokio::time::timeout(PROMPT, server.line.withholds(1)).await;
    waiting.map_err(|_| Stop::Program)?;
    server.line.release();
    let came = |entries: &[Entry]| entries.iter().any(queries::is_puback).then_some(());
    let came = server.record.when(start, PROMPT, came).await;
    came.map_err(|why| ended(stage, server, &why))
}

fn ended(stage: &mut Stage, server: &Actor, why: &Missed) -> Stop {
    let finding = missed(&server.record, "a server that goes on", why);
    stage.stop(server, RESENDS, finding)
}

/// The line breaks, and the server comes back. Returns where in the record it broke.
async fn breaks(stage: &mut Stage, server: &Actor, desk: &Desk) -> Result<usize, Stop> {
    desk.agrees(stage)?;
    let place = server.record.len();
    server.cut();
    desk.comes_back(place).await?;
    Ok(place)
}

/// Waits until it has sent again what is due, and nothing else.
async fn sends_again(
    stage: &mut Stage,
    desk: &mut Desk,
    since: usize,
    due: &[u64],
    state: Option<bool>,
) -> Result<(), Stop> {
    let many = due.len() + usize::from(state.is_some());
    let came = desk.publishes(since, many).await;
    if let Err(why) = came {
        desk.agrees(stage)?;
        let server = &desk.server;
        let so_far = server.record.look(|it| tasks(&it[since..], &server.id));
        let finding = missed(&server.record, expected(due, state), &why);
        let finding = match why {
            Missed::TimeUp(_) => Finding {
                actual: listed(&so_far),
                ..finding
            }
            .hint(
                "Keep a list of what was typed and not yet acknowledged. In the arm of the CONNACK all \
                 of it is sent again, the oldest first: with a clean session nobody else does.",
            ),
            _ => finding,
        };
        return Err(stage.stop(server, RESENDS, finding));
    }
    // What it sends too much comes by then.
    desk.is_read(stage).await?;
    is_all(stage, desk, since, due, state)
}

/// Whether just that was sent since then.
fn is_all(
    stage: &mut Stage,
    desk: &Desk,
    since: usize,
    due: &[u64],
    state: Option<bool>,
) -> Result<(), Stop> {
    desk.agrees(stage)?;
    let server = &desk.server;
    let (tasks, states) = server.record.look(|entries| {
        let said = said(&entries[since..], &server.id);
        let states: Vec<bool> = said
            .iter()
            .filter_map(|it| match it {
                Said::State(on) => Some(*on),
                Said::Task { .. } => None,
            })
            .collect();
        (numbers(&said), states)
    });
    let states_are_right = match state {
        Some(on) => states == [on],
        None => states.is_empty(),
    };
    if tasks == due && states_are_right {
        return Ok(());
    }
    let mut actual = listed(&tasks);
    if !states_are_right {
        actual += &format!(", and {} states", states.len());
    }
    let too_much = tasks.iter().any(|seq| !due.contains(seq)) || states.len() > 1;
    let finding = Finding::new(expected(due, state), actual).hint(if too_much {
        "What the broker has acknowledged leaves the list: a PUBACK takes the first order away, \
         whatever connection it comes in."
    } else {
        "What the broker has not acknowledged is sent again: the whole list, in order."
    });
    Err(stage.stop(server, RESENDS, finding))
}

fn expected(due: &[u64], state: Option<bool>) -> String {
    let also = match state {
        Some(on) => format!(" and the state `{on}`"),
        None => String::new(),
    };
    format!("after the CONNACK: {}{also}, and nothing else", listed(due))
}

fn listed(numbers: &[u64]) -> String {
    let words: Vec<String> = numbers.iter().map(u64::to_string).collect();
    match words.as_slice() {
        [] => "no task".to_owned(),
        [one] => format!("task {one}"),
        all => format!("tasks {}", all.join(", ")),
    }
}

fn said(entries: &[Entry], id: &str) -> Vec<Said> {
    let sent = sent(entries).into_iter();
    sent.filter_map(|one| read(one.message, id).ok()).collect()
}

fn numbers(said: &[Said]) -> Vec<u64> {
    let tasks = said.iter().filter_map(|it| match it {
        Said::Task { seq, .. } => Some(*seq),
        Said::State(_) => None,
    });
    tasks.collect()
}
