//! The device is killed and started again on its files, and finds them as it left them.

use std::sync::Arc;

use arena::record::{Entry, Missed};
use course::DEVICE;

use super::books::{Books, Broken, KEEPS, NUMBERS, nothing_known};
use super::message::told;
use super::talk::Talk;
use crate::actor::{Actor, PROMPT, QUEUE};
use crate::call::levels;
use crate::findings::missed;
use crate::queries;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// What waits survives the program.
pub(super) const SURVIVES: &str = "queue-survives";
/// So do the run and the next number, also when nothing waits.
const GOES_ON: &str = "run-goes-on";

/// Another life of a device that has ended, and what it tells first.
///
/// # Errors
/// [`Stop::Program`] when it does not come online.
pub(super) async fn again(stage: &mut Stage, earlier: &Actor, books: Books) -> Result<Talk, Stop> {
    let levels = levels_above(stage, &books);
    let device = stage.revive(earlier, &levels).await?;
    device.redact(|redaction| redaction.nothing());
    stage.start(&device).await?;
    if !comes_up(&device).await {
        let finding = missed_again(&device);
        return Err(stage.stop(&device, SURVIVES, finding));
    }
    Talk::begin(stage, &device, books).await
}

/// Whether the broker has accepted it: on the files that it finds, that is not a matter of course.
pub(in crate::scenario) async fn comes_up(device: &Actor) -> bool {
    let accepted = |entries: &[Entry]| entries.iter().any(queries::is_accepted).then_some(());
    // Most need no virtual time for that.
    device.record.when(0, PROMPT, accepted).await.is_ok()
        || device.drive(0, PROMPT, accepted).await.is_ok()
}

pub(super) fn missed_again(device: &Actor) -> Finding {
    let end = device.record.look(queries::end);
    let why = match end {
        Some(end) => Missed::Ended(end),
        None => Missed::TimeUp(PROMPT),
    };
    missed(
        &device.record,
        "the device online when it is started again",
        &why,
    )
}

/// Levels that it has not told before.
pub(super) fn levels_above(stage: &mut Stage, books: &Books) -> Vec<u16> {
    let mut levels = levels(&mut stage.dice, 301..1023);
    levels.retain(|level| !books.levels.contains(&u64::from(*level)));
    levels
}

/// A device with no file yet, which has told so many readings that nobody has answered.
pub(super) async fn unanswered(stage: &mut Stage, readings: usize) -> Result<Talk, Stop> {
    let levels = levels(&mut stage.dice, 301..1023);
    let device = stage.prepare(DEVICE, &levels).await?;
    device.redact(|redaction| redaction.nothing());
    stage.start(&device).await?;
    let mut talk = Talk::begin(stage, &device, nothing_known(QUEUE)).await?;
    for _ in 0..readings {
        talk.next(stage).await?;
    }
    Ok(talk)
}

/// Killed with a full queue, with an empty one, and asked to leave.
pub async fn killed(stage: &mut Stage) -> Result<(), Stop> {
    let talk = unanswered(stage, 3).await?;
    let mut talk = killed_and_again(stage, talk).await?;
    let first = told_first(stage, &mut talk, SURVIVES).await?;
    if first != 1 {
        let finding = Finding::new(
            "started again: a message with all readings since number 1, which nobody has answered",
            format!("a message that begins with reading {first}"),
        );
        return Err(stage.stop(&talk.device, SURVIVES, finding));
    }
    // Half answered, and killed again.
    let seq = talk.last() - 2;
    talk.answer(seq).await?;
    talk.next(stage).await?;
    let mut talk = killed_and_again(stage, talk).await?;
    let first = told_first(stage, &mut talk, SURVIVES).await?;
    if first != seq + 1 {
        let finding = Finding::new(
            format!(
                "started again: a message that begins with reading {}",
                seq + 1
            ),
            format!("a message that begins with reading {first}"),
        );
        let hint = "What was answered leaves the file, too.";
        return Err(stage.stop(&talk.device, SURVIVES, finding.hint(hint)));
    }
    stage.pass(&talk.device, SURVIVES);

    // With nothing in the queue, the numbers go on all the same.
    for leaves in [false, true] {
        let last = talk.last();
        talk.answer(last).await?;
        let books = talk.close()?;
        if leaves {
            talk.device.leave().await;
        } else {
            talk.device.kill().await;
        }
        let earlier = Arc::clone(&talk.device);
        talk = again(stage, &earlier, books).await?;
        let first = told_first(stage, &mut talk, GOES_ON).await?;
        if first != last + 1 {
            let finding = Finding::new(
                format!("started again: reading {} next", last + 1),
                format!("a message that begins with reading {first}"),
            );
            return Err(stage.stop(&talk.device, GOES_ON, finding));
        }
    }
    stage.pass(&talk.device, GOES_ON);
    Ok(())
}

async fn killed_and_again(stage: &mut Stage, talk: Talk) -> Result<Talk, Stop> {
    talk.device.settle().await;
    let books = talk.close()?;
    talk.device.kill().await;
    again(stage, &talk.device, books).await
}

/// The number with which its first message begins. What is wrong with it is held against `rule`.
async fn told_first(stage: &mut Stage, talk: &mut Talk, rule: &'static str) -> Result<u64, Stop> {
    let message = talk.next_unjudged(stage).await?;
    if let Err(broken) = talk.judge() {
        let (rule, finding) = of_the_file(talk, broken, rule);
        return Err(stage.stop(&talk.device, rule, finding));
    }
    Ok(message.first())
}

/// What is wrong with the first words of a new life, in terms of the file.
fn of_the_file(
    talk: &Talk,
    (broken, finding): Broken,
    rule: &'static str,
) -> (&'static str, Finding) {
    let told = talk
        .device
        .record
        .look(|entries| told(entries, &talk.device));
    let first = told.ok().and_then(|all| all.into_iter().next());
    let Some(message) = first.map(|told| told.message) else {
        return (broken, finding);
    };
    let finding = Finding {
        expected: format!("started again: {}", finding.expected),
        ..finding
    };
    let other_run = talk
        .books
        .run
        .as_ref()
        .is_some_and(|run| *run != message.run);
    let hint = if other_run && rule == GOES_ON {
        "It begins another run. The run and the next number belong into the file as the readings do, \
         and stay there when the queue is empty."
    } else if other_run {
        "It begins another run, and what had waited is gone. What waits, the run and the next number \
         belong into a file in `settings.folder`, before a reading is printed or sent."
    } else if broken == NUMBERS {
        "It counts from somewhere else. The next number is kept in the file by itself: it cannot be \
         told from the readings, when none is left."
    } else if broken == KEEPS {
        "Readings that had waited are gone. A reading is in the file before it is printed or sent, \
         and leaves it when it is answered."
    } else {
        return (broken, finding);
    };
    (rule, finding.hint(hint))
}
