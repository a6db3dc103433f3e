//! The device is started again on files that nobody can read.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use arena::record::Entry;

use super::books::{Books, listed};
use super::files::{comes_up, levels_above, missed_again, unanswered};
use super::folder;
use super::talk::Talk;
use crate::actor::PROMPT;
use crate::findings::missed;
use crate::queries;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// What cannot be read is set aside.
const ASIDE: &str = "sets-aside";

/// What is in a file that something has written over.
const GARBAGE: &[u8] = b"\x00\xff\xfe{]} this is no queue, and no line of one \x80\n";

/// Something has written over each of its files.
pub async fn unreadable(stage: &mut Stage) -> Result<(), Stop> {
    let talk = unanswered(stage, 2).await?;
    let device = Arc::clone(&talk.device);
    device.settle().await;
    let books = talk.close()?;
    device.kill().await;
    let files = folder::write_over(device.folder(), GARBAGE).map_err(anyhow::Error::from)?;
    if files.is_empty() {
        // Without a file there is no second part: that is told elsewhere.
        return Err(Stop::Program);
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
    let is_kept =
        |(path, content): (&PathBuf, &Vec<u8>)| content == GARBAGE && !files.contains_key(path);
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
