//! The server alone: readings under many names in, commands out.

use course::SERVER;

use super::ballot::{Command, To};
use super::crowd::{Crowd, names};
use super::exchange::{
    self, ANSWERS, Broken, NONSENSE, TOPIC, answered, count, foreign, unanswered,
};
use crate::actor::Actor;
use crate::findings::introduction::arrive;
use crate::findings::subscription::{SUBSCRIBES, listens, nothing_else, subscribed};
use crate::findings::unreadable::{UNREADABLE, after_bad, reports};
use crate::findings::{missed, outage};
use crate::scenario::connect::SLOW_ANSWER;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// What it subscribes to.
pub(super) const TELEMETRY: &str = "devices/+/telemetry";

/// Also after a restart of the broker.
const ANSWERS_AGAIN: &str = "server-answers-again";

/// How many readings come after the story, as chance has it.
const MORE: usize = 60;

/// How many messages that are no readings the transcript shows.
const SHOWN: usize = 4;

/// Some devices, one reading after the other, and then many as chance has it.
pub async fn weighing(stage: &mut Stage) -> Result<(), Stop> {
    let names = names(&mut stage.dice, 5);
    let mut crowd = Crowd::gather(stage, 1).await?;
    let server = stage.prepare(SERVER, &[]).await?;
    server.line.answer_late(SLOW_ANSWER);
    stage.start(&server).await?;
    arrive(stage, &server).await?;
    let subscription = subscribed(&server, 0, TELEMETRY).await;
    stage.insist(&server, SUBSCRIBES, subscription)?;

    for (device, level) in story(&mut stage.dice) {
        let start = server.record.len();
        crowd.tell(&names[device], level).await?;
        if let Err(why) = answered(&server, start, 1).await {
            let broken = unanswered(&server, &why);
            return Err(stops(stage, &server, broken));
        }
    }
    agrees(stage, &server).await?;
    let shown = server.record.len();
    let levels = [0, 299, 300, 1023, 150, 700];
    for number in 0..MORE {
        let device = &names[stage.dice.usize(0..names.len())];
        let level = levels[stage.dice.usize(0..levels.len())];
        crowd.tell(device, level).await?;
        // One after the other: what comes all at once is another matter.
        if let Err(why) = answered(&server, shown, number + 1).await {
            let broken = unanswered(&server, &why);
            return Err(stops(stage, &server, broken));
        }
    }
    agrees(stage, &server).await?;
    server.redact(|redaction| redaction.leave_out(shown..usize::MAX));
    looked_back(stage, &server).await
}

/// A device, by its number, and what it tells. Whoever weighs otherwise, or tells somebody else,
/// parts from what is right here.
pub(super) fn story(dice: &mut fastrand::Rng) -> Vec<(usize, u16)> {
    let (dark, bright) = (dice.u16(1..299), dice.u16(301..1023));
    vec![
        // Alone, first bright and then dark.
        (0, bright),
        (0, dark),
        // Half is not more than half.
        (1, 300),
        (2, 299),
        (2, dark),
        (1, 1023),
        (0, 0),
        // Two of three, and the third is so bright that the mean is not dark.
        (2, 300),
        (2, bright),
        // A bird on one of three sensors.
        (1, 0),
        (0, 1023),
        (1, dark),
        (1, 0),
        // Two more that come up dark: three of five.
        (3, 0),
        (4, 299),
        (3, 1023),
        (4, bright),
        (0, bright),
    ]
}

/// Notes what is broken, if anything is, and ends the scene then.
pub(super) async fn agrees(stage: &mut Stage, server: &Actor) -> Result<(), Stop> {
    match exchange::judge_at_rest(server).await {
        Ok(()) => {
            exchange::passes(stage, server);
            Ok(())
        }
        Err(broken) => Err(stops(stage, server, broken)),
    }
}

pub(super) fn stops(stage: &mut Stage, server: &Actor, (rule, finding): Broken) -> Stop {
    stage.judge_seen(server, TOPIC, foreign(server));
    stage.stop(server, rule, finding)
}

/// The server has left: whatever it has sent was an answer, and it has heard nothing else.
pub(super) async fn looked_back(stage: &mut Stage, server: &Actor) -> Result<(), Stop> {
    stage.judge_seen(server, SUBSCRIBES, nothing_else(server, 0, TELEMETRY));
    server.leave().await;
    stage.judge_seen(server, TOPIC, foreign(server));
    agrees(stage, server).await
}

