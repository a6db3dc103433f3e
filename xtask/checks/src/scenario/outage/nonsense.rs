//! Messages that no device sends, and what the server makes of them: nothing.

use course::SERVER;

use super::exchange::{NONSENSE, judge_at_rest, tell};
use super::message::Message;
use super::server::Devices;
use crate::findings::missed;
use crate::findings::subscription::listens;
use crate::findings::unreadable::{after_bad, reports};
use crate::stage::{Stage, Stop};

/// How many of these messages the transcript shows.
const SHOWN: usize = 5;

/// With `RUN` for the device's run, `NEXT` for the number of its next reading, and `LEVEL` and
/// `OTHER` for levels that nobody has told.
const UNREADABLE: &[&str] = &[
    "not json",
    r#"{"light":LEVEL}"#,
    r#"{"run":"RUN","readings":[]}"#,
    r#"{"run":"RUN","readings":[{"seq":NEXT,"light":LEVEL},{"seq":NEXT,"light":OTHER}]}"#,
    r#"{"run":"RUN","readings":[{"seq":AFTER,"light":LEVEL},{"seq":NEXT,"light":OTHER}]}"#,
    r#"{"run":"RUN","readings":[{"seq":NEXT,"light":LEVEL},{"seq":1,"light":OTHER}]}"#,
    r#"{"run":"RUN"}"#,
    r#"{"readings":[{"seq":NEXT,"light":LEVEL}]}"#,
    r#"{"run":"RUN","readings":{"seq":NEXT,"light":LEVEL}}"#,
    r#"{"run":"RUN","readings":"[]"}"#,
    r#"{"run":"RUN","readings":null}"#,
    r#"{"run":null,"readings":[{"seq":NEXT,"light":LEVEL}]}"#,
    r#"{"run":["RUN"],"readings":[{"seq":NEXT,"light":LEVEL}]}"#,
    r#"{"run":"RUN","readings":[{"seq":NEXT}]}"#,
    r#"{"run":"RUN","readings":[{"light":LEVEL}]}"#,
    r#"{"run":"RUN","readings":[{"seq":"NEXT","light":LEVEL}]}"#,
    r#"{"run":"RUN","readings":[{"seq":NEXT,"light":"LEVEL"}]}"#,
    r#"{"run":"RUN","readings":[{"seq":-1,"light":LEVEL}]}"#,
    r#"{"run":"RUN","readings":[{"seq":NEXT,"light":-1}]}"#,
    r#"{"run":"RUN","readings":[{"seq":NEXT,"light":LEVEL.5}]}"#,
    r#"{"run":"RUN","readings":[{"seq":NEXT.5,"light":LEVEL}]}"#,
    r#"{"run":"RUN","readings":[{"seq":NEXT,"light":LEVEL},null]}"#,
    r#"{"run":"RUN","readings":[{"seq":NEXT,"light":LEVEL},{"seq":AFTER}]}"#,
    r#"{"run":"RUN","readings":[{"seq":NEXT,"light":LEVEL}]} and more"#,
    r#"{"run":"RUN","readings":[{"seq":NEXT,"light":LEVEL}"#,
    r#""{\"run\":\"RUN\",\"readings\":[]}""#,
    "null",
    "",
];

/// After each, a message that is right: it shows whether the one before has changed anything.
pub async fn nonsense(stage: &mut Stage) -> Result<(), Stop> {
    let mut devices = Devices::in_the_light(stage);
    let device = stage.peer().await?;
    let server = stage.enter(SERVER, &[]).await?;
    server.redact(|redaction| redaction.no_console());
    listens(stage, &server, "telemetry").await?;
    let run = devices.run();
    let first = devices.message(&run, 1..=2);
    let told = tell(&server, &device, first.spelt(0)).await?;
    if told.is_err() || judge_at_rest(&server).await.is_err() {
        // That is told elsewhere.
        return Err(Stop::Program);
    }
    for (next, (number, payload)) in (3..).zip(UNREADABLE.iter().enumerate()) {
        if number == SHOWN {
            let rest = server.record.len()..usize::MAX;
            server.redact(|redaction| redaction.leave_out(rest));
        }
        // Shown in any form, these would be levels that nobody may show; and the right message that
        // follows has the same numbers.
        let false_ones = devices.message(&run, [next, next + 1]);
        let payload = filled(payload, &false_ones);
        let start = server.record.len();
        let topic = stage.topic("telemetry");
        device.publish(&topic, payload.clone()).await?;
        let message = devices.message(&run, [next]);
        if let Err(why) = tell(&server, &device, message.spelt(0)).await? {
            let finding = missed(&server.record, "an answer to the next message", &why);
            let finding = after_bad(&server, finding, payload.as_bytes());
            return Err(stage.stop(&server, NONSENSE, finding));
        }
        if let Err((_, finding)) = judge_at_rest(&server).await {
            let finding = after_bad(&server, finding, payload.as_bytes());
            let finding = match number {
                2 => finding.hint("A list without readings is no message of a device: no answer."),
                3..=5 => finding.hint(
                    "Numbers that do not strictly go up are no message of a device: it is ignored \
                     whole, what looks right in it included, and not answered.",
                ),
                _ => finding,
            };
            return Err(stage.stop(&server, NONSENSE, finding));
        }
        let light = message.readings.first().map_or(0, |(_, light)| *light);
        let good = [u16::try_from(light).unwrap_or_default()];
        let reported = reports(&server, start, payload.as_bytes(), &good).await;
        stage.insist(&server, NONSENSE, reported)?;
    }
    stage.pass(&server, NONSENSE);
    Ok(())
}

fn filled(payload: &str, message: &Message) -> String {
    let [(next, level), (after, other)] = message.readings.as_slice() else {
        return payload.to_owned();
    };
    payload
        .replace("RUN", &message.run)
        .replace("NEXT", &next.to_string())
        .replace("AFTER", &after.to_string())
        .replace("LEVEL", &level.to_string())
        .replace("OTHER", &other.to_string())
}
