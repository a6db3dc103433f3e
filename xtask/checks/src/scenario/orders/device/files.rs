//! The file in which a device knows what it has done: half written, and written over.

use std::sync::Arc;

use arena::record::{Entry, Missed};

use super::errand::Errand;
use super::killed::SURVIVES;
use super::ledger::{Broken, DOES, ONCE};
use crate::actor::PROMPT;
use crate::findings::missed;
use crate::queries;
use crate::scenario::outage::files::comes_up;
use crate::scenario::outage::folder::{self, Links};
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// What cannot be read ends it.
const UNREADABLE: &str = "unreadable-number";

/// What is in a file that something has written over.
const GARBAGE: &[u8] = b"\x00\xff\xfe{]} this is no number \x80\n";

/// What must come of it.
const AGAIN: &str = "killed in the middle of a write and started again: what was done before is not \
                     done again, and what is new is done";

/// What to try when it does not.
const HALF: &str = "A kill in the middle of a write leaves half a number, or none. Write a new file \
                    beside it and rename that over the old one.";

/// Tasks so far: their numbers have two digits, so that half of one is another.
const SOME: usize = 11;

/// It is killed in the middle of a write. No kill hits that moment by itself: its folder is laid out
/// as such a kill leaves it.
pub async fn torn(stage: &mut Stage) -> Result<(), Stop> {
    let mut errand = Errand::unrecorded(stage).await?;
    let device = Arc::clone(&errand.device);
    errand.give(SOME).await?;
    errand.is_done(stage).await?;
    let before = folder::read(device.folder()).map_err(anyhow::Error::from)?;
    let Ok(links) = Links::of(&before, device.folder()) else {
        // Not every file system has second names, and then there is nothing to see here.
        stage.pass(&device, SURVIVES);
        return Ok(());
    };
    errand.give(1).await?;
    errand.is_done(stage).await?;
    device.kill().await;
    for left in links.left_by_a_kill(&before).map_err(anyhow::Error::from)? {
        folder::lay_out(device.folder(), &left).map_err(anyhow::Error::from)?;
        goes_on(stage, &errand).await?;
    }
    stage.pass(&device, SURVIVES);
    Ok(())
}

/// Another life, in which an old task comes again, and then a new one.
async fn goes_on(stage: &mut Stage, errand: &Errand) -> Result<(), Stop> {
    let mut next = errand.again(stage, &[]).await?;
    next.device.redact(|redaction| redaction.nothing());
    stage.start(&next.device).await?;
    if !comes_up(&next.device).await {
        let finding = Finding::new(AGAIN, "it does not come online any more");
        return Err(stage.stop(&next.device, SURVIVES, finding.hint(HALF)));
    }
    next.comes(stage).await?;
    next.send(next.like_the_next(2)).await?;
    next.leave_out(1);
    next.give(1).await?;
    next.is_done_with(stage, half).await?;
    next.device.kill().await;
    Ok(())
}

/// What it means when half a file is there.
fn half((rule, finding): Broken) -> Broken {
    if rule != ONCE && rule != DOES {
        return (rule, finding);
    }
    let mut finding = finding;
    AGAIN.clone_into(&mut finding.expected);
    (SURVIVES, finding.hint(HALF))
}

/// Something has written over each of its files.
pub async fn unreadable(stage: &mut Stage) -> Result<(), Stop> {
    let mut errand = Errand::unrecorded(stage).await?;
    let device = Arc::clone(&errand.device);
    errand.give(2).await?;
    errand.is_done(stage).await?;
    device.kill().await;
    let files = folder::write_over(device.folder(), GARBAGE).map_err(anyhow::Error::from)?;
    if files.is_empty() {
        // Without a file there is nothing to be read: that is told elsewhere.
        return Err(Stop::Program);
    }
    let next = errand.again(stage, &[]).await?.device;
    next.redact(|redaction| redaction.nothing());
    stage.start(&next).await?;
    // It ends unasked, as it should.
    stage.ends_in_a_rush();
    let ended = next.drive(0, PROMPT, |entries: &[Entry]| {
        let is_over = queries::end(entries).is_some();
        (is_over || entries.iter().any(queries::is_accepted)).then_some(())
    });
    let _ = ended.await;
    let (end, words) = next.record.look(|entries| {
        let words = queries::errors(entries).next().is_some();
        (
            queries::end(entries),
            words && queries::panic(entries).is_none(),
        )
    });
    let expected =
        "with a file that nobody can read: words about it on standard error, and the end";
    let found = match end {
        Some(_) if words => Ok(()),
        Some(end) => Err(missed(&next.record, expected, &Missed::Ended(end))),
        None => Err(Finding::new(
            expected,
            "it goes on as if nothing had happened",
        )),
    };
    stage.judge(&next, UNREADABLE, found);
    Ok(())
}
