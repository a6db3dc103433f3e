//! Step 2: the nightlight publishes its light level every five seconds.

mod messages;

use std::slice;
use std::time::Duration;

use arena::broker::Broker;

use super::arrival::Arrival;
use super::outage::Outage;
use super::{Played, Stop, curtain, missed};
use crate::actor::{Actor, Call};
use crate::queries;
use crate::sheet::{Finding, Sheet};
use crate::transcript::Redaction;
use course::DEVICE;

const CONNECTS: &str = "connects";
const NAME: &str = "client-name";
const SESSION: &str = "clean-session";
const PUBLISHES: &str = "publishes";
const TOPIC: &str = "topic";
const PAYLOAD: &str = "payload";
const LEVEL: &str = "level";
const PACE: &str = "pace";
const NOT_RETAINED: &str = "not-retained";
const RETURNS: &str = "returns";
const PATIENCE: &str = "patience";
const RESUMES: &str = "resumes";

const ARRIVAL: Arrival = Arrival {
    connects: CONNECTS,
    name: NAME,
    session: SESSION,
};
const OUTAGE: Outage = Outage {
    returns: RETURNS,
    patience: PATIENCE,
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
    let device = Actor::enter(call, DEVICE, &id, &broker, &levels).await?;
    let mut notes = Redaction::default();
    let mut sheet = Sheet::new(call.step);

    let told = async {
        ARRIVAL.judge(&device, &mut sheet).await?;
        published(&device, 0, 1).await.map_err(|finding| {
            sheet.fail(PUBLISHES, finding);
            Stop::Program
        })?;
        sheet.pass(PUBLISHES);
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
                    sheet.judge(PACE, pace);
                }
            }
            Err(finding) => sheet.fail(
                PUBLISHES,
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
                .position(|entry| queries::published(slice::from_ref(entry)).count() > 0)
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
    let mut dice = call.dice("restart");
    let id = call.id(&mut dice);
    let levels = Call::levels(&mut dice, 0..1023);
    let mut broker = Broker::start(&call.broker).await?;
    let device = Actor::enter(call, DEVICE, &id, &broker, &levels).await?;
    let mut notes = Redaction::default();
    let mut sheet = Sheet::new(call.step);

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
        sheet.judge(RESUMES, resumed);
        Ok(())
    };
    let told = told.await;
    curtain("restart", told, sheet, vec![(device, notes)]).await
}
