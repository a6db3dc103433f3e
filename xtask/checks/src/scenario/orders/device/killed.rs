//! The device is killed between what it hears, does, writes and acknowledges.

use std::sync::Arc;

use arena::line::Answer;

use super::errand::Errand;
use super::ledger::{Broken, DOES, ONCE};
use crate::actor::PROMPT;
use crate::scenario::connect::SLOW_ANSWER;
use crate::scenario::outage::folder;
use crate::stage::{Stage, Stop};

/// It goes on after the last task that it did.
pub(super) const SURVIVES: &str = "number-survives";

/// Killed before a task is done, and after it is done and before the broker knows.
pub async fn killed(stage: &mut Stage) -> Result<(), Stop> {
    let mut errand = Errand::recorded(stage).await?;
    let device = Arc::clone(&errand.device);
    errand.give_one_by_one(stage, 2).await?;

    // It has heard the task and goes to do it, and nothing has happened yet.
    let before = folder::read(device.folder()).map_err(anyhow::Error::from)?;
    device.board.jam();
    errand.give(1).await?;
    let tried = tokio::time::timeout(PROMPT, device.board.is_tried()).await;
    if tried.is_err() {
        errand.is_done(stage).await?;
    }
    device.kill().await;
    let after = folder::read(device.folder()).map_err(anyhow::Error::from)?;
    let writes_first = after != before;
    let undone = errand.last;
    let mut errand = errand.again(stage, &[undone]).await?;
    starts_again(stage, &errand).await?;
    errand.comes(stage).await?;
    errand
        .is_done_with(stage, |broken| undone_yet(broken, undone, writes_first))
        .await?;

    // It has done the task, and the broker does not know.
    errand.give_one_by_one(stage, 1).await?;
    errand.device.line.withhold(Answer::ProgramPubAck);
    errand.give(1).await?;
    let device = errand.device.clone();
    let answered = device.drive(device.record.len(), PROMPT, |_| None::<()>);
    tokio::select! {
        () = device.line.withholds(1) => {}
        _ = answered => errand.is_done(stage).await?,
    }
    device.kill().await;
    let done = errand.last;
    let errand = errand.again(stage, &[]).await?;
    starts_again(stage, &errand).await?;
    errand.comes(stage).await?;
    errand.is_answered(done).await;
    errand
        .is_done_with(stage, |broken| done_again(broken, done))
        .await?;
    stage.pass(&errand.device, SURVIVES);
    Ok(())
}

/// By the time of its welcome the broker has sent again what it will.
async fn starts_again(stage: &Stage, errand: &Errand) -> anyhow::Result<()> {
    errand.device.redact(|redaction| redaction.uncrossed());
    errand.device.line.answer_late(SLOW_ANSWER);
    stage.start(&errand.device).await
}

/// What it means when it was killed before it had done anything. Who had written nothing either has
/// another reason not to do the task.
fn undone_yet((rule, finding): Broken, seq: u64, writes_first: bool) -> Broken {
    if rule != DOES || !writes_first {
        return (rule, finding);
    }
    let mut finding = finding;
    finding.expected =
        format!("killed before it could switch the LED, and started again: task {seq} done");
    (
        SURVIVES,
        finding.hint(
            "First the LED, then the number in the file. The other way round a kill between the two \
             leaves a task that nobody will ever do: it counts as done.",
        ),
    )
}

/// What it means when it was killed after it had done all.
fn done_again((rule, finding): Broken, seq: u64) -> Broken {
    if rule != ONCE {
        return (rule, finding);
    }
    let mut finding = finding;
    finding.expected = format!(
        "killed when task {seq} was done and its PUBACK on the way, and started again: it comes \
         again, and is not done again"
    );
    (
        SURVIVES,
        finding.hint(
            "The number of the last task that was done belongs into a file in `settings.folder`, \
             before the task is acknowledged, and is read when the program begins.",
        ),
    )
}
