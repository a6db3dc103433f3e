//! There is no room for the device's files.

use std::sync::Arc;

use super::files::{SURVIVES, unanswered};
use super::folder::{self, Away};
use super::message::{Message, looks};
use super::storm::promised;
use crate::actor::{Actor, PROMPT};
use crate::findings::missed;
use crate::queries;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// Without room for the file it goes on.
const NO_ROOM: &str = "survives-no-room";

/// The folder is gone for a while, as a disk is that is full or was taken out.
pub async fn no_room(stage: &mut Stage) -> Result<(), Stop> {
    let talk = unanswered(stage, 2).await?;
    let device = Arc::clone(&talk.device);
    device.settle().await;
    let folder = device.folder().to_owned();
    let files = folder::read(&folder).map_err(anyhow::Error::from)?;
    if files.is_empty() {
        return Err(Stop::Program);
    }
    let Some(away) = Away::take(&folder).map_err(anyhow::Error::from)? else {
        // What cannot happen to it here is not held against it.
        stage.pass(&device, NO_ROOM);
        return Ok(());
    };
    let gone = device.record.len();
    let mut looked = Ok(());
    for _ in 0..3 {
        looked = looked.and(device.look().await);
    }
    away.bring_back().map_err(anyhow::Error::from)?;
    let looked = looked.map_err(|why| {
        missed(
            &device.record,
            "a device that goes on, when its folder is gone",
            &why,
        )
    });
    stage.insist(&device, NO_ROOM, looked)?;
    // What it says, it says by another way than the board's: that may take a while longer.
    let said = device.record.when(gone, PROMPT, |entries| {
        let mut errors = queries::errors(entries);
        errors.next().map(drop)
    });
    if !tells_all(&device, gone) && said.await.is_err() && !tells_all(&device, gone) {
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

/// Whether it has printed or sent all that it has looked at since then: who has an open file may go on
/// to write into it.
fn tells_all(device: &Actor, since: usize) -> bool {
    let looks = device.record.look(looks);
    let mut later = looks.iter().filter(|(place, _)| *place >= since);
    later.all(|(_, level)| promised(device, *level))
}

/// The folder is gone, the device is killed, and the folder is back: what was printed or sent must
/// have been written before, and so it is there.
async fn not_before_it_is_written(stage: &mut Stage, device: &Arc<Actor>) -> Result<(), Stop> {
    let folder = device.folder().to_owned();
    let Some(away) = Away::take(&folder).map_err(anyhow::Error::from)? else {
        return Ok(());
    };
    for _ in 0..2 {
        let _ = device.look().await;
    }
    device.settle().await;
    device.kill().await;
    away.bring_back().map_err(anyhow::Error::from)?;
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
