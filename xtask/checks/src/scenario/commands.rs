//! Step 4: the server answers each reading with a command, and the device obeys.

mod device;
mod server;
mod together;

use super::arrival::Arrival;
use super::{Played, Stop};
use crate::actor::Call;

const SERVER_CONNECTS: &str = "server-connects";
const SERVER_NAME: &str = "server-name";
const SERVER_SESSION: &str = "server-clean-session";
const SERVER_SUBSCRIBES: &str = "server-subscribes";
const ANSWERS: &str = "answers";
const COMMAND_TOPIC: &str = "command-topic";
const COMMAND_PAYLOAD: &str = "command-payload";
const DECIDES: &str = "decides";
const COMMAND_NOT_RETAINED: &str = "command-not-retained";
const SILENT_ON_BAD: &str = "no-answer-to-bad-payload";
const BURST: &str = "burst";
const SERVER_RETURNS: &str = "server-returns";
const SERVER_PATIENCE: &str = "server-patience";
const SERVER_HEARS_AGAIN: &str = "server-answers-again";
const DEVICE_CONNECTS: &str = "device-connects";
const DEVICE_NAME: &str = "device-name";
const DEVICE_SESSION: &str = "device-clean-session";
const TELLS: &str = "device-tells";
const DEVICE_SUBSCRIBES: &str = "device-subscribes";
const OBEYS: &str = "obeys";
const ONLY_OBEYS: &str = "only-obeys";
const DEVICE_SURVIVES: &str = "survives-bad-command";
const DEVICE_RETURNS: &str = "device-returns";
const DEVICE_PATIENCE: &str = "device-patience";
const OBEYS_AGAIN: &str = "obeys-again";
const TOGETHER: &str = "together";

/// How the server comes online.
const SERVER_ARRIVAL: Arrival = Arrival {
    connects: SERVER_CONNECTS,
    name: SERVER_NAME,
    session: SERVER_SESSION,
};

/// How the device comes online.
const DEVICE_ARRIVAL: Arrival = Arrival {
    connects: DEVICE_CONNECTS,
    name: DEVICE_NAME,
    session: DEVICE_SESSION,
};

/// Plays the step's scenes.
///
/// # Errors
/// When the arena does not work.
pub async fn play(call: &Call) -> anyhow::Result<Vec<Played>> {
    let (questions, rush, server_restart, orders, device_restart, together) = tokio::try_join!(
        server::questions(call),
        server::rush(call),
        server::restart(call),
        device::orders(call),
        device::restart(call),
        together::evening(call),
    )?;
    let alone = [questions, rush, server_restart, orders, device_restart];
    let together = after(&alone, together);
    Ok(alone.into_iter().chain([together]).collect())
}

/// What the two do together says nothing new while one of them fails alone, and what exactly goes
/// wrong then is chance.
fn after(alone: &[Played], mut together: Played) -> Played {
    if alone.iter().any(|scene| scene.sheet.has_failed()) {
        together.sheet.says_nothing();
    }
    together
}
