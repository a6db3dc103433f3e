//! The device decides by itself while it hears nothing of its server.
//!
//! Whether it has heard nothing for long enough is a matter of the clock on the wall. From outside
//! it is certain only that it has, when much time has passed since the server's last word was obeyed,
//! or that it has not, when little has since that was said. A slow computer can make the second kind
//! impossible to tell; then it is tried again.

use std::time::{Duration, Instant};

use arena::peer::Peer;
use arena::record::Entry;
use course::DEVICE;

use super::message::told;
use super::talk::KINDS;
use crate::actor::{Actor, PROMPT};
use crate::findings::introduction::arrive;
use crate::findings::lamp::word;
use crate::findings::missed;
use crate::findings::subscription::subscribed_to;
use crate::queries;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// Below 300 on, else off, when nobody says otherwise.
const ALONE: &str = "decides-alone";

/// How long a device may hear nothing, in milliseconds. With the first one most computers are quick
/// enough to say for certain what was news to it; if not, it begins anew with more time.
const ALONE_MS: [u64; 2] = [300, 3_000];

/// How often it is tried to be quick before that.
const TRIES: usize = 4;

/// How often a device that should be alone is given as much time again: it notes when it has heard
/// a command only after its LED has obeyed.
const SILENCES: usize = 4;

