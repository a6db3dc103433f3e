//! A thousand names that nobody uses any more, and a new one.

use std::time::Duration;

use course::SERVER;

use super::ballot::PLACES;
use super::crowd::Crowd;
use super::exchange::{LIMIT, answered, count};
use super::expiry::{is_answer, too_old};
use super::server::TELEMETRY;
use crate::actor::{Actor, PROMPT};
use crate::findings::introduction::arrive;
use crate::findings::missed;
use crate::findings::subscription::subscribed;
use crate::queries;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// How long readings count, in milliseconds: most computers fill a thousand places in less time, and
/// others get more of it.
const STALE_MS: [u64; 3] = [400, 2_000, 10_000];

/// How many names are told at once: few enough for any outbox.
const AT_ONCE: usize = 50;

/// Many names that nobody uses any more.
pub async fn room_again(stage: &mut Stage) -> Result<(), Stop> {
    let names = format!("Forged-{}", stage.dice.u16(..));
    for stale_ms in STALE_MS {
        stage.readings_count_for(stale_ms);
        let stale_after = Duration::from_millis(stale_ms);
        let server = stage.enter(SERVER, &[]).await?;
        server.redact(|redaction| redaction.nothing());
        arrive(stage, &server).await?;
        let mut crowd = Crowd::gather(stage, 1).await?;
        if subscribed(&server, 0, TELEMETRY).await.is_err() {
            return Err(Stop::Program);
        }
        let filled = fill(&server, &mut crowd, &names, stale_after).await?;
        let found = makes_room(&server, &mut crowd, &names, stale_after).await?;
        stage.insist(&server, LIMIT, found)?;
        server.leave().await;
        if filled {
            return Ok(());
        }
    }
    Err(Stop::Busy)
}

/// A thousand names. Says whether they were all there at the same time: on a slow computer the first
/// of them are too old before the last ones come.
async fn fill(
    server: &Actor,
    crowd: &mut Crowd,
    names: &str,
    stale_after: Duration,
) -> Result<bool, Stop> {
    let begin = server.record.len();
    let numbers: Vec<usize> = (0..PLACES).collect();
    for some in numbers.chunks(AT_ONCE) {
        let start = server.record.len();
        for number in some {
            crowd.tell(&format!("{names}_{number}"), 1023).await?;
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
    server.calm(Duration::from_millis(20)).await;
    Ok(server.record.look(|entries| {
        let since = &entries[begin..];
        let first = since.iter().find(|entry| queries::is_delivery(entry));
        let last = since.iter().rfind(|entry| is_answer(entry));
        let enough = count(since, server) >= PLACES;
        let took = first
            .zip(last)
            .map(|(first, last)| last.at.duration_since(first.at));
        enough && took.is_some_and(|took| took < stale_after)
    }))
}

/// They fall silent, and then there is room for another.
async fn makes_room(
    server: &Actor,
    crowd: &mut Crowd,
    names: &str,
    stale_after: Duration,
) -> Result<Result<(), Finding>, Stop> {
    too_old(server, stale_after).await;
    let start = server.record.len();
    crowd.tell(&format!("{names}_new"), 0).await?;
    let Err(why) = answered(server, start, 1).await else {
        return Ok(Ok(()));
    };
    let expected = format!(
        "an answer to a new device, when {PLACES} others have been silent for more than \
         {} ms",
        stale_after.as_millis()
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
