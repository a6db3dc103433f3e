//! The device is killed in the middle of a write.
//!
//! No kill hits that moment by itself. So its folder is laid out as such a kill leaves it: as it was
//! before a reading came, but for what has been written into since, which is half there.

use std::sync::Arc;

use super::books::Books;
use super::files::{SURVIVES, again, unanswered};
use super::folder::{self, Links};
use crate::actor::Actor;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// What to try when a kill in the middle of a write loses what was there before.
const HINT: &str = "A kill in the middle of a write leaves half of it, and what was there before is \
                    gone. Write a new file beside it and rename that over the old one, or only ever \
                    append; and cut off what a kill has left half written before you append to it.";

/// Some readings wait, and one more comes.
pub async fn torn(stage: &mut Stage) -> Result<(), Stop> {
    let mut talk = unanswered(stage, 3).await?;
    let device = Arc::clone(&talk.device);
    device.settle().await;
    let waiting = talk.close()?;
    let before = folder::read(device.folder()).map_err(anyhow::Error::from)?;
    if before.is_empty() {
        // Without a file there is no second part: that is told elsewhere.
        return Err(Stop::Program);
    }
    let Ok(links) = Links::of(&before, device.folder()) else {
        // Not every file system has second names, and then there is nothing to see here.
        stage.pass(&device, SURVIVES);
        return Ok(());
    };
    talk.next(stage).await?;
    device.settle().await;
    device.kill().await;
    for left in links.left_by_a_kill(&before).map_err(anyhow::Error::from)? {
        folder::lay_out(device.folder(), &left).map_err(anyhow::Error::from)?;
        goes_on(stage, &device, &waiting).await?;
    }
    stage.pass(&device, SURVIVES);
    Ok(())
}

/// Two lives more: what waited is there, and what joined it.
async fn goes_on(stage: &mut Stage, device: &Arc<Actor>, waiting: &Books) -> Result<(), Stop> {
    let mut earlier = Arc::clone(device);
    let mut books = waiting.clone();
    for _ in 0..2 {
        let mut talk = again(stage, &earlier, books.clone()).await?;
        let mut first = u64::MAX;
        for _ in 0..2 {
            first = first.min(talk.next_unjudged(stage).await?.first());
        }
        let judged = talk.judge();
        if first != 1 || judged.is_err() {
            let expected = "killed in the middle of a write and started again: all readings since \
                            number 1, which nobody has answered, and the numbers after them";
            let actual = judged.err().map_or_else(
                || format!("a message that begins with reading {first}"),
                |(_, finding)| finding.actual,
            );
            let finding = Finding::new(expected, actual);
            return Err(stage.stop(&talk.device, SURVIVES, finding.hint(HINT)));
        }
        talk.device.settle().await;
        books = talk.close()?;
        talk.device.kill().await;
        earlier = Arc::clone(&talk.device);
    }
    Ok(())
}
