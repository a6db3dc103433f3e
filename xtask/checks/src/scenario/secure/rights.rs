//! The broker lets both programs in, and then drops what they say, or refuses what they want to hear.
//!
//! It is the broker itself that does so, and it lets them do everything in the end.

use std::time::Duration;

use arena::broker::{Access, Act};
use arena::record::Entry;
use course::{DEVICE, SERVER};

use super::silence::{ALONE_MS, SAYS_SILENCE, says_so};
use crate::actor::{Actor, PROMPT};
use crate::findings::missed;
use crate::findings::subscription::{SAYS_REFUSAL, listens, says_refusal};
use crate::queries;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// Dark, and the light goes on.
const TOGETHER: &str = "together";

/// Bright as long as something is forbidden, and dark in the end: no command but one for a reading that
/// was taken then lights the LED.
const BRIGHT: u16 = 900;
const DARK: u16 = 100;

/// As often the device may look at its sensor until the server has answered it: Mosquitto reads its
/// rights when it comes to it.
const ROUNDS: usize = 20;

/// How long an answer may take before the device is asked for another reading.
const MOMENT: Duration = Duration::from_millis(300);

/// First the readings are dropped, then the commands, then nothing; and then the server may not listen.
pub(super) async fn rights(stage: &mut Stage) -> Result<(), Stop> {
    if !stage.broker_denies(Act::Publish, "telemetry").await? {
        return Ok(());
    }
    stage.devices_are_alone_after(ALONE_MS);
    let server = stage.prepare(SERVER, &[]).await?;
    let device = stage.prepare(DEVICE, &[BRIGHT]).await?;
    for (actor, kind) in [(&server, "telemetry"), (&device, "commands")] {
        actor.redact(|redaction| redaction.nothing());
        stage.start(actor).await?;
        listens(stage, actor, kind).await?;
    }
    let said = says_so(&device, 0).await.map_err(|finding| {
        finding.hint(
            "The broker drops each reading without a word, as it has to when somebody has no right to \
             publish it. Only the missing command tells.",
        )
    });
    stage.insist(&device, SAYS_SILENCE, said)?;

    stage
        .broker
        .set_access(stage.denied(Act::Publish, "commands"))?;
    let answered = is_answered(&device, &server).await;
    stage.insist(&device, TOGETHER, answered)?;

    stage.broker.set_access(Access::default())?;
    let start = device.record.len();
    device.board.set_light(DARK);
    let lit = device.drive(start, PROMPT, |entries| {
        (queries::led(entries) == Some(true)).then_some(())
    });
    let expected = "LED on, once the server may publish its commands";
    let lit = lit
        .await
        .map_err(|why| missed(&device.record, expected, &why));
    stage.insist(&device, TOGETHER, lit.map_err(goes_on))?;

    let denied = stage.denied(Act::Subscribe, "telemetry");
    stage.broker.set_access(denied)?;
    let cut = server.record.len();
    server.cut();
    let refused = says_refusal(&server, cut).await;
    // Mosquitto grants what is forbidden, and there is nothing to say.
    let was_refused = server
        .record
        .look(|entries| entries[cut..].iter().any(queries::refuses_subscription));
    if let Some(said) = refused.filter(|_| was_refused) {
        stage.judge(&server, SAYS_REFUSAL, said.map(drop));
    }
    Ok(())
}

/// Waits until a reading of the device has come to the server, and the server has answered.
async fn is_answered(device: &Actor, server: &Actor) -> Result<(), Finding> {
    let expected = "a command, once the device may publish its readings";
    let (told, since) = (device.record.len(), server.record.len());
    let answers = |entries: &[Entry]| queries::published(entries).next().map(drop);
    for _ in 0..ROUNDS {
        if let Err(why) = device.look().await {
            return Err(missed(&device.record, expected, &why));
        }
        if server.record.when(since, MOMENT, answers).await.is_ok() {
            return Ok(());
        }
    }
    let tells = |entries: &[Entry]| queries::published(&entries[told..]).next().is_some();
    Err(match device.record.look(tells) {
        true => Finding::new(expected, "none, though the device tells its readings"),
        false => goes_on(Finding::new(expected, "no reading of the device any more")),
    })
}

fn goes_on(finding: Finding) -> Finding {
    finding.hint(
        "What may not be said today may be said tomorrow, and the broker tells nobody. Who has \
         complained goes on as before.",
    )
}
