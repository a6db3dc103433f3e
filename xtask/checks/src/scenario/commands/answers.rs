//! The commands that answer readings.

use std::time::Duration;

use arena::peer::Peer;
use arena::record::Entry;
use rumqttc::mqttbytes::v4::Publish;

use super::decisions::is_one_behind;
use super::rush;
use super::server::IN_A_ROW;
use crate::actor::{Actor, PROMPT};
use crate::findings::hearing::spelt;
use crate::findings::{missed, payload};
use crate::queries;
use crate::sheet::Finding;
use crate::stage::Stop;

/// Each reading gets one command.
pub(super) const ANSWERS: &str = "answers";
/// On the topic for commands.
pub(super) const TOPIC: &str = "command-topic";

/// How long messages elsewhere are watched for one on the right topic.
const SECOND_THOUGHTS: Duration = Duration::from_secs(1);

/// What to try when there are more commands than readings.
pub(super) const MORE_THAN_ONE: &str =
    "One reading, one command. Is something published more than once, or elsewhere too?";

pub(super) fn is_command(entry: &Entry, server: &Actor) -> bool {
    let topic = format!("{}/commands", server.id);
    queries::publish(entry).is_some_and(|message| message.topic == topic)
}

pub(super) fn commands<'a>(entries: &'a [Entry], server: &Actor) -> Vec<&'a Publish> {
    let commands = entries.iter().filter(|entry| is_command(entry, server));
    commands.filter_map(queries::publish).collect()
}

/// What a command says, as far as it says anything.
pub(super) fn told_by(command: &Publish) -> Option<bool> {
    payload::led_on(&command.payload).ok()
}

/// Tells a reading and waits for the command that answers it.
///
/// # Errors
/// The inner one names the rule that is broken by what was seen instead.
pub(super) async fn answer(
    server: &Actor,
    device: &Peer,
    telemetry: &str,
    reading: &str,
) -> Result<Result<(), (&'static str, Finding)>, Stop> {
    let start = server.record.len();
    device.publish(telemetry, reading).await?;
    let any = server.record.when(start, PROMPT, |entries| {
        queries::published(entries)
            .next()
            .map(|message| message.topic.clone())
    });
    let topic = match any.await {
        Ok(topic) => topic,
        Err(why) => {
            let expected = format!("a PUBLISH that answers the reading `{reading}`");
            return Ok(Err((ANSWERS, missed(&server.record, expected, &why))));
        }
    };
    let right = server.record.when(start, SECOND_THOUGHTS, |entries| {
        let found = entries.iter().any(|entry| is_command(entry, server));
        found.then_some(())
    });
    if right.await.is_ok() {
        return Ok(Ok(()));
    }
    let found = payload::topic(&topic, &server.id, "commands");
    Ok(found.map_err(|finding| (TOPIC, finding)))
}

/// All commands so far, when there are as many as readings. Darkness is told once more after the
/// brightest light: the server works through its messages in order, so when that is answered,
/// whatever it had to say to the readings is there.
pub(super) async fn all_commands(
    server: &Actor,
    device: &Peer,
    telemetry: &str,
    levels: &[u16],
) -> Result<Result<Vec<Publish>, (&'static str, Finding)>, Stop> {
    let readings = levels.len();
    let said = |entries: &[Entry], place: usize| {
        let commands = commands(entries, server);
        commands.get(place).copied().and_then(told_by)
    };
    let ends = server
        .record
        .look(|entries| [said(entries, 1), said(entries, 0)]);
    for level in [1023, 0] {
        device.publish(telemetry, spelt(0, level)).await?;
    }
    let answered = server.record.when(0, PROMPT, |entries| {
        let told: Vec<Publish> = commands(entries, server).into_iter().cloned().collect();
        let last: Vec<_> = told.iter().map(told_by).collect();
        (told.len() >= readings + 2 && last.ends_with(&ends)).then_some(told)
    });
    let mut answers = match answered.await {
        Ok(answers) => answers,
        Err(why) => {
            let told: Vec<Publish> = server
                .record
                .look(|entries| commands(entries, server).into_iter().cloned().collect());
            if told.len() == readings + 2 {
                let said: Vec<Option<bool>> = told.iter().map(told_by).collect();
                let dark = levels.iter().filter(|level| **level < 300).count() + 1;
                let lit = said.iter().filter(|said| **said == Some(true));
                if lit.count() != dark || is_one_behind(levels, &said) {
                    // In their order they are, but they say something else: that is told next.
                    return Ok(Ok(told[..readings].to_vec()));
                }
                let expected = "the answer to the last reading at last";
                return Ok(Err((rush::BURST, rush::overtaken(expected))));
            }
            let expected = "a PUBLISH that answers the light level 0";
            return Ok(Err((ANSWERS, missed(&server.record, expected, &why))));
        }
    };
    answers.truncate(answers.len() - 2);
    if answers.len() == readings {
        return Ok(Ok(answers));
    }
    let finding = Finding::new(
        "one command for each reading",
        "more commands than readings",
    )
    .hint(MORE_THAN_ONE);
    Ok(Err((ANSWERS, finding)))
}

/// What to try when the last of these levels was not answered: are others that are spelt like it,
/// or the same when it is spelt otherwise?
pub(super) async fn unanswered(
    server: &Actor,
    device: &Peer,
    telemetry: &str,
    levels: &[u16],
) -> Result<&'static str, Stop> {
    let (number, level) = (levels.len() - 1, levels[levels.len() - 1]);
    let is_dark = level < 300;
    let other = if is_dark { 900 } else { 100 };
    let start = server.record.len();
    for probe in [spelt(number / IN_A_ROW, other), spelt(0, level)] {
        device.publish(telemetry, probe).await?;
    }
    let told = |entries: &[Entry]| -> Vec<_> {
        commands(entries, server).into_iter().map(told_by).collect()
    };
    let both = server.record.when(start, SECOND_THOUGHTS, |entries| {
        (told(entries).len() >= 2).then_some(())
    });
    // Whatever has come by then.
    let _ = both.await;
    let told = server.record.look(|entries| told(&entries[start..]));
    let others = told.contains(&Some(!is_dark));
    Ok(if told.is_empty() {
        "It has answered the readings before, and then fell silent. Each reading gets a command, \
         the hundredth as the first, and nothing in the event loop may wait for anything but the \
         network."
    } else if levels[..number].last() == Some(&level) {
        "It answered this level when it came the first time. Each reading gets a command, also when \
         the command says the same as the one before."
    } else if others {
        "It has answered others that are spelt like this one. Each reading gets a command, whether \
         it is dark or bright, and whatever was said before."
    } else {
        "It has answered readings that are spelt otherwise. The payload is read as JSON: spaces, \
         order and other names in it mean nothing."
    })
}
