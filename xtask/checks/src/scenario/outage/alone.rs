//! The device decides by itself while it hears nothing of its server.
//!
//! Whether it has waited long enough is a matter of the clock on the wall, so a check only ever
//! waits for longer than that: then every right device is alone, however slow the computer is.

use std::time::Duration;

use arena::record::Entry;
use course::DEVICE;

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

/// How long a device may hear nothing, in milliseconds. Whoever lets nonsense count as news has to
/// be looked at before that is over, and most computers are quick enough.
const ALONE_MS: u64 = 300;

/// What is no command and no answer.
const NOTHING: [(&str, &str); 4] = [
    ("commands", r#"{"led_on":"yes"}"#),
    ("replies", r#"{"run":"0000000000000000","seq":1}"#),
    ("replies", "not json"),
    ("commands", ""),
];

/// Before there is a broker, with a broker and no server, and after the server has spoken.
pub async fn alone(stage: &mut Stage) -> Result<(), Stop> {
    stage.devices_are_alone_after(ALONE_MS);
    let device = stage.prepare(DEVICE, &[1023]).await?;
    device.redact(|redaction| redaction.nothing());
    device.take_down();
    stage.start(&device).await?;
    // Its life has begun when it first looks.
    if device.look().await.is_err() {
        return Err(Stop::Program);
    }
    silence().await;
    for level in [0, 300, 299, 1023] {
        follows(stage, &device, level, "while there is no broker").await?;
    }
    device.line.up();
    arrive(stage, &device).await?;
    if subscribed_to(&device, 0, KINDS).await.is_err() {
        return Err(Stop::Program);
    }
    for level in [150, 700] {
        follows(
            stage,
            &device,
            level,
            "while there is a broker and no server",
        )
        .await?;
    }
    let server = stage.peer().await?;
    // Nobody has spoken.
    let start = device.record.len();
    for (kind, payload) in NOTHING {
        server.publish(&stage.topic(kind), payload).await?;
    }
    let all = device.record.when(start, PROMPT, |entries| {
        let deliveries = entries.iter().filter(|entry| queries::is_delivery(entry));
        (deliveries.count() >= NOTHING.len()).then_some(())
    });
    let _ = all.await;
    device.calm(Duration::from_millis(20)).await;
    for level in [0, 1023] {
        let hint = "after messages that are no commands and no answers for it";
        follows(stage, &device, level, hint).await?;
    }
    // It obeys again, whatever its sensor says.
    let commands = stage.topic("commands");
    for on in [true, false, true] {
        let start = device.record.len();
        server
            .publish(&commands, format!(r#"{{"led_on":{on}}}"#))
            .await?;
        let obeyed = becomes(&device, start, on).await;
        let obeyed = obeyed.map_err(|why| {
            let expected = format!("the LED switched {} by the next command", word(on));
            missed(&device.record, expected, &why)
        });
        stage.insist(&device, ALONE, obeyed)?;
    }
    silence().await;
    for level in [1023, 0] {
        let when = "when the server has spoken and fallen silent again";
        follows(stage, &device, level, when).await?;
    }
    stage.pass(&device, ALONE);
    Ok(())
}

async fn silence() {
    tokio::time::sleep(Duration::from_millis(ALONE_MS * 11 / 10)).await;
}

async fn becomes(device: &Actor, start: usize, on: bool) -> Result<(), arena::record::Missed> {
    let is = |entries: &[Entry]| (queries::led(entries) == Some(on)).then_some(());
    device.record.when(start, PROMPT, is).await
}

/// Two looks at this level: then the LED is as the level says.
async fn follows(stage: &mut Stage, device: &Actor, level: u16, when: &str) -> Result<(), Stop> {
    let on = level < 300;
    device.board.set_light(level);
    for _ in 0..2 {
        if device.look().await.is_err() {
            return Err(Stop::Program);
        }
    }
    // Off is what it is at first, too.
    let is = |_: &[Entry]| (device.board.led().unwrap_or_default() == on).then_some(());
    let place = device.record.len();
    if is(&[]).is_some()
        || device
            .record
            .when(place, Duration::from_millis(500), is)
            .await
            .is_ok()
    {
        return Ok(());
    }
    let finding = Finding::new(
        format!("{when}, light {level}: LED {}", word(on)),
        format!("the LED is {}", word(!on)),
    );
    Err(stage.stop(device, ALONE, finding.hint(
        "When no command and no answer that makes sense has been heard for `settings.alone_after`, at \
         first since the start, each reading switches the LED as in step 1: whether there is a broker \
         or not.",
    )))
}
