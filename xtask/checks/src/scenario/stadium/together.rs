//! The server and three devices: the whole stadium, small.

use std::sync::Arc;

use arena::record::Entry;
use course::{DEVICE, SERVER};

use super::crowd::names;
use super::device::commands;
use super::exchange::count;
use super::server::TELEMETRY;
use crate::actor::{Actor, PROMPT};
use crate::findings::introduction::arrive;
use crate::findings::missed;
use crate::findings::subscription::subscribed_to;
use crate::queries;
use crate::scenario::commands::device::{ONLY_OBEYS, never_lit};
use crate::scenario::commands::together::late_broker as late_broker_for;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// One covered sensor switches nothing, two of them switch all.
const TOGETHER: &str = "together";

/// What happens: a device, its new light level, what is decided then, and how it is told.
const STORY: &[(usize, u16, bool, &str)] = &[
    (0, 900, false, "all three are bright"),
    (1, 1023, false, "all three are bright"),
    (2, 300, false, "all three are bright"),
    (0, 0, false, "a bird sits on one of three sensors"),
    (1, 299, true, "two of three are dark"),
    (2, 100, true, "all three are dark"),
    (0, 1023, true, "two of three are dark"),
    (1, 301, false, "one of three is dark"),
    (0, 5, true, "two of three are dark"),
];

/// It gets dark at one device after the other.
pub async fn stadium(stage: &mut Stage) -> Result<(), Stop> {
    let names = names(&mut stage.dice, 3);
    let server = stage.enter(SERVER, &[]).await?;
    let mut devices = Vec::new();
    for name in &names {
        let device = stage.prepare_as(DEVICE, name, &[1023]).await?;
        devices.push(device);
    }
    for actor in devices.iter().chain([&server]) {
        // How often each goes round until the other has answered is chance.
        actor.redact(|redaction| {
            redaction.no_board();
            redaction.no_messages();
            redaction.no_console();
        });
    }
    arrive(stage, &server).await?;
    ready(stage, &server, &[TELEMETRY.to_owned()]).await?;
    for device in &devices {
        stage.start(device).await?;
        arrive(stage, device).await?;
        ready(stage, device, &commands(&device.device)).await?;
    }
    for (place, (number, level, on, when)) in STORY.iter().enumerate() {
        let was = place > 0 && STORY[place - 1].2;
        let device = &devices[*number];
        let told = tells(device, *level).await;
        told.map_err(|finding| stage.stop(device, TOGETHER, finding))?;
        for device in &devices {
            let expected = format!("{when}: every LED {}", if *on { "on" } else { "off" });
            let found = if *on == was {
                stays(device, *on, expected)
            } else {
                becomes(device, *on, expected).await
            };
            found.map_err(|finding| stage.stop(device, TOGETHER, finding))?;
        }
    }
    for device in &devices {
        let reached = reached_by_others(device);
        reached.map_err(|finding| stage.stop(device, TOGETHER, finding))?;
    }
    stage.pass(&server, TOGETHER);
    Ok(())
}

async fn ready(stage: &mut Stage, actor: &Actor, kinds: &[String]) -> Result<(), Stop> {
    let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
    let subscription = subscribed_to(actor, 0, &kinds).await;
    subscription.map_err(|finding| stage.stop(actor, TOGETHER, finding))
}

/// Sets the light level, lets the device tell it, and waits until it is commanded after that.
async fn tells(device: &Actor, level: u16) -> Result<(), Finding> {
    let start = device.record.len();
    device.board.set_light(level);
    let told = format!("\"light\":{level}");
    let commanded = device.drive(start, PROMPT, |entries| {
        let is_told = |entry: &Entry| {
            queries::publish(entry).is_some_and(|message| {
                let text = String::from_utf8_lossy(&message.payload);
                text.replace(' ', "").contains(&told)
            })
        };
        let told = entries.iter().position(is_told)?;
        entries[told..]
            .iter()
            .any(queries::is_delivery)
            .then_some(())
    });
    commanded.await.map_err(|why| {
        let expected = format!("light {level} told, and a command for it");
        missed(&device.record, expected, &why)
    })
}

async fn becomes(device: &Actor, on: bool, expected: String) -> Result<(), Finding> {
    let is = |entries: &[Entry]| (queries::led(entries).unwrap_or_default() == on).then_some(());
    let led = device.record.when(0, PROMPT, is).await;
    led.map_err(|why| missed(&device.record, expected, &why))
}

/// The command of this round has changed nothing, or is still on its way and is seen in the next.
fn stays(device: &Actor, on: bool, expected: String) -> Result<(), Finding> {
    if device.record.look(queries::led).unwrap_or_default() == on {
        return Ok(());
    }
    Err(Finding::new(expected, "one of them is not"))
}

/// Whether something came in that was meant for another device.
fn reached_by_others(device: &Actor) -> Result<(), Finding> {
    let own = commands(&device.device).map(|kind| format!("{}/{kind}", device.id));
    let other = device.record.look(|entries| {
        let mut deliveries = entries
            .iter()
            .filter_map(|entry| match queries::received(entry)? {
                rumqttc::mqttbytes::v4::Packet::Publish(message) => Some(message.topic.clone()),
                _ => None,
            });
        deliveries.find(|topic| !own.contains(topic))
    });
    match other {
        None => Ok(()),
        Some(topic) => Err(Finding::new(
            "nothing but what is meant for this device or for all",
            format!("a message on {topic}"),
        )),
    }
}

/// The broker is away for long, and then it does not let the programs hear anything.
pub async fn late_broker(stage: &mut Stage) -> Result<(), Stop> {
    for program in [SERVER, DEVICE] {
        let actor = late_broker_for(stage, program).await?;
        nothing_unasked(stage, &actor);
    }
    Ok(())
}

/// Nobody has asked anything of the program.
fn nothing_unasked(stage: &mut Stage, actor: &Arc<Actor>) {
    if actor.program.id == DEVICE {
        stage.judge_seen(actor, ONLY_OBEYS, never_lit(actor));
    } else if actor.record.look(|entries| count(entries, actor)) > 0 {
        super::server::unasked(stage, actor);
    }
}
