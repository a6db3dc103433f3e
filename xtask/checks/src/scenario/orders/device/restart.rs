//! The broker restarts without a store: it knows of no session any more.

use std::collections::HashSet;
use std::sync::Arc;

use arena::record::{Entry, Missed};
use rumqttc::mqttbytes::v4;

use super::errand::{Errand, HEARS_AGAIN, KINDS};
use crate::actor::{Actor, PROMPT};
use crate::findings::lamp::word;
use crate::findings::payload::visible;
use crate::findings::subscription::subscribed_to;
use crate::findings::{missed, outage};
use crate::queries;
use crate::scenario::commands::device::ONLY_OBEYS;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// It says that tasks may be lost.
pub(super) const FORGOTTEN: &str = "says-forgotten";

/// The LED stays as it was ordered, the loss is said, and new tasks are done.
pub async fn restart(stage: &mut Stage) -> Result<(), Stop> {
    let mut errand = Errand::recorded(stage).await?;
    let device = Arc::clone(&errand.device);
    errand.give_one_by_one(stage, 3).await?;
    let lit = device.record.len();
    let down = outage::go_down(stage, &device).await?;
    down.is_refused(stage, &device).await?;
    let back = down.is_over(stage, &device).await?;
    let subscription = subscribed_to(&device, back, KINDS).await;
    stage.insist(&device, HEARS_AGAIN, subscription)?;
    let said = says_forgotten(&device, back).await;
    stage.judge(&device, FORGOTTEN, said);
    stage.judge_seen(&device, ONLY_OBEYS, left_alone(&device, lit, true));
    errand.reconnect(stage).await?;
    errand.give(1).await?;
    errand.is_done(stage).await?;

    let dark = device.record.len();
    let down = outage::go_down(stage, &device).await?;
    down.is_noticed(stage, &device).await?;
    stage.judge(&device, ONLY_OBEYS, left_alone(&device, dark, false));
    device.leave().await;
    Ok(())
}

/// Nobody has ordered anything since.
fn left_alone(device: &Actor, since: usize, on: bool) -> Result<(), Finding> {
    let switched = device
        .record
        .look(|entries| queries::leds(&entries[since..]).any(|led| led != on));
    if !switched {
        return Ok(());
    }
    Err(Finding::new(
        format!(
            "an LED that stays {}, as it was ordered, while the broker is away and when it is back",
            word(on)
        ),
        format!("it was switched {} without an order", word(!on)),
    ))
}

/// Something new is said on standard error once the broker has answered. In which words is free.
pub(super) async fn says_forgotten(device: &Actor, back: usize) -> Result<(), Finding> {
    let expected = "at a CONNACK without a session, when tasks were done before: a line on standard \
                    error that says so";
    let said = device.record.when(0, PROMPT, |entries: &[Entry]| {
        // A broker that is not ours to start anew has kept it.
        if entries[back..].iter().any(keeps_the_session) {
            return Some(());
        }
        let accepted = back + entries[back..].iter().position(queries::is_accepted)?;
        // What was said of the outage may still be on its way.
        let known: HashSet<String> = queries::errors(&entries[..accepted])
            .map(without_numbers)
            .collect();
        let mut lines = queries::errors(&entries[accepted..]);
        lines
            .any(|line| !known.contains(&without_numbers(line)))
            .then_some(())
    });
    said.await.map_err(|why| match why {
        Missed::TimeUp(_) => unsaid(device, back, expected),
        why => missed(&device.record, expected, &why),
    })
}

/// As far as two lines are alike that name different tasks.
fn without_numbers(line: &str) -> String {
    line.replace(|letter: char| letter.is_ascii_digit(), "")
}

/// Nothing was said, or what it says in any case.
fn unsaid(device: &Actor, back: usize, expected: &str) -> Finding {
    let last = device.record.look(|entries| {
        let accepted = entries[back..].iter().position(queries::is_accepted)?;
        let lines = queries::errors(&entries[back + accepted..]);
        lines.last().map(visible)
    });
    match last {
        None => Finding::new(expected, "not a word about it"),
        Some(line) => Finding::new(expected, format!("`{line}`, as when nothing was lost")).hint(
            "It says so as well when the broker has kept the session, and nothing is lost then. \
                 `session_present` in the CONNACK tells the two apart.",
        ),
    }
}

fn keeps_the_session(entry: &Entry) -> bool {
    matches!(
        queries::received(entry),
        Some(v4::Packet::ConnAck(answer)) if answer.session_present
    )
}
