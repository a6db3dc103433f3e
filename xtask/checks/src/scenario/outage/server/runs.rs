//! Many runs: eight are remembered, and not all.

use arena::peer::Peer;
use course::SERVER;

use super::super::exchange::{ONCE, REMEMBERS, judge_at_rest};
use super::super::memory::RUNS;
use super::super::message::Message;
use super::{Devices, next, stops};
use crate::actor::{Actor, PROMPT};
use crate::findings::subscription::listens;
use crate::queries;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// Runs of which nobody hears any more. Who remembers so many grows for ever.
const MANY_RUNS: usize = 120;

/// Many runs: eight are remembered, and not all.
pub async fn runs(stage: &mut Stage) -> Result<(), Stop> {
    let mut devices = Devices::new(stage);
    let device = stage.peer().await?;
    let server = stage.enter(SERVER, &[]).await?;
    server.redact(|redaction| redaction.nothing());
    listens(stage, &server, "telemetry").await?;
    let runs: Vec<String> = (0..=RUNS).map(|_| devices.run()).collect();
    let messages: Vec<Message> = runs.iter().map(|run| devices.message(run, 1..=3)).collect();
    // Eight, each of them once more, in another order.
    let (last, eight) = messages.split_last().ok_or(Stop::Program)?;
    let again = [3, 1, 7, 6, 2, 5, 4, 0];
    for message in eight
        .iter()
        .chain(again.iter().map(|place| &messages[*place]))
    {
        next(stage, &server, &device, message).await?;
    }
    remembers(stage, &server).await?;
    // One more, after the oldest was heard once more: it is not the oldest any longer.
    for message in [&messages[3], last, &messages[0], &messages[7]] {
        next(stage, &server, &device, message).await?;
    }
    remembers(stage, &server).await?;
    stage.pass(&server, REMEMBERS);
    forgets(stage, &server, &device, &mut devices).await
}

/// A hundred runs later, the first one is as new as any.
async fn forgets(
    stage: &mut Stage,
    server: &Actor,
    device: &Peer,
    devices: &mut Devices,
) -> Result<(), Stop> {
    let first = devices.run();
    let once = devices.message(&first, [1]);
    next(stage, server, device, &once).await?;
    for _ in 0..MANY_RUNS {
        let run = devices.run();
        let message = devices.message(&run, [1]);
        next(stage, server, device, &message).await?;
    }
    // The command for the last one may still be on its way.
    if let Err(broken) = judge_at_rest(server).await {
        return Err(stops(stage, server, broken));
    }
    let start = server.record.len();
    next(stage, server, device, &once).await?;
    let topic = format!("{}/commands", server.id);
    let again = server.record.when(start, PROMPT, |entries| {
        let mut published = queries::published(entries);
        published
            .any(|message| message.topic == topic)
            .then_some(())
    });
    if again.await.is_ok() {
        return Ok(());
    }
    let finding = Finding::new(
        format!("a run that was last heard {MANY_RUNS} runs ago, forgotten"),
        "it is still remembered",
    );
    Err(stage.stop(
        server,
        REMEMBERS,
        finding.hint(
            "Each start without a file is a new run, and anybody may make some up: who remembers them \
             all grows for ever. Keep the eight that were heard last.",
        ),
    ))
}

/// Whether all is as it should be, where only what is remembered can be wrong.
async fn remembers(stage: &mut Stage, server: &Actor) -> Result<(), Stop> {
    match judge_at_rest(server).await {
        Ok(()) => Ok(()),
        Err((ONCE, finding)) => {
            let hint = "Of each of the eight runs that were heard last the last number has to be \
                        known: a late message of an old run must not be shown again. A run that is \
                        heard once more is the newest again.";
            Err(stage.stop(server, REMEMBERS, finding.hint(hint)))
        }
        Err(broken) => Err(stops(stage, server, broken)),
    }
}
