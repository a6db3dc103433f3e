//! The device is killed and started again on its files, and finds them as it left them, or not.

use std::fs;
use std::sync::Arc;

use arena::record::Entry;
use course::DEVICE;

use super::folder;
use super::message::{Message, looks, told};
use super::storm::promised;
use super::talk::{Books, Broken, KEEPS, NUMBERS, Talk, listed, nothing_known};
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
/// What cannot be read is set aside.
const ASIDE: &str = "sets-aside";
/// Without room for the file it goes on.
const NO_ROOM: &str = "survives-no-room";

/// What is in a file that something has written over.
const GARBAGE: &[u8] = b"\x00\xff\xfe{]} this is no queue, and no line of one \x80\n";

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
async fn comes_up(device: &Actor) -> bool {
    let accepted = |entries: &[Entry]| entries.iter().any(queries::is_accepted).then_some(());
    device.drive(0, PROMPT, accepted).await.is_ok()
}

fn missed_again(device: &Actor) -> Finding {
    let end = device.record.look(queries::end);
    let why = match end {
        Some(end) => arena::record::Missed::Ended(end),
        None => arena::record::Missed::TimeUp(PROMPT),
    };
    missed(
        &device.record,
        "the device online when it is started again",
        &why,
    )
}

/// Levels that it has not told before.
fn levels_above(stage: &mut Stage, books: &Books) -> Vec<u16> {
    let mut levels = levels(&mut stage.dice, 301..1023);
    levels.retain(|level| !books.levels.contains(&u64::from(*level)));
    levels
}

