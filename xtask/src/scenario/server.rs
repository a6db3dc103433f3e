//! Step 3: a second program hears what the nightlight tells.

use arena::broker::Broker;
use arena::peer::Peer;
use arena::record::Missed;

use super::arrival::Arrival;
use super::outage::Outage;
use super::subscription::{nothing_else, subscribed};
use super::{Played, Stop, curtain, missed};
use crate::actor::{Actor, Call, PROMPT};
use crate::course::Role;
use crate::criterion::{Criterion, Finding, Sheet, Todo};
use crate::sightings;
use crate::transcript::Notes;

const fn todo(number: u8) -> Option<Todo> {
    Some(Todo {
        file: "src/main.rs",
        number,
    })
}

const CONNECTS: Criterion = Criterion {
    id: "connects",
    title: "The server connects to the broker",
    points: 1,
    hint: "Use the host and port of `settings.broker`, and poll the connection with `for event in \
           connection.iter()`.",
    chapter: "step3-server.md#a-second-client",
    todo: todo(1),
};
const NAME: Criterion = Criterion {
    id: "client-name",
    title: "Its client name is your id, followed by nightlight_server",
    points: 1,
    hint: "`format!(\"{}nightlight_server\", settings.id)` is the first argument of \
           `MqttOptions::new`.",
    chapter: "step3-server.md#a-second-client",
    todo: todo(1),
};
const SESSION: Criterion = Criterion {
    id: "clean-session",
    title: "It asks for a clean session",
    points: 1,
    hint: "rumqttc asks for a clean session unless `set_clean_session(false)` tells it not to.",
    chapter: "step3-server.md#a-second-client",
    todo: todo(1),
};
const SUBSCRIBES: Criterion = Criterion {
    id: "subscribes",
    title: "It subscribes to your telemetry, and to nothing else",
    points: 2,
    hint: "`client.try_subscribe(&telemetry, QoS::AtMostOnce)?` when the CONNACK comes.",
    chapter: "step3-server.md#subscribe",
    todo: todo(2),
};
const PRINTS: Criterion = Criterion {
    id: "prints",
    title: "It prints every light level it is told",
    points: 3,
    hint: "Print the payload of each `Packet::Publish` that comes in.",
    chapter: "step3-server.md#receive",
    todo: todo(4),
};
const SURVIVES: Criterion = Criterion {
    id: "survives-bad-payload",
    title: "It goes on after a message it cannot read",
    points: 2,
    hint: "A payload can be anything. Turn what is wrong with it into an error, print that to \
           stderr, and go on with the loop.",
    chapter: "step3-server.md#messages-you-cannot-trust",
    todo: todo(4),
};
const RETURNS: Criterion = Criterion {
    id: "returns",
    title: "After a restart of the broker it connects again",
    points: 1,
    hint: "When the event loop yields an `Err`, report it, wait, and stay in the loop.",
    chapter: "step1-connect.md#when-the-line-goes-dead",
    todo: None,
};
const PATIENCE: Criterion = Criterion {
    id: "patience",
    title: "It waits a little before it tries to connect again",
    points: 1,
    hint: "Wait in the `Err` arm, `stopped.recv_timeout(settings.retry_pause)`.",
    chapter: "step1-connect.md#when-the-line-goes-dead",
    todo: None,
};
const HEARS_AGAIN: Criterion = Criterion {
    id: "hears-again",
    title: "After a restart of the broker it subscribes again",
    points: 2,
    hint: "Subscribe in the arm of the CONNACK, not before the loop: the broker forgets \
           subscriptions of a clean session.",
    chapter: "step3-server.md#subscribe",
    todo: todo(2),
};

/// What is asked in step 3.
pub const CRITERIA: &[&Criterion] = &[
    &CONNECTS,
    &NAME,
    &SESSION,
    &SUBSCRIBES,
    &PRINTS,
    &SURVIVES,
    &RETURNS,
    &PATIENCE,
    &HEARS_AGAIN,
];

const ARRIVAL: Arrival = Arrival {
    connects: &CONNECTS,
    name: &NAME,
    session: &SESSION,
};
const OUTAGE: Outage = Outage {
    returns: &RETURNS,
    patience: &PATIENCE,
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
    let server = Actor::enter(call, Role::Server, &id, &broker, &[]).await?;
    let mut sheet = Sheet::new(CRITERIA);
    let topic = format!("{id}/telemetry");
    let mut levels = Call::levels(&mut dice, 100..1023).into_iter();

    let told = async {
        ARRIVAL.judge(&server, &mut sheet).await?;
        subscribed(&server, 0, "telemetry")
            .await
            .map_err(|finding| {
                sheet.fail(&SUBSCRIBES, finding);
                Stop::Program
            })?;
        sheet.pass(&SUBSCRIBES);

        for (heard_before, level) in levels.by_ref().take(READINGS).enumerate() {
            if let Err(finding) = hears(&server, &device, &topic, level).await? {
                sheet.fail(&PRINTS, fell_silent(finding, heard_before));
                return Err(Stop::Program);
            }
        }
        sheet.pass(&PRINTS);
        for (payload, level) in UNREADABLE.iter().zip(levels) {
            device.publish(&topic, *payload).await?;
            if let Err(finding) = hears(&server, &device, &topic, level).await? {
                sheet.fail(&SURVIVES, after_bad(&server, finding, payload));
                return Err(Stop::Program);
            }
        }
        sheet.pass(&SURVIVES);
        Ok(())
    };
    let told = told.await;
    sheet.judge_seen(&SUBSCRIBES, nothing_else(&server, 0, "telemetry"));
    ARRIVAL.judge_alone(&server, &mut sheet);
    curtain("listening", told, sheet, vec![(server, Notes::default())]).await
}

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
        sightings::printed(entries)
            .any(|(_, line)| names(line, level))
            .then_some(())
    });
    Ok(heard.await.map_err(|why| {
        let expected = format!("a line with the light level {level} in it");
        let finding = missed(&server.record, expected, &why);
        let delivered = server
            .record
            .look(|entries| entries[start..].iter().any(sightings::is_delivery));
        match why {
            Missed::TimeUp(_) if finding.hint.is_none() && delivered => Finding {
                actual: format!("the message came in; {}", finding.actual),
                ..finding
            }
            .hint(PRINTS.hint),
            _ => finding,
        }
    }))
}

/// A server that has printed before does not need to be told how.
fn fell_silent(finding: Finding, heard_before: usize) -> Finding {
    let own = finding.hint.as_deref();
    if heard_before == 0 || own.is_some_and(|hint| hint != PRINTS.hint) {
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
    let panicked = actor.record.look(sightings::panic).is_some();
    Finding {
        expected: format!("after the payload `{shown}`: {}", finding.expected),
        actual: finding.actual,
        hint: finding.hint.filter(|_| panicked),
    }
}

/// The broker restarts; the server must hear again.
async fn restart(call: &Call) -> anyhow::Result<Played> {
    const ASKED: &[&Criterion] = &[&RETURNS, &PATIENCE, &HEARS_AGAIN];
    let mut dice = call.dice("restart");
    let id = call.id(&mut dice);
    let mut broker = Broker::start(&call.broker).await?;
    let server = Actor::enter(call, Role::Server, &id, &broker, &[]).await?;
    let mut sheet = Sheet::new(ASKED);

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
                sheet.judge(&HEARS_AGAIN, heard);
            }
            Err(finding) => sheet.fail(&HEARS_AGAIN, finding),
        }
        Ok(())
    };
    let told = told.await;
    curtain("restart", told, sheet, vec![(server, Notes::default())]).await
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
