//! Step 2: the nightlight publishes its light level every five seconds.

mod messages;

use std::slice;
use std::time::Duration;

use arena::broker::Broker;

use super::arrival::Arrival;
use super::outage::Outage;
use super::{Played, Stop, curtain, missed};
use crate::actor::{Actor, Call};
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
    title: "The program connects to the broker",
    points: 1,
    hint: "Nothing of step 1 may get lost: the options, and the loop over `connection.iter()`.",
    chapter: "step1-connect.md#event-loop",
    todo: None,
};
const NAME: Criterion = Criterion {
    id: "client-name",
    title: "Its client name is your id, followed by nightlight_client",
    points: 1,
    hint: "The device keeps the name it had in step 1.",
    chapter: "step1-connect.md#client-name",
    todo: None,
};
const SESSION: Criterion = Criterion {
    id: "clean-session",
    title: "It asks for a clean session",
    points: 1,
    hint: "rumqttc asks for a clean session unless `set_clean_session(false)` tells it not to.",
    chapter: "step1-connect.md#client-name",
    todo: None,
};
const PUBLISHES: Criterion = Criterion {
    id: "publishes",
    title: "It publishes messages",
    points: 1,
    hint: "`client.try_publish(topic, QoS::AtMostOnce, false, payload)` hands a message to the \
           event loop; the loop must go round to send it.",
    chapter: "step2-telemetry.md#publish",
    todo: todo(2),
};
const TOPIC: Criterion = Criterion {
    id: "topic",
    title: "The topic is your id, followed by /telemetry",
    points: 2,
    hint: "`format!(\"{}/telemetry\", settings.id)`, with no slash in front.",
    chapter: "step2-telemetry.md#topic",
    todo: todo(1),
};
const PAYLOAD: Criterion = Criterion {
    id: "payload",
    title: "The payload is JSON with a whole number called light",
    points: 2,
    hint: "`json!({ \"light\": light }).to_string()`.",
    chapter: "step2-telemetry.md#json",
    todo: todo(2),
};
const LEVEL: Criterion = Criterion {
    id: "level",
    title: "It tells the level that the sensor gave, each once",
    points: 2,
    hint: "Publish the value that `light_level` has just returned, once.",
    chapter: "step2-telemetry.md#publish",
    todo: todo(2),
};
const PACE: Criterion = Criterion {
    id: "pace",
    title: "It tells it every five seconds",
    points: 1,
    hint: "`board.delay.delay_ms(5_000)` at the end of each round.",
    chapter: "step2-telemetry.md#every-five-seconds",
    todo: todo(3),
};
const NOT_RETAINED: Criterion = Criterion {
    id: "not-retained",
    title: "The broker is not asked to retain the message",
    points: 1,
    hint: "The third argument of `try_publish` is `false`. A retained level would be given to \
           every later subscriber as if it were news.",
    chapter: "step2-telemetry.md#publish",
    todo: todo(2),
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
const RESUMES: Criterion = Criterion {
    id: "resumes",
    title: "After a restart of the broker it goes on publishing",
    points: 2,
    hint: "The thread that reads the sensor must survive an outage: a `try_publish` that fails \
           is reported and forgotten, and the blocking `publish` would stop it for good once the \
           outbox is full.",
    chapter: "connection-lost.md#telemetry",
    todo: None,
};

/// What is asked in step 2.
pub const CRITERIA: &[&Criterion] = &[
    &CONNECTS,
    &NAME,
    &SESSION,
    &PUBLISHES,
    &TOPIC,
    &PAYLOAD,
    &LEVEL,
    &PACE,
    &NOT_RETAINED,
    &RETURNS,
    &PATIENCE,
    &RESUMES,
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

/// How long a message may take when the program has gone its rounds and none has come.
const PATIENCE_FOR_MESSAGES: Duration = Duration::from_secs(2);

/// How many messages are waited for.
const MESSAGES: usize = 4;

/// Plays the step's scenes.
///
/// # Errors
/// When the arena does not work.
pub async fn play(call: &Call) -> anyhow::Result<Vec<Played>> {
    let (reports, restart) = tokio::try_join!(reports(call), restart(call))?;
    Ok(vec![reports, restart])
}

/// The sensor has a new level at each look, so each message tells which look it came from.
async fn reports(call: &Call) -> anyhow::Result<Played> {
    let mut dice = call.dice("reports");
    let id = call.id(&mut dice);
    let levels = Call::levels(&mut dice, 0..1023);
    let broker = Broker::start(&call.broker).await?;
    let device = Actor::enter(call, Role::Device, &id, &broker, &levels).await?;
    let mut notes = Notes::default();
    let mut sheet = Sheet::new(CRITERIA);

    let told = async {
        ARRIVAL.judge(&device, &mut sheet).await?;
        published(&device, 0, 1).await.map_err(|finding| {
            sheet.fail(&PUBLISHES, finding);
            Stop::Program
        })?;
        sheet.pass(&PUBLISHES);
        // Looks from before the program was online went nowhere, and how many is chance.
        notes.begin(device.record.look(messages::first_published_look));
        // It is not asked about here, and follows levels that are chance.
        notes.no_led();
        // From here on the ends of the scale are among the levels, at places that are not chance.
        let tail = &levels[levels.len() / 2..];
        device.board.script_light(
            [0, tail[0], 1023]
                .into_iter()
                .chain(tail[1..].iter().copied()),
        );

        let enough = published(&device, 0, MESSAGES).await;
        device
            .record
            .look(|entries| messages::judge(entries, &id, &mut sheet));
        match enough {
            // Levels that cannot be traced to looks are told of above.
            Ok(()) => {
                if let Some(pace) = messages::pace(&device.record) {
                    sheet.judge(&PACE, pace);
                }
            }
            Err(finding) => sheet.fail(
                &PUBLISHES,
                finding.hint(
                    "It has published, and then no more. Each reading is published, every round: \
                     the loop over the sensor must go on, and so must the event loop.",
                ),
            ),
        }
        Ok(())
    };
    let told = told.await;
    ARRIVAL.judge_alone(&device, &mut sheet);
    curtain("reports", told, sheet, vec![(device, notes)]).await
}

/// Waits for so many messages from `start` on.
pub(super) async fn published(device: &Actor, start: usize, count: usize) -> Result<(), Finding> {
    let mut start = start;
    for wanted in 1..=count {
        let come = device.drive(start, PATIENCE_FOR_MESSAGES, |entries| {
            entries
                .iter()
                .position(|entry| sightings::published(slice::from_ref(entry)).count() > 0)
        });
        start += 1 + come.await.map_err(|why| {
            let expected = match wanted {
                1 => "a PUBLISH".to_owned(),
                wanted => format!("PUBLISH number {wanted}"),
            };
            missed(&device.record, expected, &why)
        })?;
    }
    Ok(())
}

/// The broker restarts; the readings must go on.
async fn restart(call: &Call) -> anyhow::Result<Played> {
    const ASKED: &[&Criterion] = &[&RETURNS, &PATIENCE, &RESUMES];
    let mut dice = call.dice("restart");
    let id = call.id(&mut dice);
    let levels = Call::levels(&mut dice, 0..1023);
    let mut broker = Broker::start(&call.broker).await?;
    let device = Actor::enter(call, Role::Device, &id, &broker, &levels).await?;
    let mut notes = Notes::default();
    let mut sheet = Sheet::new(ASKED);

    let told = async {
        ARRIVAL.judge(&device, &mut sheet).await?;
        notes.no_board();
        notes.no_console();
        notes.no_messages_out();
        // Who never publishes is told so elsewhere.
        if published(&device, 0, 1).await.is_err() {
            return Err(Stop::Program);
        }
        let back = OUTAGE.judge(&device, &mut broker, &mut sheet).await?;
        let resumed = published(&device, back, 1).await;
        sheet.judge(&RESUMES, resumed);
        Ok(())
    };
    let told = told.await;
    curtain("restart", told, sheet, vec![(device, notes)]).await
}
