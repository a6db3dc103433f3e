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

use super::crowd::{Crowd, names};
use super::exchange::{answered, count, heard, said};
use super::server::TELEMETRY;
use crate::actor::Actor;
use crate::findings::payload;
use crate::findings::subscription::listens;
use crate::queries;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// A reading that is too old counts no longer.
const EXPIRY: &str = "expiry";

/// How long readings count, in milliseconds. With the first one most computers are quick enough to
/// say for certain what is old; if not, it begins anew with more time.
const STALE_MS: [u64; 3] = [100, 500, 2_500];

/// How often it is tried to be quick before that.
const TRIES: usize = 4;

/// A server that has something to say does not rest for so long.
const CALM: Duration = Duration::from_millis(60);

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
    for stale_ms in STALE_MS {
        stage.readings_count_for(stale_ms);
        match plays(stage, Duration::from_millis(stale_ms)).await {
            Err(Stop::Busy) => {}
            told => return told,
        }
    }
    Err(Stop::Busy)
}

/// [`Stop::Busy`] when it was not certain what is old.
async fn plays(stage: &mut Stage, stale_after: Duration) -> Result<(), Stop> {
    let server = stage.enter(SERVER, &[]).await?;
    server.redact(|redaction| redaction.nothing());
    listens(stage, &server, TELEMETRY).await?;
    let told = grows_old(stage, &server, stale_after).await;
    let unasked = server
        .record
        .look(|entries| count(entries, &server) > heard(entries, &server).len());
    if unasked {
        super::server::unasked(stage, &server);
    }
    // Another one of the same name may come after it.
    server.leave().await;
    told
}

async fn grows_old(stage: &mut Stage, server: &Actor, stale_after: Duration) -> Result<(), Stop> {
    let names = names(&mut stage.dice, 3);
    let [dead, steady, late] = names.as_slice() else {
        return Err(Stop::Program);
    };
    let mut crowd = Crowd::gather(stage, 1).await?;
    for device in [dead, steady] {
        let answer = tell(server, &mut crowd, device, 0).await?;
        if !answer.on {
            // Dark decides, when nobody else counts. Either it always decides wrongly, which is told
            // elsewhere, or this is no answer but something it says by itself.
            server.calm(CALM).await;
            return Err(Stop::Busy);
        }
    }
    too_old(server, stale_after).await;
    let answer = tell(server, &mut crowd, late, 1023).await?;
    let found = dies(server, answer, stale_after);
    stage.insist(server, EXPIRY, found)?;
    for last_word in [1023, 0] {
        let devices = [dead, steady, late].map(String::as_str);
        // Who forgets too much would show it in the second as well, and be told something else.
        let Some(found) = lives(server, &mut crowd, devices, last_word, stale_after).await? else {
            return Err(Stop::Busy);
        };
        stage.insist(server, EXPIRY, found)?;
    }
    Ok(())
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

/// Lets so much time pass since the last answer that every reading so far is too old.
pub(super) async fn too_old(server: &Actor, stale_after: Duration) {
    wait(server, stale_after + Duration::from_millis(10)).await;
}

/// Lets so much time pass since the last answer.
async fn wait(server: &Actor, time: Duration) {
    let last = server.record.look(|entries| {
        let answer = entries.iter().rfind(|entry| is_answer(entry));
        answer.map_or_else(Instant::now, |entry| entry.at)
    });
    tokio::time::sleep_until((last + time).into()).await;
}

/// Two were dark and have been silent for too long: the third, which is bright, is alone.
fn dies(server: &Actor, answer: Answer, stale_after: Duration) -> Result<(), Finding> {
    let stale_ms = stale_after.as_millis();
    if !answer.on && answer.to_all {
        return Ok(());
    }
    let silent = format!(
        "light 1023, when two dark devices have been silent for more than {stale_ms} ms: led_on \
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

/// One is too old, and two are not, one of which has spoken twice: they count, and only they. The
/// one that is too old has said `last_word`: dark, it shows whether it still counts, and bright,
/// whether another does no longer. Nothing, when the computer is too slow to say.
async fn lives(
    server: &Actor,
    crowd: &mut Crowd,
    [dead, steady, late]: [&str; 3],
    last_word: u16,
    stale_after: Duration,
) -> Result<Option<Result<(), Finding>>, Stop> {
    let stale_ms = stale_after.as_millis();
    let half = stale_after * 55 / 100;
    for _ in 0..TRIES {
        let first = tell(server, crowd, late, 1023).await?;
        tell(server, crowd, dead, last_word).await?;
        // With this one's first reading the other's is too old as well.
        let old = tell(server, crowd, steady, 1023).await?;
        wait(server, half).await;
        let again = tell(server, crowd, steady, 1023).await?;
        wait(server, half).await;
        let answer = tell(server, crowd, late, 0).await?;
        let is_old = answer.delivered.duration_since(old.answered) > stale_after;
        // Until here nothing may have expired: who forgets too much would do it too early to show.
        let was_quick = again.answered.duration_since(first.delivered) < stale_after;
        let is_fresh = answer.answered.duration_since(again.delivered) < stale_after;
        if !is_old || !is_fresh || !was_quick {
            continue;
        }
        if !answer.on {
            return Ok(Some(Ok(())));
        }
        let expected = format!(
            "light 0, when a bright device has spoken less than {stale_ms} ms ago: led_on false, \
             as half is not more than half"
        );
        let hint = if last_word < 300 {
            "A device that has gone silent still counts as long as another one speaks. Each reading \
             has an age of its own, which begins anew with a reading of that same device only."
        } else {
            "A reading that is not too old yet was forgotten. Forget each by its own age, which \
             begins anew with each reading of that device, and no other with it."
        };
        return Ok(Some(Err(Finding::new(expected, shown(answer)).hint(hint))));
    }
    Ok(None)
}

fn shown(answer: Answer) -> String {
    let whom = if answer.to_all { "all" } else { "the sender" };
    format!("led_on {} to {whom}", answer.on)
}

/// Whether it is a command.
pub(super) fn is_answer(entry: &Entry) -> bool {
    queries::publish(entry).is_some_and(|message| message.topic.ends_with("/commands"))
}
