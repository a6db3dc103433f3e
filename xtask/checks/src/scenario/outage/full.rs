//! A queue that is full.

use course::DEVICE;

use super::books::{DROPS, SENDS, listed, nothing_known};
use super::talk::Talk;
use crate::actor::PROMPT;
use crate::call::levels;
use crate::findings::shown::number;
use crate::queries;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// So many readings more than the queue holds.
const TOO_MANY: usize = 3;

/// Nobody answers for long.
pub async fn full(stage: &mut Stage) -> Result<(), Stop> {
    let most = stage.dice.usize(4..8);
    stage.queues_hold(most);
    let levels = levels(&mut stage.dice, 301..1023);
    let device = stage.prepare(DEVICE, &levels).await?;
    device.redact(|redaction| redaction.nothing());
    stage.start(&device).await?;
    let mut talk = Talk::begin(stage, &device, nothing_known(most)).await?;
    let mut message = talk.next(stage).await?;
    while message.last() < (most + TOO_MANY) as u64 {
        message = talk.next(stage).await?;
    }
    let dropped = message.last() - most as u64;
    for seq in 1..=dropped {
        said(stage, &talk, seq, most).await?;
    }
    // An answer makes room, as before.
    let middle = message.last() - 2;
    talk.answer(middle).await?;
    let message = talk.next(stage).await?;
    if message.first() != middle + 1 {
        let finding = Finding::new(
            format!(
                "after an answer up to {middle}: reading {} first",
                middle + 1
            ),
            format!("a message with {}", listed(&message.readings)),
        );
        return Err(stage.stop(&device, DROPS, finding));
    }
    // And while there is no broker, it is the same queue.
    device.take_down();
    for _ in 0..most + TOO_MANY {
        if device.look().await.is_err() {
            // That is told elsewhere.
            return Err(Stop::Program);
        }
    }
    let up = device.record.len();
    device.line.up();
    if talk.at_once(up).await.is_err() {
        talk.next(stage).await?;
    }
    talk.agrees(stage)?;
    let message = talk.next(stage).await?;
    if message.readings.len() != most {
        let finding = Finding::new(
            format!("a full queue of {most} readings in the message"),
            format!("a message with {}", message.readings.len()),
        );
        return Err(stage.stop(&device, DROPS, finding));
    }
    said(stage, &talk, message.first() - 1, most).await?;
    stage.pass(&device, DROPS);
    stage.pass(&device, SENDS);
    Ok(())
}

/// Waits until the device has said that it has dropped this reading.
async fn said(stage: &mut Stage, talk: &Talk, seq: u64, most: usize) -> Result<(), Stop> {
    let device = &talk.device;
    let said = device.record.when(0, PROMPT, |entries| {
        let mut errors = queries::errors(entries);
        errors.any(|line| number(line, seq).is_some()).then_some(())
    });
    if said.await.is_ok() {
        return Ok(());
    }
    let finding = Finding::new(
        format!(
            "a line on standard error with the number {seq}, which a full queue of {most} dropped"
        ),
        "not a word about it there",
    );
    Err(stage.stop(device, DROPS, finding.hint(
        "What is dropped is lost, and somebody will look for it: say with `eprintln!` which number it \
         had.",
    )))
}
