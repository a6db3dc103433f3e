//! Devices fall silent, and their last readings grow old.
//!
//! Whether a reading is too old when the next one arrives is certain from outside only if much time
//! has passed, or little: from when the server has answered it at the latest, or from when it was
//! delivered at the earliest. A slow computer can make the second kind impossible to tell; then it
//! is tried again.

use std::time::{Duration, Instant};

use arena::record::Entry;
use course::SERVER;
use rumqttc::mqttbytes::v4;

use super::ballot::PLACES;
use super::crowd::{Crowd, names};
use super::exchange::{LIMIT, answered, count, said};
use super::server::TELEMETRY;
use crate::actor::{Actor, PROMPT};
use crate::findings::introduction::arrive;
use crate::findings::subscription::subscribed;
use crate::findings::{missed, payload};
use crate::queries;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// A reading that is too old counts no longer.
const EXPIRY: &str = "expiry";

/// How long readings count in this scene, in milliseconds.
pub(super) const STALE_MS: u64 = 100;
const STALE_AFTER: Duration = Duration::from_millis(STALE_MS);

/// A little more than that.
const TOO_OLD: Duration = Duration::from_millis(STALE_MS + 10);

/// More than half of it, and so much less than all that most computers make it.
const HALF: Duration = Duration::from_millis(STALE_MS * 55 / 100);

/// How often it is tried to be quick.
const TRIES: usize = 8;

/// How many names are told at once, see [`super::places`].
const AT_ONCE: usize = 50;

/// An answer, and the times between which the server has decided on it.
#[derive(Clone, Copy, Debug)]
struct Answer {
    on: bool,
    to_all: bool,
    delivered: Instant,
    answered: Instant,
}

/// Dead sensors, and living ones.
pub async fn expiry(stage: &mut Stage) -> Result<(), Stop> {
    let names = names(&mut stage.dice, 3);
    let [dead, steady, late] = names.as_slice() else {
        return Err(Stop::Program);
    };
    let server = stage.enter(SERVER, &[]).await?;
    server.redact(|redaction| redaction.nothing());
    arrive(stage, &server).await?;
    let mut crowd = Crowd::gather(stage, 1).await?;
    if subscribed(&server, 0, TELEMETRY).await.is_err() {
        return Err(Stop::Program);
    }
    for device in [dead, steady] {
        let answer = tell(&server, &mut crowd, device, 0).await?;
        if !answer.on {
            return Err(Stop::Program);
        }
    }
    wait(&server, TOO_OLD).await;
    let answer = tell(&server, &mut crowd, late, 1023).await?;
    let found = dies(&server, answer);
    stage.insist(&server, EXPIRY, found)?;
    let found = lives(&server, &mut crowd, [dead, steady, late]).await?;
    stage.insist(&server, EXPIRY, found)?;
    Ok(())
}

/// Many names that nobody uses any more.
pub async fn room_again(stage: &mut Stage) -> Result<(), Stop> {
    let server = stage.enter(SERVER, &[]).await?;
    server.redact(|redaction| redaction.nothing());
    arrive(stage, &server).await?;
    let mut crowd = Crowd::gather(stage, 1).await?;
    if subscribed(&server, 0, TELEMETRY).await.is_err() {
        return Err(Stop::Program);
    }
    let found = makes_room(stage, &server, &mut crowd).await?;
    stage.insist(&server, LIMIT, found)
}

/// Tells a reading, and waits for its answer.
async fn tell(server: &Actor, crowd: &mut Crowd, device: &str, level: u16) -> Result<Answer, Stop> {
    let start = server.record.len();
    crowd.tell(device, level).await?;
    // Who does not answer is told so elsewhere.
    let answer = answered(server, start, 1).await;
    answer.map_err(|_| Stop::Program)?;
    let answer = server
        .record
        .look(|entries| last_answer(&entries[start..], server));
    answer.ok_or(Stop::Program)
}

fn last_answer(entries: &[Entry], server: &Actor) -> Option<Answer> {
    let is_reading =
        |entry: &&Entry| matches!(queries::received(entry), Some(v4::Packet::Publish(_)));
    let delivered = entries.iter().find(is_reading)?.at;
    let (to, message) = said(entries, server).pop()?;
    let answer = entries
        .iter()
        .rfind(|entry| queries::publish(entry).is_some_and(|it| it.topic == message.topic))?;
    Some(Answer {
        on: payload::led_on(&message.payload).ok()?,
        to_all: to == super::ballot::To::All,
        delivered,
        answered: answer.at,
    })
}

