//! The device alone, on a line that works: which answers make it forget which readings.

use course::DEVICE;

use super::books::{FORGETS, KEEPS, NUMBERS, SENDS, keeps_pace, listed, nothing_known};
use super::talk::{KINDS, Talk};
use crate::actor::QUEUE;
use crate::call::levels;
use crate::findings::payload;
use crate::findings::subscription::{SUBSCRIBES, nothing_but};
use crate::findings::unreadable::reports;
use crate::scenario::connect::SLOW_ANSWER;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// What is no answer to it changes nothing.
const STRANGE: &str = "survives-bad-answer";

/// How much of the strange answers the transcript shows.
const SHOWN: usize = 4;

/// Unanswered, answered, half answered.
pub async fn queue(stage: &mut Stage) -> Result<(), Stop> {
    let levels = levels(&mut stage.dice, 301..1023);
    // Each third one is as light as the one before, and a reading all the same.
    let often = |(place, level): (usize, u16)| vec![level; if place % 2 == 0 { 2 } else { 1 }];
    let levels: Vec<u16> = levels.into_iter().enumerate().flat_map(often).collect();
    let device = stage.prepare(DEVICE, &levels).await?;
    device.line.answer_late(SLOW_ANSWER);
    device.redact(|redaction| {
        redaction.no_led();
        redaction.no_console();
    });
    stage.start(&device).await?;
    let mut talk = Talk::begin(stage, &device, nothing_known(QUEUE)).await?;
    // How many rounds it made before it was online is chance.
    let first = talk.next(stage).await?.last();
    device.settle().await;
    device.redact(|redaction| redaction.begin(device.record.len()));
    talk.answer(first).await?;
    for _ in 0..3 {
        talk.next(stage).await?;
    }
    stage.pass(&device, NUMBERS);
    // All of it.
    leaves(stage, &mut talk, 0).await?;
    for _ in 0..4 {
        talk.next(stage).await?;
    }
    // All but two: it says up to where, and the rest waits on.
    leaves(stage, &mut talk, 2).await?;
    let rest = device.record.len();
    // An old one, and one that comes twice.
    for old in [1, talk.answered, talk.answered] {
        talk.answer(old).await?;
        talk.next(stage).await?;
    }
    for left in [1, 3, 0, 0, 4] {
        leaves(stage, &mut talk, left).await?;
    }
    for _ in 0..12 {
        talk.next(stage).await?;
    }
    leaves(stage, &mut talk, 0).await?;
    device.redact(|redaction| redaction.leave_out(rest..usize::MAX));
    stage.insist(&device, SENDS, keeps_pace(&device))?;
    for rule in [SENDS, KEEPS, FORGETS] {
        stage.pass(&device, rule);
    }
    stage.judge_seen(&device, SUBSCRIBES, nothing_but(&device, 0, KINDS));
    let foreign = |entries: &[_]| payload::foreign(entries, &device.id, "telemetry");
    let found = device.record.look(foreign);
    stage.judge_seen(&device, SENDS, found);
    Ok(())
}

/// Answers all but so many, and looks at the next message.
async fn leaves(stage: &mut Stage, talk: &mut Talk, left: u64) -> Result<(), Stop> {
    let seq = talk.last().saturating_sub(left).max(talk.answered);
    talk.answer(seq).await?;
    let message = talk.next(stage).await?;
    if message.first() == seq + 1 {
        return Ok(());
    }
    let finding = Finding::new(
        format!(
            "after an answer up to {seq}: a message that begins with reading {}",
            seq + 1
        ),
        format!("a message with {}", listed(&message.readings)),
    );
    Err(stage.stop(&talk.device, FORGETS, finding))
}

/// With `RUN` for the device's run, `LAST` for the number of its last reading, and `NEVER` for one
/// that it has not given yet.
const STRANGE_ANSWERS: &[&str] = &[
    r#"{"run":"OTHER","seq":LAST}"#,
    r#"{"run":"RUN","seq":NEVER}"#,
    r#"{"run":"RUN","seq":18446744073709551615}"#,
    "not json",
    r#"{"seq":LAST}"#,
    r#"{"run":"RUN"}"#,
    r#"{"run":"RUN","seq":"LAST"}"#,
    r#"{"run":"RUN","seq":-1}"#,
    r#"{"run":"RUN","seq":LAST.5}"#,
    r#"{"run":"RUN","seq":null}"#,
    r#"{"run":"RUN","seq":[LAST]}"#,
    r#"{"run":null,"seq":LAST}"#,
    r#"{"run":"","seq":LAST}"#,
    r#"{"run":["RUN"],"seq":LAST}"#,
    r#"{"Run":"RUN","Seq":LAST}"#,
    r#"{"run":"RUN","seq":LAST} and more"#,
    r#"{"run":"RUN","seq":LAST"#,
    r#"{"led_on":true}"#,
    "LAST",
    "null",
    "",
];

/// Answers to others, to readings that never were, and no answers at all.
pub async fn strange_answers(stage: &mut Stage) -> Result<(), Stop> {
    let levels = levels(&mut stage.dice, 301..1023);
    let device = stage.prepare(DEVICE, &levels).await?;
    device.redact(|redaction| {
        redaction.no_board();
        redaction.no_console();
        redaction.no_messages_out();
    });
    stage.start(&device).await?;
    let mut talk = Talk::begin(stage, &device, nothing_known(QUEUE)).await?;
    let first = talk.next(stage).await?.last();
    talk.answer(first).await?;
    talk.next(stage).await?;
    let run = talk.run()?;
    let other = format!("{:016x}", stage.dice.u64(..));
    for (number, strange) in STRANGE_ANSWERS.iter().enumerate() {
        if number == SHOWN {
            device.redact(|redaction| redaction.leave_out(device.record.len()..usize::MAX));
        }
        let last = talk.last();
        let strange = strange
            .replace("OTHER", &other)
            .replace("RUN", &run)
            .replace("LAST", &last.to_string())
            .replace("NEVER", &(last + 1).to_string());
        let start = device.record.len();
        talk.reply(strange.clone()).await?;
        let message = talk.next_unjudged(stage).await?;
        if message.first() != first + 1 {
            let finding = Finding::new(
                format!(
                    "after `{strange}`: a message that begins with reading {}",
                    first + 1
                ),
                format!("a message with {}", listed(&message.readings)),
            );
            let finding = match number {
                0 => finding.hint(
                    "The answer is for another run: numbers of another run are others. Compare the \
                     run before you believe the number.",
                ),
                1 | 2 => finding.hint(
                    "No reading has that number yet. An answer that is above the last number given \
                     is wrong, and is ignored.",
                ),
                _ => finding,
            };
            return Err(stage.stop(&device, STRANGE, finding));
        }
        talk.agrees(stage)?;
        let reported = reports(&device, start, strange.as_bytes(), &[]).await;
        stage.insist(&device, STRANGE, reported)?;
    }
    stage.pass(&device, STRANGE);
    let rest = talk.last();
    talk.answer(rest).await?;
    let message = talk.next(stage).await?;
    if message.first() != rest + 1 {
        let finding = Finding::new("the next right answer believed", "it was not");
        return Err(stage.stop(&device, FORGETS, finding));
    }
    Ok(())
}