/// Killed with a full queue, with an empty one, and asked to leave.
pub async fn killed(stage: &mut Stage) -> Result<(), Stop> {
    let levels = levels(&mut stage.dice, 301..1023);
    let device = stage.prepare(DEVICE, &levels).await?;
    device.redact(|redaction| redaction.nothing());
    stage.start(&device).await?;
    let mut talk = Talk::begin(stage, &device, nothing_known(QUEUE)).await?;
    for _ in 0..3 {
        talk.next(stage).await?;
    }
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

/// Something has written over each of its files.
pub async fn unreadable(stage: &mut Stage) -> Result<(), Stop> {
    let levels = levels(&mut stage.dice, 301..1023);
    let device = stage.prepare(DEVICE, &levels).await?;
    device.redact(|redaction| redaction.nothing());
    stage.start(&device).await?;
    let mut talk = Talk::begin(stage, &device, nothing_known(QUEUE)).await?;
    for _ in 0..2 {
        talk.next(stage).await?;
    }
    device.settle().await;
    let books = talk.close()?;
    device.kill().await;
    let files = folder::read(device.folder()).map_err(anyhow::Error::from)?;
    if files.is_empty() {
        // Without a file there is no second part: that is told elsewhere.
        return Err(Stop::Program);
    }
    for path in files.keys() {
        fs::write(path, GARBAGE).map_err(anyhow::Error::from)?;
    }
    let new = Books {
        levels: Vec::new(),
        run: None,
        answered: 0,
        ..books.clone()
    };
    let levels = levels_above(stage, &books);
    let next = stage.revive(&device, &levels).await?;
    next.redact(|redaction| redaction.nothing());
    stage.start(&next).await?;
    if !comes_up(&next).await {
        let finding = missed_again(&next).hint(
            "A file that cannot be read must not end the device for good: set it aside and begin \
             anew.",
        );
        return Err(stage.stop(&next, ASIDE, finding));
    }
    let mut talk = Talk::begin(stage, &next, new).await?;
    let message = talk.next_unjudged(stage).await?;
    let other_run = Some(&message.run) != books.run.as_ref();
    if talk.judge().is_err() || !other_run {
        let finding = Finding::new(
            "with a file that nobody can read: a new run, and numbers from 1 on",
            format!("run {}, {}", message.run, listed(&message.readings)),
        );
        return Err(stage.stop(&next, ASIDE, finding));
    }
    let said = |entries: &[Entry]| queries::errors(entries).next().map(drop);
    if next.record.when(0, PROMPT, said).await.is_err() {
        let finding = Finding::new(
            "a line on standard error about the file that cannot be read",
            "not a word about it there",
        );
        return Err(stage.stop(&next, ASIDE, finding));
    }
    let now = folder::read(next.folder()).map_err(anyhow::Error::from)?;
    let is_kept = |(path, content): (&std::path::PathBuf, &Vec<u8>)| {
        content == GARBAGE && !files.contains_key(path)
    };
    if !now.iter().any(is_kept) {
        let finding = Finding::new(
            "the file that cannot be read, whole, under another name",
            "it is gone, or still has its name",
        );
        return Err(stage.stop(&next, ASIDE, finding));
    }
    stage.pass(&next, ASIDE);
    cut_short(stage, talk).await
}

/// Each file ends in the middle. Whatever can be made of that, the device goes on.
async fn cut_short(stage: &mut Stage, mut talk: Talk) -> Result<(), Stop> {
    talk.next(stage).await?;
    let device = Arc::clone(&talk.device);
    device.settle().await;
    device.kill().await;
    let files = folder::read(device.folder()).map_err(anyhow::Error::from)?;
    for (path, content) in &files {
        let half = &content[..content.len() / 2];
        fs::write(path, half).map_err(anyhow::Error::from)?;
    }
    let next = stage.revive(&device, &[500]).await?;
    next.redact(|redaction| redaction.nothing());
    stage.start(&next).await?;
    let topic = stage.topic("telemetry");
    let goes_on = next.drive(0, PROMPT, |entries| {
        let mut published = queries::published(entries);
        published
            .any(|message| message.topic == topic)
            .then_some(())
    });
    let goes_on = goes_on.await.map_err(|why| {
        let expected = "with files that end in the middle: a device that sends readings";
        missed(&next.record, expected, &why)
    });
    stage.insist(&next, ASIDE, goes_on)
}

/// The folder is gone for a while, as a disk is that is full or was taken out.
pub async fn no_room(stage: &mut Stage) -> Result<(), Stop> {
    let levels = levels(&mut stage.dice, 301..1023);
    let device = stage.prepare(DEVICE, &levels).await?;
    device.redact(|redaction| redaction.nothing());
    stage.start(&device).await?;
    let mut talk = Talk::begin(stage, &device, nothing_known(QUEUE)).await?;
    for _ in 0..2 {
        talk.next(stage).await?;
    }
    device.settle().await;
    let folder = device.folder().to_owned();
    let files = folder::read(&folder).map_err(anyhow::Error::from)?;
    if files.is_empty() {
        return Err(Stop::Program);
    }
    let away = folder.with_extension("away");
    fs::rename(&folder, &away).map_err(anyhow::Error::from)?;
    let gone = device.record.len();
    let mut looked = Ok(());
    for _ in 0..3 {
        looked = looked.and(device.look().await);
    }
    fs::rename(&away, &folder).map_err(anyhow::Error::from)?;
    let looked = looked.map_err(|why| {
        missed(
            &device.record,
            "a device that goes on, when its folder is gone",
            &why,
        )
    });
    stage.insist(&device, NO_ROOM, looked)?;
    let (levels, said) = device.record.look(|entries| {
        let since = looks(entries)
            .into_iter()
            .filter(|(place, _)| *place >= gone);
        let levels: Vec<u64> = since.map(|(_, level)| level).collect();
        (levels, queries::errors(&entries[gone..]).next().is_some())
    });
    // Who has an open file may go on to write into it.
    let told = levels.iter().all(|level| promised(&device, *level));
    if !told && !said {
        let finding = Finding::new(
            "a line on standard error, when a reading cannot be written",
            "not a word about it there",
        );
        return Err(stage.stop(&device, NO_ROOM, finding));
    }
    // There is room again.
    let back = device.record.len();
    let topic = stage.topic("telemetry");
    for _ in 0..2 {
        if device.look().await.is_err() {
            return Err(Stop::Program);
        }
    }
    let goes_on = device.record.when(back, PROMPT, |entries| {
        let mut published = queries::published(entries);
        published
            .any(|message| message.topic == topic)
            .then_some(())
    });
    let goes_on = goes_on.await.map_err(|why| {
        let expected = "a message with what waits, when the folder is back";
        missed(&device.record, expected, &why)
    });
    stage.insist(&device, NO_ROOM, goes_on)?;
    stage.pass(&device, NO_ROOM);
    not_before_it_is_written(stage, &device).await
}

/// The folder is gone, the device is killed, and the folder is back: what was printed or sent must
/// have been written before, and so it is there.
async fn not_before_it_is_written(stage: &mut Stage, device: &Arc<Actor>) -> Result<(), Stop> {
    let folder = device.folder().to_owned();
    let away = folder.with_extension("away");
    fs::rename(&folder, &away).map_err(anyhow::Error::from)?;
    for _ in 0..2 {
        let _ = device.look().await;
    }
    device.settle().await;
    device.kill().await;
    fs::rename(&away, &folder).map_err(anyhow::Error::from)?;
    let looks = device.record.look(looks);
    let levels: Vec<u64> = looks.into_iter().map(|(_, level)| level).collect();
    let owed = levels
        .iter()
        .copied()
        .filter(|level| promised(device, *level));
    let owed: Vec<u64> = owed.collect();
    let next = stage.revive(device, &[1000]).await?;
    next.redact(|redaction| redaction.nothing());
    stage.start(&next).await?;
    let topic = format!("{}/telemetry", next.id);
    let first = next.drive(0, PROMPT, |entries| {
        let mut published = queries::published(entries);
        let first = published.find(|message| message.topic == topic)?;
        Some(Message::read(&first.payload))
    });
    let Ok(Ok(message)) = first.await else {
        return Err(Stop::Program);
    };
    let told = |level: &u64| message.readings.iter().any(|(_, light)| light == level);
    let Some(lost) = owed.iter().find(|level| !told(level)) else {
        return Ok(());
    };
    let finding = Finding::new(
        format!("started again: the reading with light {lost}, which was printed or sent"),
        "it is gone: it was not in any file when it was printed or sent",
    );
    let hint = "First the file, then the world: a reading that cannot be written is neither printed \
                nor sent, or a kill makes a lie of it.";
    Err(stage.stop(&next, SURVIVES, finding.hint(hint)))
}
