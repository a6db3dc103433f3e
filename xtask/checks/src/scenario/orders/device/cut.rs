//! The line is cut where it hurts: while tasks wait in the program, and before the SUBSCRIBE.

use std::sync::Arc;

use arena::line::Answer;
use arena::record::{Entry, Event};
use course::DEVICE;

use super::errand::{Errand, HEARS_AGAIN, KINDS, once_more};
use super::ledger::{ACKNOWLEDGES, DOES, ONCE};
use super::restart::{FORGOTTEN, says_forgotten};
use crate::actor::{Actor, PROMPT};
use crate::findings::outage;
use crate::findings::subscription::subscribed_to;
use crate::queries;
use crate::stage::{Stage, Stop};

/// How many tasks come while it rests.
const BEHIND: usize = 4;

/// How many are done, and acknowledged in vain.
const UNHEARD: usize = 3;

/// It rests after a task, more have come meanwhile, and the line is cut. The broker sends them all
/// again.
pub async fn cut(stage: &mut Stage) -> Result<(), Stop> {
    let mut errand = Errand::unrecorded(stage).await?;
    let device = Arc::clone(&errand.device);
    for _ in 0..2 {
        let start = device.record.len();
        errand.give(1).await?;
        // Who does not rest is told so elsewhere.
        let rests = |entries: &[Entry]| {
            let rest = |entry: &Entry| matches!(entry.event, Event::WaitBegan(_));
            entries.iter().any(rest).then_some(())
        };
        let _ = device.record.when(start, PROMPT, rests).await;
        let begun = device.record.len();
        errand.give(BEHIND).await?;
        let delivered = device.record.when(begun, PROMPT, |entries| {
            let deliveries = entries.iter().filter(|entry| queries::is_delivery(entry));
            (deliveries.count() >= BEHIND).then_some(())
        });
        let _ = delivered.await;
        let place = device.record.len();
        // It reads them all, and the end of the line with them.
        device.close().await;
        let back = subscribed_to(&device, place, KINDS).await;
        stage.insist(&device, HEARS_AGAIN, back.map_err(once_more))?;
        errand.is_done(stage).await?;
        errand.give(1).await?;
        errand.is_done(stage).await?;
    }
    // It has done some, and its acknowledgements get lost.
    device.line.withhold(Answer::ProgramPubAck);
    errand.give(UNHEARD).await?;
    let told = device.drive(device.record.len(), PROMPT, |_| None::<()>);
    tokio::select! {
        () = device.line.withholds(UNHEARD) => {}
        // What it has not done is told below.
        _ = told => {}
    }
    let place = device.record.len();
    lose_withheld(&device).await;
    let back = subscribed_to(&device, place, KINDS).await;
    stage.insist(&device, HEARS_AGAIN, back.map_err(once_more))?;
    errand.give(1).await?;
    errand.is_done(stage).await?;
    // It came back to its session each time. Now the broker has forgotten it, and that sounds otherwise.
    let down = outage::go_down(stage, &device).await?;
    down.is_noticed(stage, &device).await?;
    let back = down.is_over(stage, &device).await?;
    let said = says_forgotten(&device, back).await;
    stage.judge_seen(&device, FORGOTTEN, said);
    for rule in [DOES, ONCE, ACKNOWLEDGES] {
        stage.pass(&device, rule);
    }
    Ok(())
}

/// The broker's first welcome never arrives: the session is there, and no subscription in it.
pub async fn half_a_welcome(stage: &mut Stage) -> Result<(), Stop> {
    let device = stage.prepare(DEVICE, &[]).await?;
    device.redact(|redaction| {
        redaction.no_console();
        redaction.uncrossed();
    });
    device.line.withhold(Answer::ConnAck);
    stage.start(&device).await?;
    let dialled = tokio::time::timeout(PROMPT, device.line.withholds(1)).await;
    if dialled.is_err() {
        // Who does not connect is told so elsewhere.
        return Err(Stop::Program);
    }
    let place = device.record.len();
    lose_withheld(&device).await;
    let back = subscribed_to(&device, place, KINDS).await;
    stage.insist(&device, HEARS_AGAIN, back.map_err(once_more))?;
    let mut errand = Errand::before(stage, &device).await?;
    errand.give_one_by_one(stage, 2).await?;
    stage.pass(&device, HEARS_AGAIN);
    Ok(())
}

/// Cuts the line, and what it has kept back is lost.
async fn lose_withheld(device: &Actor) {
    device.cut();
    // A connection that is still there would let it go.
    let _ = tokio::time::timeout(PROMPT, device.line.is_idle()).await;
    device.line.up();
}
