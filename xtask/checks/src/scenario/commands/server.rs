//! The server alone: readings in, commands out.

use std::time::Duration;

use anyhow::Context;
use arena::peer::Peer;
use arena::record::Entry;
use course::SERVER;
use rumqttc::mqttbytes::v4::Publish;

use crate::actor::{Actor, PROMPT};
use crate::findings::hearing::{UNREADABLE, after_bad, spelt};
use crate::findings::introduction::arrive;
use crate::findings::subscription::{SUBSCRIBES, nothing_else, subscribed};
use crate::findings::{missed, outage, payload};
use crate::queries;
use crate::scenario::connect::SLOW_ANSWER;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// Each reading gets one command.
const ANSWERS: &str = "answers";
/// On the topic for commands.
const TOPIC: &str = "command-topic";
/// JSON with true or false.
const PAYLOAD: &str = "command-payload";
/// True when the light is below 300.
const DECIDES: &str = "decides";
/// Not retained.
const NOT_RETAINED: &str = "command-not-retained";
/// What is no reading gets none.
const SILENT_ON_BAD: &str = "no-answer-to-bad-payload";
/// Many readings at once get their answers too, in order.
const BURST: &str = "burst";
/// Also after a restart of the broker.
const ANSWERS_AGAIN: &str = "server-answers-again";

/// How many readings come at once, so that each gets its answer: as many as the lesson's outbox
/// holds with room to spare.
const BURST_OF: usize = 60;

/// How many come at once that nobody needs to answer all: far more than that outbox holds, so that
/// whoever waits in the event loop for room in it waits for ever.
const FLOOD_OF: usize = 200;

/// A server that works off a flood does not rest for so long.
const CALM: Duration = Duration::from_millis(20);

/// How long messages elsewhere are watched for one on the right topic.
const SECOND_THOUGHTS: Duration = Duration::from_millis(300);

/// Readings at the edges, readings that are none.
pub async fn questions(stage: &mut Stage) -> Result<(), Stop> {
    let (dark, bright) = (stage.dice.u16(1..299), stage.dice.u16(900..1023));
    let levels = [0, 1023, 299, 300, dark, dark, bright, bright, 299, 0];
    let device = stage.peer().await?;
    let server = stage.prepare(SERVER, &[]).await?;
    server.line.answer_late(SLOW_ANSWER);
    stage.start(&server).await?;
    arrive(stage, &server).await?;
    let subscription = subscribed(&server, 0, "telemetry").await;
    stage.insist(&server, SUBSCRIBES, subscription)?;

    let telemetry = stage.topic("telemetry");
    for (number, level) in levels.into_iter().enumerate() {
        let reading = spelt(number, level);
        if let Err((rule, finding)) = answer(&server, &device, &telemetry, &reading).await? {
            let finding = match finding.hint {
                None if rule == ANSWERS && number > 0 => finding.hint(unanswered(number, &levels)),
                _ => finding,
            };
            return Err(stage.stop(&server, rule, finding));
        }
    }
    let commands = all_commands(&server, &device, &telemetry, levels.len()).await?;
    let commands = commands.map_err(|(rule, finding)| stage.stop(&server, rule, finding))?;
    stage.pass(&server, ANSWERS);
    for (level, command) in levels.into_iter().zip(&commands) {
        judge_command(stage, &server, command, level);
    }
    let elsewhere = server.record.look(|entries| foreign(entries, &server));
    stage.judge_seen(&server, TOPIC, elsewhere);
    let [dark, bright] = [&commands[0], &commands[1]].map(told_by);
    if dark == bright {
        // Whoever says always the same cannot be asked when a message is done with.
        return Err(Stop::Program);
    }
    for payload in UNREADABLE {
        let quiet = silent(&server, &device, &telemetry, payload, [dark, bright]).await?;
        stage.insist(&server, SILENT_ON_BAD, quiet)?;
    }
    stage.judge_seen(&server, SUBSCRIBES, nothing_else(&server, 0, "telemetry"));
    Ok(())
}

