//! The device obeys its state, as it obeyed commands in step 4; and of all that was said while it was
//! away, the latest.

use std::sync::Arc;

use arena::peer::Message;
use arena::record::Entry;
use course::DEVICE;
use rumqttc::QoS;
use rumqttc::mqttbytes::v4;

use super::errand::KINDS;
use crate::actor::{Actor, PROMPT};
use crate::findings::introduction::arrive;
use crate::findings::missed;
use crate::findings::subscription::{SUBSCRIBES, subscribed_to};
use crate::queries;
use crate::scenario::commands::device::{ONLY_OBEYS, never_lit};
use crate::scenario::commands::nonsense::passes_over;
use crate::scenario::commands::orders::Orders;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

const OBEYS: &str = "obeys";
/// State with QoS 0, tasks with QoS 1.
const QUALITIES: &str = "qualities";

/// How many states come at once.
const RUSH_OF: usize = 20;

/// States of all kinds, and what is none.
pub async fn state(stage: &mut Stage) -> Result<(), Stop> {
    let device = stage.prepare(DEVICE, &[]).await?;
    device.redact(|redaction| {
        redaction.no_console();
        redaction.uncrossed();
    });
    stage.start(&device).await?;
    arrive(stage, &device).await?;
    let subscription = subscribed_to(&device, 0, KINDS).await;
    stage.insist(&device, SUBSCRIBES, subscription)?;
    let found = device.record.look(|entries| qualities(entries, &device));
    stage.judge(&device, QUALITIES, found);
    stage.judge_seen(&device, ONLY_OBEYS, never_lit(&device));
    let mut orders = Orders::new(&device, stage.peer().await?, vec![stage.topic("state")]);
    for on in [true, false, true, false, true] {
        let obeyed = orders.obeyed(on).await?;
        stage.insist(&device, OBEYS, obeyed)?;
    }
    let quiet = device.record.len();
    let rushed = orders.rush(RUSH_OF).await?;
    stage.insist(&device, OBEYS, rushed)?;
    let on = orders.obeyed(true).await?;
    stage.insist(&device, OBEYS, on)?;
    device.redact(|redaction| redaction.leave_out(quiet..device.record.len()));
    passes_over(stage, &device, &mut orders).await?;
    latest(stage, &device).await
}

/// What it subscribes to, and how well it wants to hear it.
fn qualities(entries: &[Entry], device: &Actor) -> Result<(), Finding> {
    let filters = entries
        .iter()
        .filter_map(|entry| match queries::sent(entry)? {
            v4::Packet::Subscribe(subscribe) => Some(&subscribe.filters),
            _ => None,
        });
    for filter in filters.flatten() {
        let is_state = filter.path == format!("{}/state", device.id);
        let right = if is_state {
            QoS::AtMostOnce
        } else {
            QoS::AtLeastOnce
        };
        if filter.qos != right {
            let finding = Finding::new(
                format!("a SUBSCRIBE to {} with QoS {}", filter.path, right as u8),
                format!("with QoS {}", filter.qos as u8),
            );
            return Err(finding.hint(if is_state {
                "With QoS 1 the broker keeps each state for a device that is away, and the device \
                 obeys them all, one after the other. With QoS 0 it keeps none, and the latest is \
                 there all the same: it is retained."
            } else {
                "With QoS 0 the broker keeps no task for a device that is away, and asks for no \
                 acknowledgement. Of tasks every one counts: QoS 1."
            }));
        }
    }
    Ok(())
}

/// States are said while it is away. It finds the last of them.
async fn latest(stage: &mut Stage, device: &Arc<Actor>) -> Result<(), Stop> {
    device.leave().await;
    let peer = stage.peer().await?;
    for on in [true, false, false, true] {
        let state = format!(r#"{{"led_on":{on}}}"#);
        let message = Message::new(stage.topic("state"), state).qos(QoS::AtLeastOnce);
        peer.send(message.retained()).await?;
    }
    let next = stage.revive(device, &[]).await?;
    next.redact(|redaction| {
        redaction.no_console();
        redaction.uncrossed();
        // It may come between the two subscriptions.
        redaction.no_messages();
    });
    stage.start(&next).await?;
    arrive(stage, &next).await?;
    let found = next.record.when(0, PROMPT, |entries| {
        (queries::led(entries) == Some(true)).then_some(())
    });
    let found = found.await.map_err(|why| {
        let expected = "after it was away: the LED on, as the state says that the broker has kept";
        missed(&next.record, expected, &why)
            .hint("A retained message comes at the SUBSCRIBE. It is a state like any other.")
    });
    stage.insist(&next, OBEYS, found)
}
