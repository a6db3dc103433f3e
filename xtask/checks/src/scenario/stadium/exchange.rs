//! What a server was told and what it answered, held against each other.

use std::time::Duration;

use arena::record::{Entry, Missed};
use rumqttc::mqttbytes::v4::{self, Publish};

use super::ballot::{Ballot, Command, Reading, To, Ways, told};
use super::mistakes::MISTAKES;
use crate::actor::{Actor, PROMPT};
use crate::findings::{missed, payload};
use crate::queries;
use crate::sheet::Finding;
use crate::stage::Stage;

/// Each reading gets one command.
pub(super) const ANSWERS: &str = "answers";
/// On one of the two topics.
pub(super) const TOPIC: &str = "command-topic";
/// JSON with true or false.
pub(super) const PAYLOAD: &str = "command-payload";
/// Not retained.
pub(super) const NOT_RETAINED: &str = "command-not-retained";
/// More than half of the devices decide.
pub(super) const MAJORITY: &str = "majority";
/// The sender or all.
pub(super) const TO_WHOM: &str = "to-whom";
/// A thousand devices.
pub(super) const LIMIT: &str = "limit";
/// What is no reading of a named device changes nothing.
pub(super) const NONSENSE: &str = "no-answer-to-bad-payload";

/// A server that has something to say does not rest for so long.
const CALM: Duration = Duration::from_millis(60);

/// A finding, and the rule that is broken.
pub(super) type Broken = (&'static str, Finding);

/// The readings that reached the server, in order; under an empty name, too.
pub(super) fn heard(entries: &[Entry], server: &Actor) -> Vec<Reading> {
    let readings = entries.iter().filter_map(|entry| {
        let v4::Packet::Publish(message) = queries::received(entry)? else {
            return None;
        };
        let below = message.topic.strip_prefix(&server.id)?;
        let name = below
            .strip_prefix("/devices/")?
            .strip_suffix("/telemetry")?;
        let light = payload::light(&message.payload).ok()?;
        (!name.contains('/')).then(|| Reading::new(name, light))
    });
    readings.collect()
}

/// Whom a message on this topic commands, if it is one of the topics for commands.
fn commanded(topic: &str, server: &Actor) -> Option<To> {
    let below = topic.strip_prefix(&server.id)?.strip_prefix('/')?;
    if below == "commands" {
        return Some(To::All);
    }
    let name = below.strip_prefix("devices/")?.strip_suffix("/commands")?;
    (!name.contains('/')).then(|| To::One(name.to_owned()))
}

/// The messages on topics for commands, in order.
pub(super) fn said<'a>(entries: &'a [Entry], server: &Actor) -> Vec<(To, &'a Publish)> {
    queries::published(entries)
        .filter_map(|message| Some((commanded(&message.topic, server)?, message)))
        .collect()
}

/// How many commands there were so far.
pub(super) fn count(entries: &[Entry], server: &Actor) -> usize {
    queries::published(entries)
        .filter(|message| commanded(&message.topic, server).is_some())
        .count()
}

/// Waits until there were so many commands from `start` on.
///
/// # Errors
/// As [`arena::record::Record::when`].
pub(super) async fn answered(server: &Actor, start: usize, many: usize) -> Result<(), Missed> {
    // There are many entries, and this is asked at each: none is looked at twice.
    let (mut seen, mut counted) = (0, 0);
    let enough = |entries: &[Entry]| {
        counted += count(&entries[seen..], server);
        seen = entries.len();
        (counted >= many).then_some(())
    };
    server.record.when(start, PROMPT, enough).await
}

/// The commands from `start` on, as far as they can be read.
pub(super) fn since(server: &Actor, start: usize) -> Vec<Command> {
    server.record.look(|entries| {
        let said = said(&entries[start..], server).into_iter();
        let commands = said.filter_map(|(to, message)| {
            let on = payload::led_on(&message.payload).ok()?;
            Some(Command { to, on })
        });
        commands.collect()
    })
}

/// Holds all that the server has said so far against what it has heard.
///
/// # Errors
/// Names the rule that is broken first, and what was seen instead.
pub(super) fn judge(server: &Actor) -> Result<(), Broken> {
    server.record.look(|entries| {
        let said = said(entries, server);
        let mut commands = Vec::new();
        for (to, message) in said {
            let on = payload::led_on(&message.payload).map_err(|finding| (PAYLOAD, finding))?;
            if message.retain {
                let finding = Finding::new("a command that is not retained", "a retained command");
                return Err((NOT_RETAINED, finding));
            }
            commands.push(Command { to, on });
        }
        compare(&heard(entries, server), &commands)
    })
}

/// As [`judge`]. When there seems to be something wrong, what is still on its way is waited for.
///
/// # Errors
/// As [`judge`].
pub(super) async fn judge_at_rest(server: &Actor) -> Result<(), Broken> {
    if judge(server).is_ok() {
        return Ok(());
    }
    server.calm(CALM).await;
    judge(server)
}

/// Judges all at once that [`judge`] looks at.
pub(super) fn passes(stage: &mut Stage, server: &Actor) {
    for rule in [ANSWERS, TOPIC, PAYLOAD, NOT_RETAINED, MAJORITY, TO_WHOM] {
        stage.pass(server, rule);
    }
}