fn unanswered(number: usize, levels: &[u16]) -> &'static str {
    if levels[number] == levels[number - 1] {
        "It answered this level when it came the first time. Each reading gets a command, also when \
         the command says the same as the one before."
    } else {
        "It has answered others. Each reading gets a command, whether it is dark or bright; and the \
         payload is read as JSON: spaces, order and other names in it mean nothing."
    }
}

/// Many readings at once.
pub async fn rush(stage: &mut Stage) -> Result<(), Stop> {
    let device = stage.peer().await?;
    let server = stage.enter(SERVER, &[]).await?;
    // So many lines that are much alike help nobody who reads the transcript.
    server.redact(|redaction| redaction.nothing());
    arrive(stage, &server).await?;
    if subscribed(&server, 0, "telemetry").await.is_err() {
        return Err(Stop::Program);
    }
    let telemetry = stage.topic("telemetry");
    // Who does not even answer one is told so elsewhere.
    for level in [500, 500] {
        let answered = answer(&server, &device, &telemetry, &spelt(0, level)).await?;
        if answered.is_err() {
            return Err(Stop::Program);
        }
    }
    let mut levels = || if stage.dice.bool() { 100 } else { 900 };
    let few: Vec<u16> = (0..BURST_OF).map(|_| levels()).collect();
    let many: Vec<u16> = (0..FLOOD_OF).map(|_| levels()).collect();
    let burst = burst(&server, &device, &telemetry, &few).await?;
    stage.insist(&server, BURST, burst)?;
    stage.ends_in_a_rush();
    let lives = outlives(&server, &device, &telemetry, &many).await?;
    stage.judge(&server, BURST, lives);
    // While its outbox is full, not even a goodbye finds room in it.
    server.calm(CALM).await;
    Ok(())
}

fn is_command(entry: &Entry, server: &Actor) -> bool {
    let topic = format!("{}/commands", server.id);
    queries::publish(entry).is_some_and(|message| message.topic == topic)
}

fn commands<'a>(entries: &'a [Entry], server: &Actor) -> Vec<&'a Publish> {
    let commands = entries.iter().filter(|entry| is_command(entry, server));
    commands.filter_map(queries::publish).collect()
}

/// Below one's own id anything may be told; elsewhere it disturbs others.
fn foreign(entries: &[Entry], server: &Actor) -> Result<(), Finding> {
    let own = format!("{}/", server.id);
    let mut topics = queries::published(entries).map(|message| message.topic.as_str());
    match topics.find(|topic| !topic.starts_with(&own)) {
        None => Ok(()),
        Some(foreign) => payload::topic(foreign, &server.id, "commands"),
    }
}

