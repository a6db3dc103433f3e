//! The server is started on a file that nobody can read.

use super::desk::at_the_desk;
use super::ledger::{Order, task_numbers};
use super::lives::is_there;
use crate::actor::{Actor, PROMPT};
use crate::findings::missed;
use crate::queries;
use crate::scenario::outage::folder;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// Numbers that cannot be read end it.
const UNREADABLE: &str = "unreadable-numbers";

/// What is in a file that something has written over.
const GARBAGE: &[u8] = b"\x00\xff\xfe{]} this is no number, and no list of them \x80\n";

/// Something has written over its files: it says so and ends, and sends nothing.
pub async fn unreadable(stage: &mut Stage) -> Result<(), Stop> {
    let (server, mut desk) = at_the_desk(stage).await?;
    desk.types(Order::Task(true)).await;
    is_there(&desk).await?;
    server.kill().await;
    let files = folder::write_over(server.folder(), GARBAGE).map_err(anyhow::Error::from)?;
    if files.is_empty() {
        // That is told elsewhere.
        return Err(Stop::Program);
    }
    let next = stage.revive(&server, &[]).await?;
    next.redact(|redaction| redaction.nothing());
    stage.start(&next).await?;
    // Who looks into the file only then ends only then.
    next.type_line(&Order::Task(true).line()).await;
    let over = next.record.when(0, PROMPT, |entries| {
        let sent = task_numbers(entries, &next.id).into_iter().next();
        let ended = queries::end(entries).is_some();
        (sent.is_some() || ended).then_some(sent)
    });
    let over = over.await;
    // It was to end, and is not asked to.
    next.kill().await;
    let expected = "with a file that nobody can read: an end with words on standard error, before any \
                    task is sent";
    let found = match over {
        Ok(None) => says_why(&next, expected),
        Ok(Some(seq)) => Err(Finding::new(expected, format!("a task with number {seq}")).hint(
            "A device that has done more takes everything for done then. `?` passes the error of \
             reading on: `main` ends, and says why.",
        )),
        Err(why) => Err(missed(&next.record, expected, &why)),
    };
    stage.insist(&next, UNREADABLE, found)
}

fn says_why(server: &Actor, expected: &str) -> Result<(), Finding> {
    if let Some(panic) = server.record.look(queries::panic) {
        return Err(Finding::new(expected, format!("it panicked: {panic}")));
    }
    let says = server
        .record
        .look(|entries| queries::errors(entries).next().is_some());
    if says {
        return Ok(());
    }
    Err(Finding::new(expected, "an end without a word there"))
}
