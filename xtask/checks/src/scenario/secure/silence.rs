//! The device is connected, and nobody answers.
//!
//! Whether it has waited for long enough is a matter of the clock on the wall: it is told to wait so
//! short a time that it surely has, or longer than any scene.

use std::time::Duration;

use arena::record::Entry;
use course::DEVICE;

use crate::actor::{Actor, PROMPT, ROUND};
use crate::findings::introduction::arrive;
use crate::findings::missed;
use crate::findings::subscription::{listens, subscribed};
use crate::queries;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// It says once a connection that no command has come.
pub(super) const SAYS_SILENCE: &str = "says-silence";

/// How long it waits, in milliseconds: hardly at all.
pub(super) const ALONE_MS: u64 = 1;

/// How long it waits where a command comes soon enough, in milliseconds. On a busy machine the
/// first may be too short to tell, then it is the next one's turn.
const LONGER_MS: [u64; 3] = [400, 1_600, 6_400];

/// Longer than any scene, in milliseconds.
const LONGEST_MS: u64 = 3_600_000;

/// How many rounds it is watched after that.
const ROUNDS: usize = 4;

/// Nobody answers, in one connection and the next; then somebody does.
pub(super) async fn silence(stage: &mut Stage) -> Result<(), Stop> {
    stage.devices_are_alone_after(ALONE_MS);
    let device = stage.prepare(DEVICE, &[100]).await?;
    device.redact(|redaction| redaction.nothing());
    stage.start(&device).await?;
    arrive(stage, &device).await?;
    let mut start = 0;
    for is_first in [true, false] {
        if subscribed(&device, start, "commands").await.is_err() {
            // That is told elsewhere.
            return Err(Stop::Program);
        }
        let said = says_so(&device, start).await;
        stage.insist(&device, SAYS_SILENCE, said)?;
        for _ in 0..ROUNDS {
            if device.look().await.is_err() {
                return Err(Stop::Program);
            }
        }
        let once = device
            .record
            .look(|entries| is_said_once(&entries[start..]));
        stage.insist(&device, SAYS_SILENCE, once)?;
        if is_first {
            start = device.record.len();
            device.cut();
        }
    }
    device.leave().await;
    not_yet(stage).await?;
    for longer_ms in LONGER_MS {
        if answered(stage, longer_ms).await? {
            return Ok(());
        }
    }
    Err(Stop::Busy)
}

/// Waits until the device has said something in its first connection since this place.
///
/// # Errors
/// When it has not.
pub(super) async fn says_so(device: &Actor, since: usize) -> Result<(), Finding> {
    let online = |entries: &[Entry]| entries.iter().position(queries::is_accepted);
    let said = device.drive(since, ROUND, |entries| {
        let online = online(entries)?;
        queries::errors(&entries[online..]).next().map(drop)
    });
    let expected = "connected, and without a command for `settings.alone_after`: a line on standard \
                    error that says so";
    said.await
        .map_err(|why| missed(&device.record, expected, &why))
}

/// Each of its lines, in one connection.
fn is_said_once(entries: &[Entry]) -> Result<(), Finding> {
    let online = entries.iter().position(queries::is_accepted);
    let lines: Vec<&str> = queries::errors(&entries[online.unwrap_or_default()..]).collect();
    let again = lines
        .iter()
        .enumerate()
        .find(|(place, line)| lines[..*place].contains(line));
    match again {
        None => Ok(()),
        Some((_, line)) => Err(Finding::new(
            "one word about it in a connection",
            format!("the same line again: `{line}`"),
        )),
    }
}

/// The time is longer than any scene, and nothing is said.
async fn not_yet(stage: &mut Stage) -> Result<(), Stop> {
    stage.devices_are_alone_after(LONGEST_MS);
    let device = stage.prepare(DEVICE, &[100]).await?;
    device.redact(|redaction| redaction.nothing());
    stage.start(&device).await?;
    listens(stage, &device, "commands").await?;
    for _ in 0..ROUNDS {
        if device.look().await.is_err() {
            return Err(Stop::Program);
        }
    }
    // Another one of the same name may come after it.
    device.leave().await;
    let found = device
        .record
        .look(|entries| match queries::errors(entries).next() {
            None => Ok(()),
            Some(line) => Err(Finding::new(
                "no complaint as long as `settings.alone_after` has not passed since the CONNACK",
                format!("the line `{line}`"),
            )
            .hint(
                "A server may take its time to answer. Nothing is to be said while \
                 `settings.alone_after` has not passed.",
            )),
        });
    stage.judge(&device, SAYS_SILENCE, found);
    Ok(())
}

/// A command comes in good time, and nothing is said. Whether it was in good time.
async fn answered(stage: &mut Stage, longer_ms: u64) -> Result<bool, Stop> {
    let longer = Duration::from_millis(longer_ms);
    stage.devices_are_alone_after(longer_ms);
    let device = stage.prepare(DEVICE, &[100]).await?;
    device.redact(|redaction| redaction.nothing());
    let server = stage.peer().await?;
    stage.start(&device).await?;
    listens(stage, &device, "commands").await?;
    server
        .publish(&stage.topic("commands"), r#"{"led_on":true}"#)
        .await?;
    let obeyed = device.record.when(0, PROMPT, |entries| {
        (queries::led(entries) == Some(true)).then_some(())
    });
    if obeyed.await.is_err() {
        return Err(Stop::Program);
    }
    let was_quick = device.record.look(|entries| {
        let online = entries.iter().find(|entry| queries::is_accepted(entry));
        online.is_some_and(|online| online.at.elapsed() < longer / 2)
    });
    if !was_quick {
        device.leave().await;
        return Ok(false);
    }
    let since = device.record.len();
    tokio::time::sleep(longer * 11 / 10).await;
    for _ in 0..2 {
        if device.look().await.is_err() {
            return Err(Stop::Program);
        }
    }
    // Another one of the same name may come after it.
    device.leave().await;
    let found = device
        .record
        .look(|entries| match queries::errors(&entries[since..]).next() {
            None => Ok(()),
            Some(line) => Err(Finding::new(
                "no complaint after a command has come",
                format!("the line `{line}`"),
            )
            .hint(
                "A command that has come is an answer: nothing is to be said in this connection \
                 any more.",
            )),
        });
    stage.judge(&device, SAYS_SILENCE, found);
    Ok(true)
}