fn compare(readings: &[Reading], commands: &[Command]) -> Result<(), Broken> {
    let right = Ways::RIGHT.answers(readings);
    if commands == right {
        return Ok(());
    }
    let (expected, actual) = difference(readings, commands);
    let finding = Finding::new(expected, actual);
    let known = |ways: Ways| {
        let wrong = ways.answers(readings);
        wrong != right && wrong == commands
    };
    if let Some(mistake) = MISTAKES.iter().find(|mistake| known(mistake.ways)) {
        return Err((mistake.rule, finding.hint(mistake.hint)));
    }
    if answers_letters_only(readings, commands) {
        return Err((ANSWERS, finding.hint(
            "It answers those only whose names begin with a letter. A device is called as it likes, \
             whatever its name begins with: take what stands in the topic as it is.",
        )));
    }
    let to_all = commands.iter().any(|command| command.to == To::All);
    if commands.len() > right.len() && !to_all {
        return Err((ANSWERS, finding.hint(
            "It tells each device by itself. With 200 devices that is 200 messages for one reading, \
             and more than any outbox holds when all of them speak. One message on the topic for all \
             reaches everybody.",
        )));
    }
    // Of a server that says too much, the last word may still be on its way.
    let almost = |ways: Ways| {
        let wrong = ways.answers(readings);
        wrong.len() == commands.len() + 1 && wrong.starts_with(commands)
    };
    if commands.len() > right.len()
        && let Some(mistake) = MISTAKES.iter().find(|mistake| almost(mistake.ways))
    {
        return Err((mistake.rule, finding.hint(mistake.hint)));
    }
    if commands.len() > right.len() {
        return Err((ANSWERS, finding.hint(
            "One reading, one command, and none without a reading: not at the start, not by a timer, \
             not when it leaves. Is something published twice?",
        )));
    }
    if commands.len() < right.len() {
        return Err((ANSWERS, finding));
    }
    let same = commands
        .iter()
        .zip(&right)
        .all(|(one, other)| one.on == other.on);
    Err((if same { TO_WHOM } else { MAJORITY }, finding))
}

/// Whether it answers as if there were no devices but those whose names begin with a letter.
fn answers_letters_only(readings: &[Reading], commands: &[Command]) -> bool {
    let (lettered, others): (Vec<_>, Vec<_>) = readings
        .iter()
        .cloned()
        .partition(|reading| reading.device.starts_with(char::is_alphabetic));
    !lettered.is_empty() && !others.is_empty() && Ways::RIGHT.answers(&lettered) == commands
}

/// Where the two part, in words.
fn difference(readings: &[Reading], commands: &[Command]) -> (String, String) {
    let mut ballot = Ballot::new(Ways::RIGHT);
    let mut given = commands.iter();
    for (number, reading) in readings.iter().enumerate() {
        for right in ballot.answer(reading) {
            let actual = given.next();
            if actual != Some(&right) {
                let expected = format!("{}: {}", told(&readings[..=number]), shown(&right));
                return (expected, actual.map_or("no command".to_owned(), shown));
            }
        }
    }
    let more = given.next().map_or_else(String::new, shown);
    (
        "one command for each reading".to_owned(),
        format!("one more at the end: {more}"),
    )
}

fn shown(command: &Command) -> String {
    match &command.to {
        To::One(device) => format!("led_on {} to {device} alone", command.on),
        To::All => format!("led_on {} to all", command.on),
    }
}

/// What became of an answer that did not come.
pub(super) fn unanswered(server: &Actor, why: &Missed) -> Broken {
    // It may have answered elsewhere.
    let elsewhere = server.record.look(|entries| {
        let mut messages = queries::published(entries);
        let is_command = |message: &&Publish| {
            commanded(&message.topic, server).is_none() && payload::led_on(&message.payload).is_ok()
        };
        messages
            .find(is_command)
            .map(|message| message.topic.clone())
    });
    if let Some(topic) = elsewhere {
        let own = format!("{}/devices/<name>/commands", server.id);
        let finding = Finding::new(
            format!("topic {}/commands or {own}", server.id),
            topic.clone(),
        );
        return (TOPIC, finding.hint(elsewhere_hint(&topic, server)));
    }
    if let Err(broken) = judge(server)
        && broken.1.hint.is_some()
    {
        return broken;
    }
    let expected = server.record.look(|entries| told(&heard(entries, server)));
    let expected = format!("{expected}: a command");
    (ANSWERS, missed(&server.record, expected, why))
}

fn elsewhere_hint(topic: &str, server: &Actor) -> &'static str {
    let own = topic
        .strip_prefix(&server.id)
        .is_some_and(|below| below.starts_with('/'));
    if !own {
        "Every topic begins with your id and a slash, or it disturbs others."
    } else if topic.ends_with("/telemetry") {
        "That is where a device tells its readings. Its commands have a topic of their own, with \
         another last level."
    } else {
        "A command for one device goes to `<id>/devices/<name>/commands`, one for all to \
         `<id>/commands`: to the letter."
    }
}

/// Whether nothing was said outside of the learner's own id.
pub(super) fn foreign(server: &Actor) -> Result<(), Finding> {
    server
        .record
        .look(|entries| payload::foreign(entries, &server.id, "commands"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings() -> Vec<Reading> {
        let story = super::super::server::story(&mut fastrand::Rng::with_seed(7));
        let story = story
            .into_iter()
            .map(|(device, level)| Reading::new(&device.to_string(), level.into()));
        let nobody = [("", 0), ("0", 0), ("1", 500)];
        let nobody = nobody.map(|(device, level)| Reading::new(device, level));
        story.chain(nobody).collect()
    }

    #[test]
    fn right_answers_are_right_and_each_mistake_is_told_by_its_own_hint() {
        let readings = readings();
        assert!(compare(&readings, &Ways::RIGHT.answers(&readings)).is_ok());
        for mistake in MISTAKES.iter().filter(|mistake| mistake.rule != LIMIT) {
            let answers = mistake.ways.answers(&readings);
            let Err((rule, finding)) = compare(&readings, &answers) else {
                panic!("{mistake:?} looks right");
            };
            assert_eq!(
                (rule, finding.hint.as_deref()),
                (mistake.rule, Some(mistake.hint))
            );
        }
    }
}
