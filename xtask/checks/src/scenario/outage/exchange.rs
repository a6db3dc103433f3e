//! What a server was told, and what it showed, answered and commanded, held against each other.

mod balance;

use arena::peer::Peer;
use arena::record::{Entry, Missed};
use rumqttc::mqttbytes::v4::{self, Publish};
use serde_json::Value;

use super::message::Message;
use crate::actor::{Actor, PROMPT};
use crate::findings::{missed, payload};
use crate::queries;
use crate::sheet::Finding;
use crate::stage::Stop;

use balance::judge;
pub(super) use balance::{agrees, judge_at_rest};

/// Each reading in a line, in order.
pub(super) const SHOWS: &str = "shows";
/// And never again.
pub(super) const ONCE: &str = "shows-once";
/// Each message is answered.
pub(super) const ANSWERS: &str = "answers";
/// News leads to one command.
pub(super) const COMMANDS: &str = "commands";
/// Eight runs are remembered.
pub(super) const REMEMBERS: &str = "remembers-runs";
/// What is no message of a device changes nothing.
pub(super) const NONSENSE: &str = "no-answer-to-bad-payload";

/// A finding, and the rule that is broken.
pub(super) type Broken = (&'static str, Finding);

/// The messages that a device might have sent and that have reached the server, in order. Those that
/// break a rule are none.
fn heard(entries: &[Entry], server: &Actor) -> Vec<Message> {
    let topic = format!("{}/telemetry", server.id);
    let messages = entries.iter().filter_map(|entry| {
        let v4::Packet::Publish(message) = queries::received(entry)? else {
            return None;
        };
        let read = Message::read(&message.payload).ok();
        read.filter(|read| message.topic == topic && goes_up(read))
    });
    messages.collect()
}

/// Whether each number is higher than the one before.
pub(super) fn goes_up(message: &Message) -> bool {
    message.readings.is_sorted_by(|one, next| one.0 < next.0)
}

fn said<'a>(entries: &'a [Entry], server: &Actor, kind: &str) -> Vec<&'a Publish> {
    let topic = format!("{}/{kind}", server.id);
    let said = queries::published(entries).filter(|message| message.topic == topic);
    said.collect()
}

/// How many answers there were so far.
pub(super) fn answers(entries: &[Entry], server: &Actor) -> usize {
    said(entries, server, "replies").len()
}

/// Tells a message and waits for its answer.
///
/// # Errors
/// The inner one says what came instead.
pub(super) async fn tell(
    server: &Actor,
    device: &Peer,
    payload: impl Into<Vec<u8>>,
) -> Result<Result<(), Missed>, Stop> {
    let start = server.record.len();
    device
        .publish(&format!("{}/telemetry", server.id), payload)
        .await?;
    let answered = server.record.when(start, PROMPT, |entries| {
        (answers(entries, server) > 0).then_some(())
    });
    Ok(answered.await)
}

/// An answer that did not come.
pub(super) fn unanswered(server: &Actor, why: &Missed) -> Broken {
    let expected = format!("an answer on {}/replies", server.id);
    // What is wrong with what it did so far may tell more.
    if let Err(broken) = judge(server)
        && broken.0 != ANSWERS
    {
        return broken;
    }
    let elsewhere = server.record.look(|entries| {
        let mut messages = queries::published(entries);
        let is_answer =
            |message: &&Publish| !message.topic.ends_with("/replies") && answer(message).is_ok();
        messages.find(is_answer).map(|found| found.topic.clone())
    });
    if let Some(topic) = elsewhere {
        let found = payload::topic(&topic, &server.id, "replies");
        return (
            ANSWERS,
            found.err().unwrap_or_else(|| Finding::new(expected, topic)),
        );
    }
    (ANSWERS, missed(&server.record, expected, why))
}

/// The run and the number in an answer.
fn answer(message: &Publish) -> Result<(String, u64), Finding> {
    let shown = payload::visible(&String::from_utf8_lossy(&message.payload));
    let expected = r#"JSON like {"run":"5f0c9d2e7ab14c36","seq":13}"#;
    let value: Value = serde_json::from_slice(&message.payload).unwrap_or_default();
    let run = value.get("run").and_then(Value::as_str);
    let seq = value.get("seq").and_then(Value::as_u64);
    let both = run.map(str::to_owned).zip(seq);
    both.ok_or_else(|| {
        Finding::new(expected, format!("`{shown}`")).hint(
            "The answer is one JSON object: `run`, as it came in the message, and `seq`, the last \
             number that was shown.",
        )
    })
}
