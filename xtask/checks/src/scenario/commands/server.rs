//! The server alone: readings in, commands out.

use anyhow::Context;
use arena::broker::Broker;
use arena::peer::Peer;
use arena::record::Entry;
use rumqttc::mqttbytes::v4::Publish;

use super::{
    ANSWERS, BURST, COMMAND_NOT_RETAINED, COMMAND_PAYLOAD, COMMAND_TOPIC, DECIDES, Played,
    SERVER_ARRIVAL, SERVER_HEARS_AGAIN, SERVER_PATIENCE, SERVER_RETURNS, SERVER_SUBSCRIBES,
    SILENT_ON_BAD, Stop,
};
use crate::actor::{Actor, Call, PROMPT};
use crate::queries;
use crate::scenario::outage::Outage;
use crate::scenario::server::{UNREADABLE, after_bad};
use crate::scenario::subscription::{nothing_else, subscribed};
use crate::scenario::{curtain, missed, payload};
use crate::sheet::{Finding, Sheet};
use crate::transcript::Redaction;
use course::SERVER;

/// How many readings come at once: more than rumqttc's usual outbox takes.
const AT_ONCE: usize = 60;

/// Readings at the edges, readings that are none, and many at once.
pub async fn questions(call: &Call) -> anyhow::Result<Played> {
    let mut dice = call.dice("questions");
    let id = call.id(&mut dice);
    let levels = [0, 1023, 299, 300, dice.u16(1..299), dice.u16(900..1023)];
    let broker = Broker::start(&call.broker).await?;
    let device = Peer::connect(broker.endpoint(), &format!("{id}-tester")).await?;
    let server = Actor::enter(call, SERVER, &id, &broker, &[]).await?;
    let mut sheet = Sheet::new(call.step);
    let telemetry = format!("{id}/telemetry");

    let told = async {
        SERVER_ARRIVAL.judge(&server, &mut sheet).await?;
        subscribed(&server, 0, "telemetry")
            .await
            .map_err(|finding| {
                sheet.fail(SERVER_SUBSCRIBES, finding);
                Stop::Program
            })?;
        sheet.pass(SERVER_SUBSCRIBES);

        for level in levels {
            if let Err(finding) = answer(&server, &device, &telemetry, level).await? {
                sheet.fail(ANSWERS, finding);
                return Err(Stop::Program);
            }
        }
        let commands = commands(&server, &device, &telemetry, levels.len()).await?;
        let commands = commands.map_err(|finding| {
            sheet.fail(ANSWERS, finding);
            Stop::Program
        })?;
        sheet.pass(ANSWERS);
        for (level, command) in levels.into_iter().zip(&commands) {
            judge_command(command, &id, level, &mut sheet);
        }
        let [dark, bright] = [&commands[0], &commands[1]].map(told_by);
        if dark == bright {
            // Whoever says always the same cannot be asked when a message is done with.
            return Err(Stop::Program);
        }
        for payload in UNREADABLE {
            let quiet = silent(&server, &device, &telemetry, payload, [dark, bright]).await?;
            if let Err(finding) = quiet {
                sheet.fail(SILENT_ON_BAD, finding);
                return Err(Stop::Program);
            }
        }
        sheet.pass(SILENT_ON_BAD);
        Ok(())
    };
    let told = told.await;
    sheet.judge_seen(SERVER_SUBSCRIBES, nothing_else(&server, 0, "telemetry"));
    SERVER_ARRIVAL.judge_alone(&server, &mut sheet);
    curtain(
        "questions",
        told,
        sheet,
        vec![(server, Redaction::default())],
    )
    .await
}

/// Sixty readings at once.
pub async fn rush(call: &Call) -> anyhow::Result<Played> {
    let mut dice = call.dice("rush");
    let id = call.id(&mut dice);
    let broker = Broker::start(&call.broker).await?;
    let device = Peer::connect(broker.endpoint(), &format!("{id}-tester")).await?;
    let server = Actor::enter(call, SERVER, &id, &broker, &[]).await?;
    let mut sheet = Sheet::new(call.step);

    let told = async {
        SERVER_ARRIVAL.judge(&server, &mut sheet).await?;
        if subscribed(&server, 0, "telemetry").await.is_err() {
            return Err(Stop::Program);
        }
        let telemetry = format!("{id}/telemetry");
        // Who does not even answer one is told so elsewhere.
        if answer(&server, &device, &telemetry, 500).await?.is_err() {
            return Err(Stop::Program);
        }
        if let Err(finding) = answer(&server, &device, &telemetry, 500).await? {
            sheet.fail(
                ANSWERS,
                finding.hint(
                    "It answered once and not again. Each reading gets a command, also when the \
                     command says the same as the one before.",
                ),
            );
            return Err(Stop::Program);
        }
        sheet.judge(BURST, burst(&server, &device, &telemetry).await?);
        Ok(())
    };
    let told = told.await;
    // Sixty lines that are all alike help nobody who reads the transcript.
    curtain("rush", told, sheet, vec![(server, Redaction::nothing())]).await
}