/// Tells a reading and waits for the command that answers it.
///
/// # Errors
/// The inner one names the rule that is broken by what was seen instead.
async fn answer(
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
    readings: usize,
) -> Result<Result<Vec<Publish>, (&'static str, Finding)>, Stop> {
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
            let said = server
                .record
                .look(|entries| commands(entries, server).len());
            if said == readings + 2 {
                return Ok(Err((
                    BURST,
                    overtaken("the answer to the last reading at last"),
                )));
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
    .hint("One reading, one command. Is something published more than once, or elsewhere too?");
    Ok(Err((ANSWERS, finding)))
}

fn judge_command(stage: &mut Stage, server: &Actor, command: &Publish, level: u16) {
    let found = payload::topic(&command.topic, &server.id, "commands");
    stage.judge(server, TOPIC, found);
    let found = if command.retain {
        Err(Finding::new(
            "a command that is not retained",
            "a retained command",
        ))
    } else {
        Ok(())
    };
    stage.judge(server, NOT_RETAINED, found);
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
fn told_by(command: &Publish) -> Option<bool> {
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
) -> Result<Result<(), Finding>, Stop> {
    let start = server.record.len();
    device.publish(telemetry, payload).await?;
    let mut answers = 0;
    for (level, end) in [(0, &[dark] as &[_]), (1023, &[dark, bright])] {
        device.publish(telemetry, spelt(0, level)).await?;
        let answered = server.record.when(start, PROMPT, |entries| {
            let told = commands(entries, server).into_iter().map(told_by);
            let told: Vec<_> = told.collect();
            told.ends_with(end).then_some(told.len())
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
    if answers == 2 {
        return Ok(Ok(()));
    }
    let shown = String::from_utf8_lossy(payload);
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

async fn burst(
    server: &Actor,
    device: &Peer,
    telemetry: &str,
    levels: &[u16],
) -> Result<Result<(), Finding>, Stop> {
    let start = server.record.len();
    all_at_once(server, device, telemetry, levels).await?;
    let answered = |entries: &[Entry]| commands(entries, server).len();
    let all = server.record.when(start, PROMPT, |entries| {
        (answered(entries) >= levels.len()).then_some(())
    });
    let expected = format!("{} commands, in the order of the readings", levels.len());
    if all.await.is_err() {
        let before = server.record.look(|entries| answered(&entries[start..]));
        let more = server.record.when(start, PROMPT, |entries| {
            (answered(entries) > before).then_some(())
        });
        let goes_on = more.await.is_ok();
        let seconds = PROMPT.as_secs();
        return Ok(Err(if goes_on {
            Finding::new(
                expected,
                format!("{before} commands after {seconds} s, and slowly more"),
            )
            .hint(
                "Something in the event loop waits before each answer. Nothing in there may \
                     wait for anything but the network: while it waits, nobody is heard.",
            )
        } else {
            Finding::new(expected, format!("{before} commands, then silence"))
        }));
    }
    let right = server.record.look(|entries| {
        let told: Vec<_> = commands(&entries[start..], server)
            .into_iter()
            .map(told_by)
            .collect();
        let wanted: Vec<_> = levels.iter().map(|level| Some(*level < 300)).collect();
        let mut as_many = told.clone();
        let mut as_wanted = wanted.clone();
        as_many.sort_unstable();
        as_wanted.sort_unstable();
        // Other answers are told of elsewhere; here their order counts.
        told == wanted || as_many != as_wanted
    });
    Ok(if right {
        Ok(())
    } else {
        Err(overtaken(expected))
    })
}

/// Answers that do not come in the order of the readings.
fn overtaken(expected: impl Into<String>) -> Finding {
    Finding::new(expected, "the same commands in another order").hint(
        "An answer to an older reading has overtaken that to a newer one. Answers go out in the \
         order of the readings: from the event loop itself, or from one thread that takes them out \
         of a queue.",
    )
}

/// Tells all of them at once, and not one by one as the broker happens to pass them on.
async fn all_at_once(
    server: &Actor,
    device: &Peer,
    telemetry: &str,
    levels: &[u16],
) -> anyhow::Result<()> {
    server.line.hold();
    for level in levels {
        device.publish(telemetry, spelt(0, *level)).await?;
    }
    let all_there = tokio::time::timeout(PROMPT, server.line.holds(levels.len())).await;
    server.line.up();
    all_there.context("the broker did not deliver a burst of messages")
}

/// More readings than fit into the outbox: some answers may get lost, but the server lives on, and
/// answers the next ones.
async fn outlives(
    server: &Actor,
    device: &Peer,
    telemetry: &str,
    levels: &[u16],
) -> Result<Result<(), Finding>, Stop> {
    let start = server.record.len();
    all_at_once(server, device, telemetry, levels).await?;
    // One answer may be late; two in a row, one way and then the other, are no answers to the flood
    // once it has fallen silent.
    for _ in 0..2 {
        let before = server.record.len();
        device.publish(telemetry, spelt(0, 100)).await?;
        let answered = server.record.when(before, PROMPT, |entries| {
            (!commands(entries, server).is_empty()).then_some(())
        });
        if let Err(why) = answered.await {
            let told = server
                .record
                .look(|entries| commands(&entries[start..], server).len());
            let expected = format!(
                "an answer to the next reading after {} at once",
                levels.len()
            );
            let finding = missed(&server.record, expected, &why);
            let hangs = finding.hint.is_none();
            return Ok(Err(Finding {
                actual: if hangs {
                    format!("{told} commands, then silence")
                } else {
                    finding.actual
                },
                ..finding
            }));
        }
    }
    Ok(Ok(()))
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

    outage::go_down(stage, &server).await?;
    server.leave().await;
    Ok(())
}
