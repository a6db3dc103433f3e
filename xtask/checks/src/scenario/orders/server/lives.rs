//! The server is started again, and its numbers go on.

use std::sync::Arc;

use arena::record::Entry;

use super::desk::{Desk, at_the_desk};
use super::ledger::{Order, acknowledged, task_numbers};
use crate::actor::{Actor, PROMPT};
use crate::findings::missed;
use crate::queries;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// The numbers go on when it is started again.
const GO_ON: &str = "numbers-go-on";

/// It leaves, is killed, and is killed while the broker is away.
pub async fn numbers_go_on(stage: &mut Stage) -> Result<(), Stop> {
    let (server, mut desk) = at_the_desk(stage).await?;
    desk.types_all(&[Order::Task(true), Order::Task(false)])
        .await;
    is_there(&desk).await?;
    server.leave().await;
    let (server, mut desk) = next_life(stage, &server, desk.last() + 1).await?;
    desk.types(Order::Task(false)).await;
    goes_on(stage, &desk, 3, true).await?;
    // The broker has this one: its number was written long before.
    server.kill().await;
    let (server, mut desk) = next_life(stage, &server, 4).await?;
    desk.types_all(&[Order::Task(true), Order::Task(true)])
        .await;
    goes_on(stage, &desk, 4, true).await?;
    // What it may have given numbers to, nobody has heard of.
    let gone = server.record.len();
    server.take_down();
    let noticed = |entries: &[Entry]| queries::errors(entries).next().map(drop);
    let _ = server.record.when(gone, PROMPT, noticed).await;
    server.type_line(&Order::Task(false).line()).await;
    desk.is_read(stage).await?;
    server.kill().await;
    let (_, mut desk) = next_life(stage, &server, 6).await?;
    desk.types(Order::Task(true)).await;
    goes_on(stage, &desk, 6, false).await?;
    stage.pass(&server, GO_ON);
    Ok(())
}

/// Another life on the same files, whose next task has this number.
async fn next_life(
    stage: &mut Stage,
    earlier: &Actor,
    first: u64,
) -> Result<(Arc<Actor>, Desk), Stop> {
    let server = stage.revive(earlier, &[]).await?;
    server.redact(|redaction| redaction.nothing());
    stage.start(&server).await?;
    let accepted = |entries: &[Entry]| entries.iter().any(queries::is_accepted).then_some(());
    let online = server.record.when(0, PROMPT, accepted).await;
    let online = online.map_err(|why| {
        missed(
            &server.record,
            "the server online when it is started again",
            &why,
        )
    });
    stage.insist(&server, GO_ON, online)?;
    let desk = Desk::open(stage, &server, first).await?;
    Ok((server, desk))
}

/// Waits until the broker has all that was typed: what is missing is told elsewhere.
///
/// # Errors
/// [`Stop::Program`] then.
pub(super) async fn is_there(desk: &Desk) -> Result<(), Stop> {
    let sent = desk.is_sent(None).await;
    sent.map_err(|_| Stop::Program)
}

/// Waits for the first task of this life, which has this number; or a higher one, where a kill may
/// have left a gap.
async fn goes_on(stage: &mut Stage, desk: &Desk, due: u64, exactly: bool) -> Result<(), Stop> {
    let server = &desk.server;
    let first = |entries: &[Entry]| task_numbers(entries, &server.id).into_iter().next();
    let first = server.record.when(0, PROMPT, first).await;
    let first = first.map_err(|_| Stop::Program)?;
    let expected = if exactly {
        format!("started again: task {due} next")
    } else {
        format!("started again: a task with number {due} or a higher one")
    };
    if first < due {
        let finding = Finding::new(expected, format!("a task with number {first}"));
        return Err(stage.stop(server, GO_ON, finding.hint(
            "To the device that is a task which it has done long ago: it ignores it. The last number \
             belongs into a file in `settings.folder`, and is read from there at the start.",
        )));
    }
    if first > due && exactly {
        let finding = Finding::new(expected, format!("a task with number {first}"));
        return Err(stage.stop(server, GO_ON, finding));
    }
    let all = |entries: &[Entry]| {
        let has = acknowledged(entries, &server.id).len() >= desk.tasks();
        has.then_some(())
    };
    let all = server.record.when(0, PROMPT, all).await;
    all.map_err(|_| Stop::Program)
}
