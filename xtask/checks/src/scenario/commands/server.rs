//! The server alone: readings in, commands out.

use std::time::Duration;

use arena::peer::Peer;
use arena::record::Entry;
use course::SERVER;
use rumqttc::mqttbytes::v4::{self, Publish};

use super::rush;
use crate::actor::{Actor, PROMPT};
use crate::findings::hearing::spelt;
use crate::findings::introduction::arrive;
use crate::findings::subscription::{SUBSCRIBES, nothing_else, subscribed};
use crate::findings::unreadable::{TOO_LARGE, UNREADABLE, after_bad, reports};
use crate::findings::{missed, outage, payload};
use crate::queries;
use crate::scenario::connect::SLOW_ANSWER;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// Each reading gets one command.
pub(super) const ANSWERS: &str = "answers";
/// On the topic for commands.
const TOPIC: &str = "command-topic";
/// JSON with true or false.
const PAYLOAD: &str = "command-payload";
/// True when the light is below 300.
pub(super) const DECIDES: &str = "decides";
/// Not retained.
const NOT_RETAINED: &str = "command-not-retained";
/// What is no reading gets none.
const SILENT_ON_BAD: &str = "no-answer-to-bad-payload";
/// Also after a restart of the broker.
const ANSWERS_AGAIN: &str = "server-answers-again";

/// How long messages elsewhere are watched for one on the right topic.
const SECOND_THOUGHTS: Duration = Duration::from_millis(300);

/// How many readings are told one by one, after those at the edges: more than anybody counts to who
/// means "a few times".
const MORE: usize = 50;

/// Readings at the edges, readings that are none.
pub async fn questions(stage: &mut Stage) -> Result<(), Stop> {
    let (dark, bright) = (stage.dice.u16(1..299), stage.dice.u16(900..1023));
    let mut levels = vec![0, 1023, 299, 300, dark, dark, bright, bright, 299, 0];
    let edges = levels.len();
    levels.extend((0..MORE).map(|_| stage.dice.u16(0..1024)));
    let device = stage.peer().await?;
    let server = stage.prepare(SERVER, &[]).await?;
    server.line.answer_late(SLOW_ANSWER);
    stage.start(&server).await?;
    arrive(stage, &server).await?;
    let subscription = subscribed(&server, 0, "telemetry").await;
    stage.insist(&server, SUBSCRIBES, subscription)?;

    let telemetry = stage.topic("telemetry");
    let mut shown = 0;
    for (number, level) in levels.iter().copied().enumerate() {
        if number == edges {
            shown = server.record.len();
        }
        let reading = spelt(number, level);
        if let Err((rule, finding)) = answer(&server, &device, &telemetry, &reading).await? {
            let finding = match finding.hint {
                None if rule == ANSWERS && number > 0 => {
                    let other = spelt(0, if level < 300 { 900 } else { 100 });
                    let other = answer(&server, &device, &telemetry, &other).await?;
                    finding.hint(unanswered(number, &levels, other.is_ok()))
                }
                _ => finding,
            };
            // What it says of its own accord is taken for answers, until they run out.
            let finding = only_answers(&server).err().unwrap_or(finding);
            return Err(stage.stop(&server, rule, finding));
        }
    }
    let commands = all_commands(&server, &device, &telemetry, &levels).await?;
    let commands = commands.map_err(|(rule, finding)| {
        let finding = only_answers(&server).err().unwrap_or(finding);
        stage.stop(&server, rule, finding)
    })?;
    let many = server.record.len();
    server.redact(|redaction| redaction.leave_out(shown..many));
    stage.pass(&server, ANSWERS);
    for (level, command) in levels.into_iter().zip(&commands) {
        judge_command(stage, &server, command, level);
    }
    let elsewhere = server
        .record
        .look(|entries| payload::foreign(entries, &server.id, "commands"));
    stage.judge_seen(&server, TOPIC, elsewhere);
    let [dark, bright] = [&commands[0], &commands[1]].map(told_by);
    if dark == bright {
        // Whoever says always the same cannot be asked when a message is done with.
        return Err(Stop::Program);
    }
    let ends = [dark, bright];
    for (number, payload) in UNREADABLE.iter().enumerate() {
        if number == SHOWN {
            let rest = server.record.len()..usize::MAX;
            server.redact(|redaction| redaction.leave_out(rest));
        }
        let start = server.record.len();
        let quiet = silent(&server, &device, &telemetry, payload, ends, None).await?;
        stage.insist(&server, SILENT_ON_BAD, quiet)?;
        let reported = reports(&server, start, payload, &[0, 1023]).await;
        stage.insist(&server, SILENT_ON_BAD, reported)?;
    }
    for (payload, _) in TOO_LARGE {
        let payload = payload.as_bytes();
        let quiet = silent(&server, &device, &telemetry, payload, ends, Some(bright)).await?;
        stage.insist(&server, SILENT_ON_BAD, quiet)?;
    }
    stage.judge_seen(&server, SUBSCRIBES, nothing_else(&server, 0, "telemetry"));
    looked_back(stage, &server).await;
    Ok(())
}

