//! The device alone, on lines that break in every way there is.

use arena::record::{Entry, Event, Sender};
use course::DEVICE;
use rumqttc::mqttbytes::v4;

use super::books::{FORGETS, KEEPS, SENDS, listed, nothing_known};
use super::talk::{KINDS, Talk, hears};
use crate::actor::{PROMPT, QUEUE};
use crate::call::levels;
use crate::findings::missed;
use crate::findings::outage::{self};
use crate::findings::subscription::subscribed_to;
use crate::queries;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// After a CONNACK it subscribes, and then sends what waits.
const AT_ONCE: &str = "sends-after-connack";
/// Also after a restart of the broker.
const HEARS_AGAIN: &str = "device-hears-again";

/// How many rounds the broker is away: more than any outbox of the lesson holds.
const ROUNDS_AWAY: usize = 14;

/// Cut, half open, losing, restarted.
pub async fn line(stage: &mut Stage) -> Result<(), Stop> {
    let levels = levels(&mut stage.dice, 301..1023);
    let device = stage.prepare(DEVICE, &levels).await?;
    device.redact(|redaction| {
        redaction.no_board();
        redaction.no_console();
        redaction.no_messages();
    });
    stage.start(&device).await?;
    let mut talk = Talk::begin(stage, &device, nothing_known(QUEUE)).await?;
    talk.next(stage).await?;
    talk.next(stage).await?;

    // Whatever was sent is not safe by that.
    let cut = device.record.len();
    device.cut();
    at_once(stage, &mut talk, cut).await?;
    let cut = device.record.len();
    device.cut_with_goodbye();
    at_once(stage, &mut talk, cut).await?;
    talk.next(stage).await?;
    answered(stage, &mut talk).await?;

    // With nothing in the queue there is nothing to send.
    let last = talk.last();
    talk.answer(last).await?;
    let cut = device.record.len();
    device.cut();
    let _ = hears(&device, cut).await;
    let back = subscribed_to(&device, cut, KINDS).await;
    stage.insist(&device, HEARS_AGAIN, back)?;
    talk.next(stage).await?;

    away(stage, &mut talk).await?;
    answered(stage, &mut talk).await?;
    unnoticed(stage, &mut talk).await?;
    answered(stage, &mut talk).await?;
    for rule in [SENDS, KEEPS, FORGETS] {
        stage.pass(&device, rule);
    }
    stage.pass(&device, AT_ONCE);

    let down = outage::go_down(stage, &device).await?;
    down.is_noticed(stage, &device).await?;
    device.leave().await;
    Ok(())
}

/// All that waits comes at once, and after the SUBSCRIBE: its answer must find somebody who listens.
async fn at_once(stage: &mut Stage, talk: &mut Talk, cut: usize) -> Result<(), Stop> {
    let device = std::sync::Arc::clone(&talk.device);
    if let Err(why) = talk.at_once(cut).await {
        talk.agrees(stage)?;
        let back = subscribed_to(&device, cut, KINDS).await;
        stage.insist(&device, HEARS_AGAIN, back)?;
        let expected = "after the CONNACK, at once: a message with all that waits";
        let finding = missed(&device.record, expected, &why);
        return Err(stage.stop(&device, AT_ONCE, finding));
    }
    talk.agrees(stage)?;
    let in_order = device
        .record
        .look(|entries| subscribes_first(&entries[cut..]));
    stage.insist(&device, AT_ONCE, in_order)
}

fn subscribes_first(entries: &[Entry]) -> Result<(), Finding> {
    let mut filters = 0;
    for entry in entries {
        match queries::sent(entry) {
            Some(v4::Packet::Connect(_)) => filters = 0,
            Some(v4::Packet::Subscribe(subscribe)) => filters += subscribe.filters.len(),
            Some(v4::Packet::Publish(_)) if filters < KINDS.len() => {
                return Err(Finding::new(
                    "a SUBSCRIBE to commands and replies, and then what waits",
                    "a PUBLISH before that",
                )
                .hint(
                    "First subscribe, then send: the answer comes at once, and whoever does not \
                     listen yet misses it.",
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// An answer to all, and then only what is new.
async fn answered(stage: &mut Stage, talk: &mut Talk) -> Result<(), Stop> {
    let last = talk.last();
    talk.answer(last).await?;
    let message = talk.next(stage).await?;
    if message.first() == last + 1 {
        return Ok(());
    }
    let finding = Finding::new(
        format!(
            "after an answer up to {last}: a message that begins with reading {}",
            last + 1
        ),
        format!("a message with {}", listed(&message.readings)),
    );
    Err(stage.stop(&talk.device, FORGETS, finding))
}

/// The broker restarts, and takes its time.
async fn away(stage: &mut Stage, talk: &mut Talk) -> Result<(), Stop> {
    let device = std::sync::Arc::clone(&talk.device);
    let down = outage::go_down(stage, &device).await?;
    down.is_refused(stage, &device).await?;
    rounds(stage, talk, ROUNDS_AWAY).await?;
    let back = down.is_over(stage, &device).await?;
    let _ = hears(&device, back).await;
    let subscription = subscribed_to(&device, back, KINDS).await;
    stage.insist(&device, HEARS_AGAIN, subscription)?;
    talk.reconnect(stage).await?;
    at_once(stage, talk, back).await?;
    talk.next(stage).await?;
    Ok(())
}

/// Some rounds go by.
async fn rounds(stage: &mut Stage, talk: &Talk, rounds: usize) -> Result<(), Stop> {
    let device = &talk.device;
    // Who sleeps in real time takes long for one.
    let few = device.record.look(queries::goes_slowly);
    for _ in 0..if few { 2 } else { rounds } {
        if let Err(why) = device.look().await {
            let expected =
                "a look at the light sensor every five seconds, with a broker or without";
            let finding = missed(&device.record, expected, &why);
            return Err(stage.stop(device, KEEPS, finding.hint(
                "Without a broker the readings are taken all the same, and wait. Nothing in the \
                 sensor's thread may wait for the network.",
            )));
        }
    }
    Ok(())
}

/// What is sent vanishes, and no error says so: first in one direction, then in both.
async fn unnoticed(stage: &mut Stage, talk: &mut Talk) -> Result<(), Stop> {
    let device = std::sync::Arc::clone(&talk.device);
    for from in [Sender::Program, Sender::Broker] {
        device.line.lose(from);
        for _ in 0..2 {
            talk.next(stage).await?;
        }
        device.line.up();
        talk.next(stage).await?;
    }
    device.line.hold();
    rounds(stage, talk, 2).await?;
    device.line.up();
    talk.next(stage).await?;
    let half = device.record.len();
    device.breaks().push(half);
    device.line.half_open();
    rounds(stage, talk, 3).await?;
    let cut = device.record.len();
    device.cut();
    let alive = |entries: &[Entry]| {
        let gone = |entry: &Entry| matches!(entry.event, Event::HungUp { .. });
        entries.iter().any(gone).then_some(())
    };
    let _ = device.record.when(half, PROMPT, alive).await;
    at_once(stage, talk, cut).await
}
