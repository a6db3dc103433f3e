//! There is no room for the server's file.

use arena::record::Entry;

use super::desk::at_the_desk;
use super::ledger::{Order, last_state, task_numbers};
use super::lives::is_there;
use crate::actor::PROMPT;
use crate::findings::missed;
use crate::queries;
use crate::scenario::outage::folder::{self, Away};
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// A number is in the file before its task is sent.
const FIRST: &str = "number-first";

/// The folder is gone for a while: a number that cannot be written is not given.
pub async fn number_first(stage: &mut Stage) -> Result<(), Stop> {
    let (server, mut desk) = at_the_desk(stage).await?;
    desk.types(Order::Task(true)).await;
    is_there(&desk).await?;
    let folder = server.folder().to_owned();
    let files = folder::read(&folder).map_err(anyhow::Error::from)?;
    if files.is_empty() {
        let finding = Finding::new(
            "a file with the last number in it, before the task is sent",
            "no file in `settings.folder` after a task was sent",
        );
        return Err(stage.stop(&server, FIRST, finding));
    }
    let Some(away) = Away::take(&folder).map_err(anyhow::Error::from)? else {
        // What cannot happen to it here is not held against it.
        stage.pass(&server, FIRST);
        return Ok(());
    };
    let gone = server.record.len();
    server.type_line(&Order::Task(false).line()).await;
    // The one is sent behind the other, if at all.
    server.type_line(&Order::State(true).line()).await;
    let said = |entries: &[Entry]| {
        let has_state = last_state(entries, &server.id) == Some((true, true));
        let has_words = queries::errors(&entries[gone..]).next().is_some();
        // Who still reaches the folder, as in a sandbox that has it at a place of its own, has nothing
        // to say.
        let has_sent = !task_numbers(&entries[gone..], &server.id).is_empty();
        (has_state && (has_words || has_sent)).then_some(())
    };
    // Who ends at that is done as well.
    let said = server.record.when(0, PROMPT, said).await;
    let has_ended = server.has_ended();
    let sent = server
        .record
        .look(|entries| task_numbers(&entries[gone..], &server.id));
    let wrote = away.is_replaced();
    away.bring_back().map_err(anyhow::Error::from)?;
    let wrote = wrote || folder::read(&folder).map_err(anyhow::Error::from)? != files;
    if !sent.is_empty() && !wrote {
        let finding = Finding::new(
            "a task that is sent when its number is in the file, and not before",
            "without room for the file: a task that was sent all the same",
        );
        return Err(stage.stop(&server, FIRST, finding.hint(
            "First the file, then the task: `next_number()?` before `try_publish`, so that an error \
             keeps the task here. A kill between the two leaves a gap, and the other way round it \
             makes a double.",
        )));
    }
    if has_ended {
        // Whether it may is asked nowhere.
        server.kill().await;
        stage.pass(&server, FIRST);
        return Ok(());
    }
    let said = said.map_err(|why| {
        missed(
            &server.record,
            "without room for the file: a word about it, and a server that goes on",
            &why,
        )
    });
    stage.insist(&server, FIRST, said)?;
    stage.pass(&server, FIRST);
    Ok(())
}