/// How many of the bad readings the transcript shows.
const SHOWN: usize = 4;

/// The server has left: whatever it has sent was an answer, and such as commands are.
async fn looked_back(stage: &mut Stage, server: &Actor) {
    server.leave().await;
    stage.judge_seen(server, ANSWERS, only_answers(server));
    let (elsewhere, retained, payloads) = server.record.look(|entries| {
        let commands = commands(entries, server);
        let mut payloads = commands
            .iter()
            .map(|command| payload::led_on(&command.payload));
        (
            payload::foreign(entries, &server.id, "commands"),
            not_retained(&commands),
            payloads.find_map(Result::err),
        )
    });
    stage.judge_seen(server, TOPIC, elsewhere);
    stage.judge_seen(server, NOT_RETAINED, retained);
    stage.judge_seen(server, PAYLOAD, payloads.map_or(Ok(()), Err));
}

fn not_retained(commands: &[&Publish]) -> Result<(), Finding> {
    if commands.iter().any(|command| command.retain) {
        return Err(Finding::new(
            "a command that is not retained",
            "a retained command",
        ));
    }
    Ok(())
}

/// Whether there was a reading before each command.
pub(super) fn only_answers(server: &Actor) -> Result<(), Finding> {
    let Asked {
        readings,
        commands,
        unasked,
        at_first,
    } = server.record.look(|entries| Asked::of(entries, server));
    if !unasked {
        return Ok(());
    }
    let finding = Finding::new(
        "one command for each reading",
        "a command that no reading has asked for",
    );
    Err(if !at_first && commands >= readings + readings / 2 {
        finding.hint(MORE_THAN_ONE)
    } else {
        finding.hint(
            "The server answers readings and sends nothing of its own accord: no command at its \
             start, when it comes back, by a timer, or when it leaves.",
        )
    })
}

/// What to try when there are more commands than readings.
const MORE_THAN_ONE: &str =
    "One reading, one command. Is something published more than once, or elsewhere too?";

/// What asked for the commands that were sent.
#[derive(Debug, Default)]
struct Asked {
    readings: usize,
    commands: usize,
    /// There were more commands than readings so far.
    unasked: bool,
    /// There was a command before the first reading of its connection.
    at_first: bool,
}

impl Asked {
    fn of(entries: &[Entry], server: &Actor) -> Self {
        let mut asked = Self::default();
        let mut any_reading = false;
        for entry in entries {
            if queries::is_accepted(entry) {
                any_reading = false;
            }
            if let Some(v4::Packet::Publish(reading)) = queries::received(entry)
                && payload::light(&reading.payload).is_ok()
            {
                any_reading = true;
                asked.readings += 1;
            }
            if is_command(entry, server) {
                asked.commands += 1;
                asked.at_first |= !any_reading;
                asked.unasked |= asked.commands > asked.readings || !any_reading;
            }
        }
        asked
    }
}

fn unanswered(number: usize, levels: &[u16], answers_others: bool) -> &'static str {
    if !answers_others {
        "It has answered the readings before, and then fell silent. Each reading gets a command, \
         the hundredth as the first, and nothing in the event loop may wait for anything but the \
         network."
    } else if levels[number] == levels[number - 1] {
        "It answered this level when it came the first time. Each reading gets a command, also when \
         the command says the same as the one before."
    } else {
        "It has answered others. Each reading gets a command, whether it is dark or bright; and the \
         payload is read as JSON: spaces, order and other names in it mean nothing."
    }
}

fn is_command(entry: &Entry, server: &Actor) -> bool {
    let topic = format!("{}/commands", server.id);
    queries::publish(entry).is_some_and(|message| message.topic == topic)
}