/// Lets so much time pass since the last answer.
async fn wait(server: &Actor, time: Duration) {
    let last = server.record.look(|entries| {
        let answer = entries.iter().rfind(|entry| {
            queries::publish(entry).is_some_and(|message| message.topic.ends_with("/commands"))
        });
        answer.map_or_else(Instant::now, |entry| entry.at)
    });
    tokio::time::sleep_until((last + time).into()).await;
}

/// Two were dark and have been silent for too long: the third, which is bright, is alone.
fn dies(server: &Actor, answer: Answer) -> Result<(), Finding> {
    if !answer.on && answer.to_all {
        return Ok(());
    }
    let silent = format!(
        "light 1023, when two dark devices have been silent for more than {STALE_MS} ms: led_on \
         false to all"
    );
    let timer = server
        .record
        .look(|entries| count(entries, server) > 3)
        .then_some(
            "It commands by itself when a reading grows old. There is no timer: what has \
                    expired is noticed when the next reading arrives.",
        );
    let finding = Finding::new(silent, shown(answer));
    Err(match timer {
        Some(hint) => finding.hint(hint),
        None if answer.on => finding.hint(
            "A device that has gone silent still counts. Before a reading is taken in, forget all \
             that are older than `settings.stale_after`: a dead sensor must not have a vote for ever.",
        ),
        None => finding.hint(
            "The decision is another one than before: it was dark, and now it is not, because the \
             dark readings have expired. That is for all.",
        ),
    })
}

/// One is too old, and two are not, one of which has spoken twice: they count, and only they.
async fn lives(
    server: &Actor,
    crowd: &mut Crowd,
    [dead, steady, late]: [&str; 3],
) -> Result<Result<(), Finding>, Stop> {
    for _ in 0..TRIES {
        let old = tell(server, crowd, dead, 1023).await?;
        tell(server, crowd, steady, 1023).await?;
        wait(server, HALF).await;
        let again = tell(server, crowd, steady, 1023).await?;
        wait(server, HALF).await;
        let answer = tell(server, crowd, late, 0).await?;
        let is_old = answer.delivered.duration_since(old.answered) > STALE_AFTER;
        let is_fresh = answer.answered.duration_since(again.delivered) < STALE_AFTER;
        if !is_old || !is_fresh {
            continue;
        }
        if !answer.on {
            return Ok(Ok(()));
        }
        let expected = format!(
            "light 0, when a bright device has spoken less than {STALE_MS} ms ago: led_on false, \
             as half is not more than half"
        );
        return Ok(Err(Finding::new(expected, shown(answer)).hint(
            "A reading that is not too old yet was forgotten. Forget each by its own age, which \
             begins anew with each reading of that device, and no other with it.",
        )));
    }
    // On a computer so slow nothing can be said.
    Ok(Ok(()))
}

/// A thousand names that are silent then make room for another.
async fn makes_room(
    stage: &mut Stage,
    server: &Actor,
    crowd: &mut Crowd,
) -> Result<Result<(), Finding>, Stop> {
    let salt = stage.dice.u16(..);
    let numbers: Vec<usize> = (0..PLACES).collect();
    for some in numbers.chunks(AT_ONCE) {
        let start = server.record.len();
        for number in some {
            crowd.tell(&format!("Forged-{salt}_{number}"), 1023).await?;
        }
        let (mut seen, mut readings) = (0, 0);
        let delivered = server.record.when(start, PROMPT, |entries| {
            let new = entries[seen..].iter();
            readings += new.filter(|entry| queries::is_delivery(entry)).count();
            seen = entries.len();
            (readings >= some.len()).then_some(())
        });
        if delivered.await.is_err() {
            return Err(Stop::Program);
        }
    }
    // What is still on its way to the server is answered before this: time counts from there.
    server.calm(Duration::from_millis(STALE_MS / 5)).await;
    wait(server, TOO_OLD).await;
    let start = server.record.len();
    crowd.tell("Newcomer", 0).await?;
    let Err(why) = answered(server, start, 1).await else {
        return Ok(Ok(()));
    };
    let expected = format!(
        "an answer to a new device, when {PLACES} others have been silent for more than {STALE_MS} ms"
    );
    let finding = missed(&server.record, expected, &why);
    Ok(Err(match finding.hint {
        Some(_) => finding,
        None => finding.hint(
            "A place is free again when its reading has expired. First forget what is too old, and \
             only then look whether there is room.",
        ),
    }))
}

fn shown(answer: Answer) -> String {
    let whom = if answer.to_all { "all" } else { "the sender" };
    format!("led_on {} to {whom}", answer.on)
}
