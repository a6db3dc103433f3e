//! The server alone: readings in, commands out.

use course::SERVER;

use super::answers::{ANSWERS, TOPIC, all_commands, answer, told_by, unanswered};
use super::decisions;
use super::silence::silent;
use super::unasked::{looked_back, only_answers};
use crate::findings::hearing::spelt;
use crate::findings::introduction::arrive;
use crate::findings::payload;
use crate::findings::subscription::{SUBSCRIBES, nothing_else, subscribed};
use crate::findings::unreadable::{TOO_LARGE, UNREADABLE, reports};
use crate::scenario::server::{comes_back, goes_away};
use crate::scenario::turned_away;
use crate::stage::{Stage, Stop};

/// What is no reading gets none.
const SILENT_ON_BAD: &str = "no-answer-to-bad-payload";
/// Also after a restart of the broker.
const ANSWERS_AGAIN: &str = "server-answers-again";

/// How many readings are told one by one, after those at the edges: more than anybody counts to who
/// means "a few times".
const MORE: usize = 50;

/// So many in a row are spelt alike: where the level stays, the very same message comes again.
pub(super) const IN_A_ROW: usize = 2;

/// Readings at the edges, readings that are none.
pub async fn questions(stage: &mut Stage) -> Result<(), Stop> {
    let (dark, bright) = (stage.dice.u16(1..299), stage.dice.u16(900..1023));
    let mut levels = vec![0, 1023, 299, 300, dark, dark, bright, bright, 299, 0];
    let edges = levels.len();
    levels.extend((0..MORE).map(|_| stage.dice.u16(0..1024)));
    let device = stage.peer().await?;
    let server = stage.enter(SERVER, &[]).await?;
    arrive(stage, &server).await?;
    let subscription = subscribed(&server, 0, "telemetry").await;
    stage.insist(&server, SUBSCRIBES, subscription)?;

    let telemetry = stage.topic("telemetry");
    let mut shown = 0;
    for (number, level) in levels.iter().copied().enumerate() {
        if number == edges {
            shown = server.record.len();
        }
        let reading = spelt(number / IN_A_ROW, level);
        if let Err((rule, finding)) = answer(&server, &device, &telemetry, &reading).await? {
            let finding = match finding.hint {
                None if rule == ANSWERS && number > 0 => {
                    let so_far = &levels[..=number];
                    finding.hint(unanswered(&server, &device, &telemetry, so_far).await?)
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
    decisions::judge(stage, &server, &levels, &commands);
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

/// The broker refuses the server at first, and the line breaks often.
pub async fn turned_away(stage: &mut Stage) -> Result<(), Stop> {
    turned_away::turned_away(stage, SERVER, Some((ANSWERS_AGAIN, &["telemetry"]))).await
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
    let device = comes_back(stage, &server, ANSWERS_AGAIN).await?;
    let answered = answer(&server, &device, &topic, &spelt(0, 1023)).await?;
    let answered = answered.map_err(|(_, finding)| finding);
    stage.insist(&server, ANSWERS_AGAIN, answered)?;

    goes_away(stage, &server).await?;
    looked_back(stage, &server).await;
    Ok(())
}