/// Messages that are no readings, from a device whose last reading is dark, and from one whose last
/// reading is bright. If they changed anything, the next answer would be another one.
pub async fn nonsense(stage: &mut Stage) -> Result<(), Stop> {
    let names = names(&mut stage.dice, 3);
    let [speaker, other, third] = names.as_slice() else {
        return Err(Stop::Program);
    };
    let mut crowd = Crowd::gather(stage, 1).await?;
    let server = stage.enter(SERVER, &[]).await?;
    listens(stage, &server, TELEMETRY).await?;
    let mut wrong = 0;
    for speaker_is_dark in [true, false] {
        // With a dark speaker two of three are dark, with a bright one it is one of three.
        let levels = [if speaker_is_dark { 100 } else { 900 }, 0, 1023];
        for (device, level) in [speaker, other, third].into_iter().zip(levels) {
            next_answer(&server, &mut crowd, device, level).await?;
        }
        if exchange::judge(&server).is_err() {
            // That is told elsewhere.
            return Err(Stop::Program);
        }
        for payload in UNREADABLE {
            let begin = server.record.len();
            let topic = format!("devices/{speaker}/telemetry");
            crowd.say(&topic, *payload).await?;
            let start = server.record.len();
            crowd.tell(other, 0).await?;
            if let Err(why) = answered(&server, start, 1).await {
                let finding = missed(&server.record, "an answer to another device", &why);
                return Err(stage.stop(&server, NONSENSE, after_bad(&server, finding, payload)));
            }
            let unmoved = Command {
                to: To::One(other.clone()),
                on: speaker_is_dark,
            };
            if exchange::since(&server, begin) != [unmoved] {
                let finding = match exchange::judge_at_rest(&server).await {
                    Err((_, finding)) => finding,
                    Ok(()) => Finding::new("no command for it", "a command for it"),
                };
                let finding = after_bad(&server, finding, payload);
                return Err(stage.stop(&server, NONSENSE, finding));
            }
            let reported = reports(&server, begin, payload, &[0]).await;
            stage.insist(&server, NONSENSE, reported)?;
            wrong += 1;
            if wrong == SHOWN {
                let rest = server.record.len()..usize::MAX;
                server.redact(|redaction| redaction.leave_out(rest));
            }
        }
    }
    nameless(stage, &server, &mut crowd, [speaker, other]).await?;
    stage.pass(&server, NONSENSE);
    looked_back(stage, &server).await
}

/// Readings on topics that are no device's. One vote more for the dark, and it would be dark.
async fn nameless(
    stage: &mut Stage,
    server: &Actor,
    crowd: &mut Crowd,
    [bright, dark]: [&str; 2],
) -> Result<(), Stop> {
    next_answer(server, crowd, dark, 0).await?;
    for kind in [
        "devices//telemetry".to_owned(),
        "telemetry".to_owned(),
        "devices/telemetry".to_owned(),
        format!("devices/{bright}"),
        format!("devices/{bright}/telemetry/light"),
        format!("devices/{bright}/{dark}/telemetry"),
        format!("devices/{bright}/commands"),
    ] {
        crowd.say(&kind, r#"{"light":0}"#).await?;
        next_answer(server, crowd, dark, 0).await?;
    }
    let judged = exchange::judge_at_rest(server).await;
    judged.map_err(|(_, finding)| {
        let expected = format!("after a reading of nobody: {}", finding.expected);
        let finding = Finding {
            expected,
            ..finding
        };
        stage.stop(server, NONSENSE, finding)
    })
}

/// Tells a reading and waits until one more command is there.
async fn next_answer(
    server: &Actor,
    crowd: &mut Crowd,
    device: &str,
    level: u16,
) -> Result<(), Stop> {
    let start = server.record.len();
    crowd.tell(device, level).await?;
    // Who does not answer is told so elsewhere.
    let answer = answered(server, start, 1).await;
    answer.map_err(|_| Stop::Program)
}

/// The broker restarts; the server must answer again.
pub async fn restart(stage: &mut Stage) -> Result<(), Stop> {
    let names = names(&mut stage.dice, 1);
    let server = stage.enter(SERVER, &[]).await?;
    arrive(stage, &server).await?;
    let mut crowd = Crowd::gather(stage, 1).await?;
    if subscribed(&server, 0, TELEMETRY).await.is_err() {
        return Err(Stop::Program);
    }
    for level in [1023, 0] {
        next_answer(&server, &mut crowd, &names[0], level).await?;
    }
    let down = outage::go_down(stage, &server).await?;
    down.is_refused(stage, &server).await?;
    let back = down.is_over(stage, &server).await?;
    let mut crowd = Crowd::gather(stage, 1).await?;
    let subscription = subscribed(&server, back, TELEMETRY).await;
    stage.insist(&server, ANSWERS_AGAIN, subscription)?;
    let start = server.record.len();
    crowd.tell(&names[0], 0).await?;
    let again = answered(&server, start, 1).await;
    let again = again.map_err(|why| missed(&server.record, "an answer to the next reading", &why));
    stage.insist(&server, ANSWERS_AGAIN, again)?;

    let down = outage::go_down(stage, &server).await?;
    down.is_noticed(stage, &server).await?;
    server.leave().await;
    let unasked = server.record.look(|entries| {
        let readings = exchange::heard(entries, &server).len();
        count(entries, &server) > readings
    });
    if unasked {
        self::unasked(stage, &server);
    }
    Ok(())
}

/// There was a command that no reading has asked for.
pub(super) fn unasked(stage: &mut Stage, server: &Actor) {
    let finding = Finding::new(
        "one command for each reading",
        "a command that no reading has asked for",
    );
    let hint = "The server answers readings and sends nothing of its own accord: no command at its \
                start, when it comes back, by a timer, or when it leaves. What has expired is \
                noticed when the next reading arrives.";
    stage.fail(server, ANSWERS, finding.hint(hint));
}
