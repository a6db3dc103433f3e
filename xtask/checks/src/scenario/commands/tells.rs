//! The device tells its light level as in step 2, and nothing but the clock makes it.

use arena::record::{Entry, Event};

use super::device::{ONLY_OBEYS, never_lit};
use crate::actor::Actor;
use crate::findings::readings::{self, TELLS};
use crate::queries::{self, Pacing};
use crate::sheet::Finding;
use crate::stage::Stage;

/// How many readings are waited for: more than anybody counts to who means "a few times".
const READINGS: usize = 22;

/// How many, when the program waits in many small pieces between them.
const READINGS_IN_PIECES: usize = 3;

/// How many, when it sleeps in real time.
const READINGS_IN_REAL_TIME: usize = 1;

/// Publishes its light level as in step 2. Its board shows some of `levels` so far.
pub(in crate::scenario) async fn tells(stage: &mut Stage, device: &Actor, levels: &[u16]) {
    if let Err((_, finding)) = readings::one_more(device, 0).await {
        stage.fail(device, TELLS, finding);
        return;
    }
    let begin = readings::caught_up(device).await;
    stage.judge_seen(device, ONLY_OBEYS, never_lit(device));
    // From here on there are levels that stay, too.
    let fresh = &levels[levels.len() / 2..];
    let stays = [0, fresh[0], fresh[0], 1023, 1023, 1023, 299, 300];
    let script = stays.into_iter().chain(fresh[1..].iter().copied());
    device.board.script_light(script);
    let mut place = begin;
    let most = device.record.look(|entries| match Pacing::of(entries) {
        Pacing::Real => READINGS_IN_REAL_TIME,
        Pacing::Virtual if queries::goes_slowly(entries) => READINGS_IN_PIECES,
        Pacing::Virtual => READINGS,
    });
    for _ in 0..most {
        match readings::one_more(device, place).await {
            Ok(after) => place = after,
            Err((_, finding)) => {
                readings::judge(stage, device, begin, place);
                let finding = match finding.hint {
                    Some(_) => finding,
                    None => finding.hint(
                        "It has published, and then no more, though it is online. The device keeps \
                         its telemetry of step 2: each reading is told, every round.",
                    ),
                };
                stage.fail(device, TELLS, finding);
                return;
            }
        }
    }
    readings::judge(stage, device, begin, place);
}

/// As many readings may still have been on their way, on a machine that is busy. There were many
/// more commands.
const STRAGGLERS: usize = 3;

/// No reading was told while no time passed.
pub(in crate::scenario) fn unasked(device: &Actor, since: usize) -> Result<(), Finding> {
    let (told, looked) = device.record.look(|entries| {
        let look = |entry: &&Entry| matches!(entry.event, Event::LightRead(_));
        let looked = match Pacing::of(entries) {
            Pacing::Virtual => 0,
            // It may have begun a round of its own.
            Pacing::Real => entries[since..].iter().filter(look).count(),
        };
        let told = queries::published(&entries[since..]);
        let told = told.filter(|message| message.topic.ends_with("/telemetry"));
        (told.count(), looked)
    });
    if told <= looked + STRAGGLERS {
        return Ok(());
    }
    Err(Finding::new(
        "no reading but every five seconds",
        format!("{told} readings told in answer to commands"),
    )
    .hint(
        "Telemetry goes out every five seconds, and not in answer to a command: the server answers \
         each reading with a command, so the two would go on for ever, as fast as they can.",
    ))
}

/// It publishes no commands: it would hear them itself.
pub(in crate::scenario) fn to_itself(device: &Actor) -> Result<(), Finding> {
    let commands = format!("{}/commands", device.id);
    let is_told = device.record.look(|entries| {
        let mut published = queries::published(entries);
        published.any(|message| message.topic == commands)
    });
    if is_told {
        return Err(Finding::new(
            format!("nothing on {commands} but from the server"),
            "a PUBLISH there from the device",
        )
        .hint(
            "The device hears what it publishes there, as if the server had said it, and may answer \
             itself for ever. Commands come from the server; what the device tells is its light \
             level.",
        ));
    }
    Ok(())
}