/// Tells a reading and waits for the command that answers it.
async fn answer(
    server: &Actor,
    device: &Peer,
    telemetry: &str,
    level: u16,
) -> Result<Result<(), Finding>, Stop> {
    let start = server.record.len();
    device
        .publish(telemetry, format!("{{\"light\": {level}}}"))
        .await?;
    let answered = server.record.when(start, PROMPT, |entries| {
        queries::published(entries).next().map(|_| ())
    });
    let expected = format!("a PUBLISH that answers the light level {level}");
    Ok(answered
        .await
        .map_err(|why| missed(&server.record, expected, &why)))
}

/// All commands so far, when there are as many as readings. Darkness is told once more, which is
/// not what the last reading said: the server works through its messages in order, so when that
/// is answered, whatever it had to say to the readings is there.
async fn commands(
    server: &Actor,
    device: &Peer,
    telemetry: &str,
    readings: usize,
) -> Result<Result<Vec<Publish>, Finding>, Stop> {
    let dark = server
        .record
        .look(|entries| queries::published(entries).next().and_then(told_by));
    device.publish(telemetry, "{\"light\": 0}").await?;
    let answered = server.record.when(0, PROMPT, |entries| {
        let told: Vec<_> = queries::published(entries).collect();
        let last = told.last().filter(|_| told.len() > readings)?;
        (told_by(last) == dark).then(|| told.into_iter().cloned().collect())
    });
    let mut commands: Vec<Publish> = match answered.await {
        Ok(commands) => commands,
        Err(why) => {
            let expected = "a PUBLISH that answers the light level 0";
            return Ok(Err(missed(&server.record, expected, &why)));
        }
    };
    commands.pop();
    if commands.len() == readings {
        return Ok(Ok(commands));
    }
    Ok(Err(Finding::new(
        "one command for each reading",
        "more commands than readings",
    )
    .hint(
        "One reading, one command. Is something published more than once, or elsewhere too?",
    )))
}

fn judge_command(command: &Publish, id: &str, level: u16, sheet: &mut Sheet) {
    sheet.judge(
        COMMAND_TOPIC,
        payload::topic(&command.topic, id, "commands"),
    );
    sheet.judge(
        COMMAND_NOT_RETAINED,
        if command.retain {
            Err(Finding::new(
                "a command that is not retained",
                "a retained command",
            ))
        } else {
            Ok(())
        },
    );
    match payload::led_on(&command.payload) {
        Err(finding) => sheet.fail(COMMAND_PAYLOAD, finding),
        Ok(led_on) => {
            sheet.pass(COMMAND_PAYLOAD);
            sheet.judge(DECIDES, decided(led_on, level));
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
        let reading = format!("{{\"light\": {level}}}");
        device.publish(telemetry, reading).await?;
        let answered = server.record.when(start, PROMPT, |entries| {
            let told: Vec<_> = queries::published(entries).map(told_by).collect();
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
    Ok(Err(Finding::new(
        format!("no command for the payload `{shown}`"),
        "a command for it",
    )))
}

async fn burst(
    server: &Actor,
    device: &Peer,
    telemetry: &str,
) -> Result<Result<(), Finding>, Stop> {
    let start = server.record.len();
    // All of them at once, and not one by one as the broker happens to pass them on.
    server.line.hold();
    for _ in 0..AT_ONCE {
        device.publish(telemetry, "{\"light\": 500}").await?;
    }
    let all_there = tokio::time::timeout(PROMPT, server.line.holds(AT_ONCE)).await;
    server.line.up();
    all_there.context("the broker did not deliver a burst of messages")?;
    let answered = |entries: &[Entry]| queries::published(entries).count();
    let all = server.record.when(start, PROMPT, |entries| {
        (answered(entries) >= AT_ONCE).then_some(())
    });
    Ok(all.await.map_err(|_| {
        let commands = server.record.look(|entries| answered(&entries[start..]));
        Finding::new(
            format!("{AT_ONCE} commands"),
            format!("{commands} commands, then silence"),
        )
    }))
}

/// The broker restarts; the server must answer again.
pub async fn restart(call: &Call) -> anyhow::Result<Played> {
    const OUTAGE: Outage = Outage {
        returns: SERVER_RETURNS,
        patience: SERVER_PATIENCE,
    };
    let mut dice = call.dice("server restart");
    let id = call.id(&mut dice);
    let mut broker = Broker::start(&call.broker).await?;
    let server = Actor::enter(call, SERVER, &id, &broker, &[]).await?;
    let mut sheet = Sheet::new(call.step);

    let told = async {
        SERVER_ARRIVAL.judge(&server, &mut sheet).await?;
        let topic = format!("{id}/telemetry");
        let device = Peer::connect(broker.endpoint(), &format!("{id}-tester")).await?;
        if subscribed(&server, 0, "telemetry").await.is_err()
            || answer(&server, &device, &topic, 0).await?.is_err()
        {
            return Err(Stop::Program);
        }
        let back = OUTAGE.judge(&server, &mut broker, &mut sheet).await?;
        let device = Peer::connect(broker.endpoint(), &format!("{id}-tester")).await?;
        match subscribed(&server, back, "telemetry").await {
            Ok(()) => {
                let heard = answer(&server, &device, &topic, 1023).await?;
                sheet.judge(SERVER_HEARS_AGAIN, heard);
            }
            Err(finding) => sheet.fail(SERVER_HEARS_AGAIN, finding),
        }
        Ok(())
    };
    let told = told.await;
    curtain(
        "server restart",
        told,
        sheet,
        vec![(server, Redaction::default())],
    )
    .await
}