/// What is no command and no answer.
const NOTHING: [(&str, &str); 4] = [
    ("commands", r#"{"led_on":"yes"}"#),
    ("replies", r#"{"run":"0000000000000000","seq":1}"#),
    ("replies", "not json"),
    ("commands", ""),
];

/// How many of them are reported: to some an empty message is none.
const REPORTS: usize = 3;

/// How long the reports may take: who makes none is told so elsewhere.
const WORDS: Duration = Duration::from_secs(1);

/// Before there is a broker, with a broker and no server, and after the server has spoken.
pub async fn alone(stage: &mut Stage) -> Result<(), Stop> {
    for alone_ms in ALONE_MS {
        stage.devices_are_alone_after(alone_ms);
        if plays(stage, Duration::from_millis(alone_ms)).await? {
            return Ok(());
        }
    }
    Err(Stop::Busy)
}

/// Says whether it was certain what the device took for news.
async fn plays(stage: &mut Stage, alone_after: Duration) -> Result<bool, Stop> {
    let device = stage.prepare(DEVICE, &[1023]).await?;
    device.redact(|redaction| redaction.nothing());
    device.take_down();
    stage.start(&device).await?;
    // Its life has begun when it first looks.
    if device.look().await.is_err() {
        return Err(Stop::Program);
    }
    silence(alone_after).await;
    for level in [0, 300, 299, 1023] {
        let when = "while there is no broker";
        follows(stage, &device, alone_after, level, when).await?;
    }
    device.line.up();
    arrive(stage, &device).await?;
    if subscribed_to(&device, 0, KINDS).await.is_err() {
        return Err(Stop::Program);
    }
    for level in [150, 700] {
        let when = "while there is a broker and no server";
        follows(stage, &device, alone_after, level, when).await?;
    }
    let server = stage.peer().await?;
    let passed_over = passes_over(stage, &device, &server, alone_after).await?;
    // It obeys again, whatever its sensor says.
    for on in [true, false, true] {
        obeys(stage, &device, &server, on).await?;
    }
    silence(alone_after).await;
    for level in [1023, 0] {
        let when = "when the server has spoken and fallen silent again";
        follows(stage, &device, alone_after, level, when).await?;
    }
    let heard = hears_answers(stage, &device, &server, alone_after).await?;
    stage.pass(&device, ALONE);
    // Another one of the same name may come after it.
    device.leave().await;
    // Who sleeps in real time is never quick enough.
    let slow = device.record.look(queries::goes_slowly);
    Ok(slow || passed_over && heard)
}

async fn silence(alone_after: Duration) {
    tokio::time::sleep(alone_after * 11 / 10).await;
}

/// Commands that it obeys.
async fn obeys(stage: &mut Stage, device: &Actor, server: &Peer, on: bool) -> Result<(), Stop> {
    let start = device.record.len();
    let command = format!(r#"{{"led_on":{on}}}"#);
    server.publish(&stage.topic("commands"), command).await?;
    let is = |entries: &[Entry]| (queries::led(entries) == Some(on)).then_some(());
    let obeyed = device.record.when(start, PROMPT, is).await;
    let obeyed = obeyed.map_err(|why| {
        let expected = format!("the LED switched {} by the next command", word(on));
        missed(&device.record, expected, &why)
    });
    stage.insist(device, ALONE, obeyed)
}

/// Nobody has spoken who makes sense: it decides as before, at once. Says whether that was certain.
async fn passes_over(
    stage: &mut Stage,
    device: &Actor,
    server: &Peer,
    alone_after: Duration,
) -> Result<bool, Stop> {
    for _ in 0..TRIES {
        let (start, said) = (device.record.len(), Instant::now());
        for (kind, payload) in NOTHING {
            server.publish(&stage.topic(kind), payload).await?;
        }
        let all = device.record.when(start, PROMPT, |entries| {
            let deliveries = entries.iter().filter(|entry| queries::is_delivery(entry));
            (deliveries.count() >= NOTHING.len()).then_some(())
        });
        let _ = all.await;
        let reported = device.record.when(start, WORDS, |entries| {
            (queries::errors(entries).count() >= REPORTS).then_some(())
        });
        let _ = reported.await;
        for level in [0, 1023] {
            let when = "after messages that are no commands and no answers for it";
            if !looks_and_switches(device, level).await? {
                return Err(lags(stage, device, level, when));
            }
        }
        if said.elapsed() < alone_after {
            return Ok(true);
        }
    }
    Ok(false)
}

/// An answer is a word of the server, too: it does not decide right after one. Says whether that was
/// certain.
async fn hears_answers(
    stage: &mut Stage,
    device: &Actor,
    server: &Peer,
    alone_after: Duration,
) -> Result<bool, Stop> {
    for _ in 0..TRIES {
        // Else the command that follows it changes nothing.
        follows(
            stage,
            device,
            alone_after,
            1023,
            "when it was alone for long",
        )
        .await?;
        obeys(stage, device, server, true).await?;
        let obeyed = Instant::now();
        device.board.set_light(0);
        tokio::time::sleep(alone_after * 6 / 10).await;
        let said = Instant::now();
        if !takes_in(stage, device, server).await? {
            continue;
        }
        // Now the command by itself would be too old.
        tokio::time::sleep_until((obeyed + alone_after * 11 / 10).into()).await;
        let start = device.record.len();
        device.board.set_light(1023);
        if device.look().await.is_err() {
            return Err(Stop::Program);
        }
        let decided = device
            .record
            .look(|entries| queries::led(&entries[start..]) == Some(false));
        if said.elapsed() >= alone_after {
            continue;
        }
        if !decided {
            return Ok(true);
        }
        let finding = Finding::new(
            "an answer for it heard, and light 1023: the LED as the last command said",
            "the LED was switched off",
        );
        return Err(stage.stop(device, ALONE, finding.hint(
            "An answer that makes sense is a word of the server, as a command is: note the time of \
             either.",
        )));
    }
    Ok(false)
}

/// Answers all that it has told, and looks whether it has taken that in: then its next message has
/// only later readings in it.
async fn takes_in(stage: &Stage, device: &Actor, server: &Peer) -> Result<bool, Stop> {
    let last = |entries: &[Entry]| told(entries, device).ok()?.pop();
    // Who tells nothing is told so elsewhere.
    let before = device.record.look(last).ok_or(Stop::Program)?.message;
    let answer = format!(r#"{{"run":"{}","seq":{}}}"#, before.run, before.last());
    let start = device.record.len();
    server.publish(&stage.topic("replies"), answer).await?;
    let is_there = |entries: &[Entry]| entries.iter().any(queries::is_delivery).then_some(());
    let _ = device.record.when(start, PROMPT, is_there).await;
    for _ in 0..2 {
        if device.look().await.is_err() {
            return Err(Stop::Program);
        }
        let without = device.record.when(0, WORDS, |entries| {
            let now = last(entries)?.message;
            (now.first() > before.last()).then_some(())
        });
        if without.await.is_ok() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// When it is alone, the LED is as this level says. Whoever may just have heard something is given
/// more time.
async fn follows(
    stage: &mut Stage,
    device: &Actor,
    alone_after: Duration,
    level: u16,
    when: &str,
) -> Result<(), Stop> {
    for _ in 0..SILENCES {
        if looks_and_switches(device, level).await? {
            return Ok(());
        }
        silence(alone_after).await;
    }
    Err(lags(stage, device, level, when))
}

/// Two looks at this level: says whether the LED is then as the level says.
async fn looks_and_switches(device: &Actor, level: u16) -> Result<bool, Stop> {
    device.board.set_light(level);
    let start = device.record.len();
    for _ in 0..2 {
        if device.look().await.is_err() {
            return Err(Stop::Program);
        }
    }
    // Off is what it is at first, too.
    let is = |_: &[Entry]| {
        let on = device.board.led().unwrap_or_default();
        (on == (level < 300)).then_some(())
    };
    Ok(device.record.when(start, WORDS, is).await.is_ok())
}

fn lags(stage: &mut Stage, device: &Actor, level: u16, when: &str) -> Stop {
    let on = level < 300;
    let finding = Finding::new(
        format!("{when}, light {level}: LED {}", word(on)),
        format!("the LED is {}", word(!on)),
    );
    stage.stop(device, ALONE, finding.hint(
        "When no command and no answer that makes sense has been heard for `settings.alone_after`, at \
         first since the start, each reading switches the LED as in step 1: whether there is a broker \
         or not.",
    ))
}
