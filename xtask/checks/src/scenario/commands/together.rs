//! Device and server together: the whole nightlight.

use arena::broker::Broker;
use arena::record::{Entry, Event};

use super::{DEVICE_ARRIVAL, Played, SERVER_ARRIVAL, Stop, TOGETHER};
use crate::actor::{Actor, Call, PROMPT};
use crate::queries;
use crate::scenario::subscription::subscribed;
use crate::scenario::{curtain, missed};
use crate::sheet::{Finding, Sheet};
use crate::transcript::Redaction;
use course::{DEVICE, SERVER};

/// It gets dark and light, and the light goes on and off.
pub async fn evening(call: &Call) -> anyhow::Result<Played> {
    let mut dice = call.dice("together");
    let id = call.id(&mut dice);
    let broker = Broker::start(&call.broker).await?;
    let server = Actor::enter(call, SERVER, &id, &broker, &[]).await?;
    let device = Actor::enter(call, DEVICE, &id, &broker, &[1023]).await?;
    let mut sheet = Sheet::new(call.step);
    let mut notes = Redaction::default();
    // How often each side goes round until the other has answered is chance.
    notes.no_board();
    let mut server_notes = Redaction::default();
    for notes in [&mut notes, &mut server_notes] {
        notes.no_messages();
        notes.no_console();
    }

    let told = async {
        SERVER_ARRIVAL.judge(&server, &mut sheet).await?;
        DEVICE_ARRIVAL.judge(&device, &mut sheet).await?;
        for (actor, kind) in [(&server, "telemetry"), (&device, "commands")] {
            subscribed(actor, 0, kind).await.map_err(|finding| {
                sheet.fail(TOGETHER, finding);
                Stop::Program
            })?;
        }
        // Each level asks for the opposite of the one before, so the LED has to move.
        let levels = [dice.u16(1..299), dice.u16(301..1023), 299, 300, 0, 1023];
        for level in levels {
            if let Err(finding) = follows(&device, level).await {
                sheet.fail(TOGETHER, finding);
                return Err(Stop::Program);
            }
        }
        let settled = undecided(&device).await;
        settled.map_err(|finding| {
            sheet.fail(TOGETHER, finding);
            Stop::Program
        })?;
        // One change more: the darkness that ends the last rounds.
        sheet.judge(
            TOGETHER,
            device
                .record
                .look(|entries| steady(entries, levels.len() + 1)),
        );
        Ok(())
    };
    let told = told.await;
    curtain(
        "together",
        told,
        sheet,
        vec![(server, server_notes), (device, notes)],
    )
    .await
}

/// Some more rounds at the same level: the same command comes again and again. Then darkness: the
/// device works through its commands in order, so when that has lit the LED, whatever the others
/// did to it has been seen.
async fn undecided(device: &Actor) -> Result<(), Finding> {
    for _ in 0..3 {
        let start = device.record.len();
        let commanded = device.drive(start, PROMPT, |entries| {
            entries.iter().any(queries::is_delivery).then_some(())
        });
        commanded
            .await
            .map_err(|why| missed(&device.record, "another command", &why))?;
    }
    follows(device, 0).await
}

/// The LED has changed as often as the light, and not in between.
fn steady(entries: &[Entry], changes: usize) -> Result<(), Finding> {
    let mut led = false;
    let mut flips = 0;
    for entry in entries {
        if let Event::Led(on) = entry.event {
            flips += usize::from(on != led);
            led = on;
        }
    }
    if flips == changes {
        return Ok(());
    }
    Err(Finding::new(
        "an LED that changes when the light crosses 300, and is steady meanwhile",
        "an LED that goes on and off in between",
    )
    .hint(
        "A command says what the LED shall be, not that it shall change: do not toggle it. And \
         nobody but the commands switches it.",
    ))
}

/// Sets the light level and waits for the LED.
async fn follows(device: &Actor, level: u16) -> Result<(), Finding> {
    let on = level < 300;
    let start = device.record.len();
    device.board.set_light(level);
    let lit = device.drive(start, PROMPT, |entries| {
        (queries::led(entries) == Some(on)).then_some(())
    });
    lit.await.map_err(|why| {
        let word = if on { "on" } else { "off" };
        missed(&device.record, format!("light {level}: LED {word}"), &why)
    })
}