pub(super) fn commands<'a>(entries: &'a [Entry], server: &Actor) -> Vec<&'a Publish> {
    let commands = entries.iter().filter(|entry| is_command(entry, server));
    commands.filter_map(queries::publish).collect()
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
async fn all_commands(
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
                let dark = levels.iter().filter(|level| **level < 300).count() + 1;
                let lit = told.iter().filter(|told| told_by(told) == Some(true));
                if lit.count() != dark {
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

fn judge_command(stage: &mut Stage, server: &Actor, command: &Publish, level: u16) {
    let found = payload::topic(&command.topic, &server.id, "commands");
    stage.judge(server, TOPIC, found);
    stage.judge(server, NOT_RETAINED, not_retained(&[command]));
    match payload::led_on(&command.payload) {
        Err(finding) => stage.fail(server, PAYLOAD, finding),
        Ok(led_on) => {
            stage.pass(server, PAYLOAD);
            stage.judge(server, DECIDES, decided(led_on, level));
        }
    }
}

fn decided(led_on: bool, level: u16) -> Result<(), Finding> {
    let right = level < 300;
    if led_on == right {
        return Ok(());
    }
    let finding = Finding::new(
        format!("light {level}: led_on {right}"),
        format!("light {level}: led_on {led_on}"),
    );
    Err(match (level, led_on) {
        (300, true) => finding.hint("Below 300 means `light < 300`: at exactly 300 it is off."),
        (0, false) => finding.hint(
            "In the dark the light belongs on. Is the comparison the wrong way round, or the \
             answer always the same?",
        ),
        (1023, true) => finding.hint(
            "It says on in the brightest light. Is the answer always the same? `light < 300` is \
             the whole decision.",
        ),
        _ => finding,
    })
}

/// What a command says, as far as it says anything.
pub(super) fn told_by(command: &Publish) -> Option<bool> {
    payload::led_on(&command.payload).ok()
}

/// Tells what is no reading, then darkness and the brightest light. The server works through its
/// messages in order, so once it has answered these two, one way and then the other, it is done
/// with the bad one, and an answer to that is there too.
async fn silent(
    server: &Actor,
    device: &Peer,
    telemetry: &str,
    payload: &[u8],
    [dark, bright]: [Option<bool>; 2],
    may_be_answered: Option<Option<bool>>,
) -> Result<Result<(), Finding>, Stop> {
    let start = server.record.len();
    device.publish(telemetry, payload).await?;
    let mut answers = Vec::new();
    for (level, end) in [(0, &[dark] as &[_]), (1023, &[dark, bright])] {
        device.publish(telemetry, spelt(0, level)).await?;
        let answered = server.record.when(start, PROMPT, |entries| {
            let told = commands(entries, server).into_iter().map(told_by);
            let told: Vec<_> = told.collect();
            told.ends_with(end).then_some(told)
        });
        match answered.await {
            Ok(so_far) => answers = so_far,
            Err(why) => {
                let expected = format!("a command for the light level {level}");
                let finding = missed(&server.record, expected, &why);
                return Ok(Err(after_bad(server, finding, payload)));
            }
        }
    }
    answers.truncate(answers.len() - 2);
    let is_right = match (answers.as_slice(), may_be_answered) {
        ([], _) => true,
        ([answer], Some(right)) => *answer == right,
        _ => false,
    };
    if is_right {
        return Ok(Ok(()));
    }
    let shown = String::from_utf8_lossy(payload);
    if may_be_answered.is_some() {
        return Ok(Err(Finding::new(
            format!("no command for the payload `{shown}`, or one that says it is bright"),
            "a command that says it is dark",
        )
        .hint(
            "With `as` a number that is too large for its new type silently becomes another one. \
             Keep the `u64`, or let `u16::try_from` find out that it does not fit.",
        )));
    }
    let finding = Finding::new(
        format!("no command for the payload `{shown}`"),
        "a command for it",
    );
    let is_number = serde_json::from_slice::<serde_json::Value>(payload)
        .is_ok_and(|payload| payload["light"].is_number());
    Ok(Err(if is_number {
        finding.hint(
            "A light level is a whole number that is not negative: `as_u64` is `None` for anything \
             else. What is no reading is reported, and gets no command.",
        )
    } else {
        finding
    }))
}

/// The broker restarts; the server must answer again.
pub async fn restart(stage: &mut Stage) -> Result<(), Stop> {
    let server = stage.enter(SERVER, &[]).await?;
    arrive(stage, &server).await?;
    let topic = stage.topic("telemetry");
    let device = stage.peer().await?;
    if subscribed(&server, 0, "telemetry").await.is_err()
        || answer(&server, &device, &topic, &spelt(0, 0))
            .await?
            .is_err()
    {
        return Err(Stop::Program);
    }
    let down = outage::go_down(stage, &server).await?;
    down.is_refused(stage, &server).await?;
    let back = down.is_over(stage, &server).await?;
    let device = stage.peer().await?;
    let subscription = subscribed(&server, back, "telemetry").await;
    stage.insist(&server, ANSWERS_AGAIN, subscription)?;
    let answered = answer(&server, &device, &topic, &spelt(0, 1023)).await?;
    let answered = answered.map_err(|(_, finding)| finding);
    stage.insist(&server, ANSWERS_AGAIN, answered)?;

    let down = outage::go_down(stage, &server).await?;
    down.is_noticed(stage, &server).await?;
    looked_back(stage, &server).await;
    Ok(())
}
