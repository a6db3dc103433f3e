//! The device alone: commands for it and for all in, light levels out.

use arena::peer::Peer;
use arena::record::{Entry, Event, Stream};
use course::DEVICE;

use super::crowd::names;
use crate::actor::{Actor, PROMPT, ROUND};
use crate::findings::introduction::arrive;
use crate::findings::missed;
use crate::findings::outage::{RETURNS, SAYS};
use crate::queries;
use crate::scenario::commands::device::{orders_on, restart_on};
use crate::scenario::commands::nonsense::nonsense_on;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// The kinds of topics on which this device is commanded.
pub(super) fn commands(device: &str) -> [String; 2] {
    [format!("devices/{device}/commands"), "commands".to_owned()]
}

/// Orders of all kinds on both topics, and a sensor that says the opposite.
pub async fn orders(stage: &mut Stage) -> Result<(), Stop> {
    let name = &names(&mut stage.dice, 1)[0];
    let device = stage.prepare_as(DEVICE, name, &[]).await?;
    let kinds = commands(name);
    orders_on(stage, &device, &kinds.each_ref().map(String::as_str)).await
}

/// What is no command, on both topics.
pub async fn bad_commands(stage: &mut Stage) -> Result<(), Stop> {
    let name = &names(&mut stage.dice, 1)[0];
    let device = stage.prepare_as(DEVICE, name, &[1023]).await?;
    let kinds = commands(name);
    nonsense_on(stage, &device, &kinds.each_ref().map(String::as_str)).await
}

/// The broker restarts; the device must obey again, on both topics.
pub async fn restart(stage: &mut Stage) -> Result<(), Stop> {
    // As long as a name may be, and so is the id.
    let name = &names(&mut stage.dice, 1)[0];
    let device = stage.prepare_as(DEVICE, name, &[1023]).await?;
    let kinds = commands(name);
    restart_on(stage, &device, &kinds.each_ref().map(String::as_str)).await
}

/// Somebody takes the device's client name: the broker throws it out, it says so, and comes back.
pub async fn same_name(stage: &mut Stage) -> Result<(), Stop> {
    let name = &names(&mut stage.dice, 1)[0];
    let device = stage.prepare_as(DEVICE, name, &[1023]).await?;
    device.redact(|redaction| redaction.nothing());
    stage.start(&device).await?;
    arrive(stage, &device).await?;
    device.settle().await;
    let start = device.record.len();
    // Another device of the same name. It gives up when it is thrown out in turn.
    let client_name = device.program.client_name_as(name, &stage.id);
    let twin = Peer::connect(stage.broker.endpoint(), &client_name).await?;
    let thrown_out = device.drive(start, PROMPT, |entries| {
        let gone = |entry: &Entry| matches!(entry.event, Event::HungUp { .. });
        entries.iter().any(gone).then_some(())
    });
    if thrown_out.await.is_err() {
        // It has another name: that is told elsewhere.
        drop(twin);
        return Err(Stop::Program);
    }
    let back = device.drive(start, ROUND, |entries| {
        entries.iter().any(queries::is_accepted).then_some(())
    });
    let back = back.await.map_err(|why| {
        let expected = "a new CONNECT, when another client has taken the name";
        missed(&device.record, expected, &why)
    });
    stage.insist(&device, RETURNS, back)?;
    let said = says_so(&device, start).await;
    stage.judge(&device, SAYS, said);
    drop(twin);
    Ok(())
}

async fn says_so(device: &Actor, start: usize) -> Result<(), Finding> {
    let words = |entries: &[Entry]| {
        let mut lines = queries::printed(entries);
        let any = lines.any(|(stream, line)| stream == Stream::Err && !line.trim().is_empty());
        any.then_some(())
    };
    let said = device.record.when(start, PROMPT, words).await;
    said.map_err(|_| {
        Finding::new(
            "a line on standard error, when another device of the same name has taken its place",
            "not a word about it there",
        )
        .hint(
            "The broker closes the connection of the first one (MQTT 3.1.1, section 3.1.4): an `Err` \
             from the event loop. Say so with `eprintln!`, and what may be the reason.",
        )
    })
}
