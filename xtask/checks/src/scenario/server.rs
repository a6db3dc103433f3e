//! Step 3: a second program hears what the nightlight tells.

use arena::broker::Broker;
use arena::peer::Peer;
use arena::record::Missed;

use super::arrival::Arrival;
use super::outage::Outage;
use super::subscription::{nothing_else, subscribed};
use super::{Played, Stop, curtain, missed};
use crate::actor::{Actor, Call, PROMPT};
use crate::queries;
use crate::sheet::{Finding, Sheet};
use crate::transcript::Redaction;
use course::SERVER;

const CONNECTS: &str = "connects";
const NAME: &str = "client-name";
const SESSION: &str = "clean-session";
const SUBSCRIBES: &str = "subscribes";
const PRINTS: &str = "prints";
const SURVIVES: &str = "survives-bad-payload";
const RETURNS: &str = "returns";
const PATIENCE: &str = "patience";
const HEARS_AGAIN: &str = "hears-again";

const ARRIVAL: Arrival = Arrival {
    connects: CONNECTS,
    name: NAME,
    session: SESSION,
};
const OUTAGE: Outage = Outage {
    returns: RETURNS,
    patience: PATIENCE,
};

/// Payloads that no server can make sense of.
pub(super) const UNREADABLE: &[&[u8]] = &[
    b"not json",
    br#"{"lumens":5}"#,
    br#"{"light":"dark"}"#,
    b"[1,2]",
    b"",
    b"\xff\xfe",
];

/// How many readings are told.
const READINGS: usize = 5;

/// Plays the step's scenes.
///
/// # Errors
/// When the arena does not work.
pub async fn play(call: &Call) -> anyhow::Result<Vec<Played>> {
    let (listening, restart) = tokio::try_join!(listening(call), restart(call))?;
    Ok(vec![listening, restart])
}

/// Readings come in, good ones and bad ones.
async fn listening(call: &Call) -> anyhow::Result<Played> {
    let mut dice = call.dice("listening");
    let id = call.id(&mut dice);
    let broker = Broker::start(&call.broker).await?;
    let device = Peer::connect(broker.endpoint(), &format!("{id}-tester")).await?;
    let server = Actor::enter(call, SERVER, &id, &broker, &[]).await?;
    let mut sheet = Sheet::new(call.step);
    let topic = format!("{id}/telemetry");
    let mut levels = Call::levels(&mut dice, 100..1023).into_iter();

    let told = async {
        ARRIVAL.judge(&server, &mut sheet).await?;
        subscribed(&server, 0, "telemetry")
            .await
            .map_err(|finding| {
                sheet.fail(SUBSCRIBES, finding);
                Stop::Program
            })?;
        sheet.pass(SUBSCRIBES);

        for (heard_before, level) in levels.by_ref().take(READINGS).enumerate() {
            if let Err(finding) = hears(&server, &device, &topic, level).await? {
                sheet.fail(PRINTS, fell_silent(finding, heard_before));
                return Err(Stop::Program);
            }
        }
        sheet.pass(PRINTS);
        for (payload, level) in UNREADABLE.iter().zip(levels) {
            device.publish(&topic, *payload).await?;
            if let Err(finding) = hears(&server, &device, &topic, level).await? {
                sheet.fail(SURVIVES, after_bad(&server, finding, payload));
                return Err(Stop::Program);
            }
        }
        sheet.pass(SURVIVES);
        Ok(())
    };
    let told = told.await;
    sheet.judge_seen(SUBSCRIBES, nothing_else(&server, 0, "telemetry"));
    ARRIVAL.judge_alone(&server, &mut sheet);
    curtain(
        "listening",
        told,
        sheet,
        vec![(server, Redaction::default())],
    )
    .await
}

/// What to try when a message came in and nothing was printed.
const UNPRINTED: &str = "Find the light level in the payload of each `Packet::Publish` that comes \
                         in, and print it with `println!`.";

/// Tells one level and waits until it is printed.
async fn hears(
    server: &Actor,
    device: &Peer,
    topic: &str,
    level: u16,
) -> Result<Result<(), Finding>, Stop> {
    let start = server.record.len();
    device
        .publish(topic, format!("{{\"light\": {level}}}"))
        .await?;
    let heard = server.record.when(start, PROMPT, |entries| {
        queries::printed(entries)
            .any(|(_, line)| names(line, level))
            .then_some(())
    });
    Ok(heard.await.map_err(|why| {
        let expected = format!("a line with the light level {level} in it");
        let finding = missed(&server.record, expected, &why);
        let delivered = server
            .record
            .look(|entries| entries[start..].iter().any(queries::is_delivery));
        match why {
            Missed::TimeUp(_) if finding.hint.is_none() && delivered => Finding {
                actual: format!("the message came in; {}", finding.actual),
                ..finding
            }
            .hint(UNPRINTED),
            _ => finding,
        }
    }))
}

/// A server that has printed before does not need to be told how.
fn fell_silent(finding: Finding, heard_before: usize) -> Finding {
    let own = finding.hint.as_deref();
    if heard_before == 0 || own.is_some_and(|hint| hint != UNPRINTED) {
        return finding;
    }
    finding.hint(format!(
        "It printed {heard_before} of the levels and then fell silent. Inside the event loop, \
         nothing may wait for anything but the network."
    ))
}

/// Whether the line has this number in it, as a number of its own.
fn names(line: &str, level: u16) -> bool {
    line.split(|letter: char| !letter.is_ascii_digit())
        .any(|number| number == level.to_string())
}

/// What was wrong with the program after it met a payload it cannot read.
pub(super) fn after_bad(actor: &Actor, finding: Finding, payload: &[u8]) -> Finding {
    let shown = String::from_utf8_lossy(payload);
    // Where it panicked is worth a hint of its own; what else went wrong, the criterion tells.
    let panicked = actor.record.look(queries::panic).is_some();
    Finding {
        expected: format!("after the payload `{shown}`: {}", finding.expected),
        actual: finding.actual,
        hint: finding.hint.filter(|_| panicked),
    }
}

/// The broker restarts; the server must hear again.
async fn restart(call: &Call) -> anyhow::Result<Played> {
    let mut dice = call.dice("restart");
    let id = call.id(&mut dice);
    let mut broker = Broker::start(&call.broker).await?;
    let server = Actor::enter(call, SERVER, &id, &broker, &[]).await?;
    let mut sheet = Sheet::new(call.step);

    let told = async {
        ARRIVAL.judge(&server, &mut sheet).await?;
        // Its first subscription belongs to its first life.
        if subscribed(&server, 0, "telemetry").await.is_err() {
            return Err(Stop::Program);
        }
        let back = OUTAGE.judge(&server, &mut broker, &mut sheet).await?;
        let device = Peer::connect(broker.endpoint(), &format!("{id}-tester")).await?;
        match subscribed(&server, back, "telemetry").await {
            Ok(()) => {
                let topic = format!("{id}/telemetry");
                let heard = hears(&server, &device, &topic, dice.u16(100..1023)).await?;
                sheet.judge(HEARS_AGAIN, heard);
            }
            Err(finding) => sheet.fail(HEARS_AGAIN, finding),
        }
        Ok(())
    };
    let told = told.await;
    curtain("restart", told, sheet, vec![(server, Redaction::default())]).await
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_level_counts_only_as_a_number_of_its_own() {
        assert!(names("Message received: {\"light\":437}", 437));
        assert!(names("437", 437));
        assert!(!names("1437 or 4370", 437));
    }
}
