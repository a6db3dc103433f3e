//! Step 4: the server answers each reading with a command, and the device obeys.

mod device;
mod server;
mod together;

use super::arrival::Arrival;
use super::{Played, Stop};
use crate::actor::Call;
use crate::criterion::{Criterion, Judgement, Todo};

const fn todo(file: &'static str, number: u8) -> Option<Todo> {
    Some(Todo { file, number })
}

const SERVER: &str = "src/bin/server.rs";
const DEVICE: &str = "src/bin/device.rs";

const SERVER_CONNECTS: Criterion = Criterion {
    id: "server-connects",
    title: "The server connects to the broker",
    points: 1,
    hint: "Nothing of step 3 may get lost.",
    chapter: "step3-server.md#a-second-client",
    todo: None,
};
const SERVER_NAME: Criterion = Criterion {
    id: "server-name",
    title: "The server's client name is your id, followed by nightlight_server",
    points: 1,
    hint: "The server keeps the name it had in step 3.",
    chapter: "step3-server.md#a-second-client",
    todo: None,
};
const SERVER_SESSION: Criterion = Criterion {
    id: "server-clean-session",
    title: "The server asks for a clean session",
    points: 1,
    hint: "rumqttc asks for a clean session unless `set_clean_session(false)` tells it not to.",
    chapter: "step3-server.md#a-second-client",
    todo: None,
};
const SERVER_SUBSCRIBES: Criterion = Criterion {
    id: "server-subscribes",
    title: "The server subscribes to your telemetry, and to nothing else",
    points: 1,
    hint: "The server keeps its subscription of step 3.",
    chapter: "step3-server.md#subscribe",
    todo: None,
};
const ANSWERS: Criterion = Criterion {
    id: "answers",
    title: "The server answers each reading with one command",
    points: 2,
    hint: "Where the light level has been read and printed, publish the command with \
           `client.try_publish`.",
    chapter: "step4-commands.md#answer",
    todo: todo(SERVER, 2),
};
const COMMAND_TOPIC: Criterion = Criterion {
    id: "command-topic",
    title: "The command's topic is your id, followed by /commands",
    points: 1,
    hint: "`format!(\"{}/commands\", settings.id)`, with no slash in front.",
    chapter: "step4-commands.md#topic",
    todo: todo(SERVER, 1),
};
const COMMAND_PAYLOAD: Criterion = Criterion {
    id: "command-payload",
    title: "The command is JSON with true or false called led_on",
    points: 1,
    hint: "`json!({ \"led_on\": light < DARK }).to_string()`.",
    chapter: "step4-commands.md#answer",
    todo: todo(SERVER, 2),
};
const DECIDES: Criterion = Criterion {
    id: "decides",
    title: "The command says true when the light is below 300, and false when it is not",
    points: 2,
    hint: "`light < 300` is the whole decision. Exactly 300 means off.",
    chapter: "step4-commands.md#answer",
    todo: todo(SERVER, 2),
};
const COMMAND_NOT_RETAINED: Criterion = Criterion {
    id: "command-not-retained",
    title: "The broker is not asked to retain the command",
    points: 1,
    hint: "The third argument of `try_publish` is `false`. A retained command would switch the \
           LED of a device that comes online tomorrow by the light of today.",
    chapter: "step4-commands.md#answer",
    todo: todo(SERVER, 2),
};
const SILENT_ON_BAD: Criterion = Criterion {
    id: "no-answer-to-bad-payload",
    title: "The server survives a reading it cannot read, and sends no command for it",
    points: 1,
    hint: "Only a reading with a light level gets an answer; the rest is reported on stderr.",
    chapter: "step4-commands.md#answer",
    todo: todo(SERVER, 2),
};
const BURST: Criterion = Criterion {
    id: "burst",
    title: "The server answers sixty readings that come all at once",
    points: 1,
    hint: "Inside the event loop, `client.publish` waits for room in the outbox, which only this \
           loop can make: after a few messages it hangs for ever. Use `client.try_publish` and an \
           outbox with room, or publish from another thread.",
    chapter: "step4-commands.md#never-wait-in-the-event-loop",
    todo: todo(SERVER, 2),
};
const SERVER_RETURNS: Criterion = Criterion {
    id: "server-returns",
    title: "After a restart of the broker the server connects again",
    points: 1,
    hint: "When the event loop yields an `Err`, report it, wait, and stay in the loop.",
    chapter: "step1-connect.md#when-the-line-goes-dead",
    todo: None,
};
const SERVER_PATIENCE: Criterion = Criterion {
    id: "server-patience",
    title: "The server waits a little before it tries to connect again",
    points: 1,
    hint: "Wait in the `Err` arm, `stopped.recv_timeout(settings.retry_pause)`.",
    chapter: "step1-connect.md#when-the-line-goes-dead",
    todo: None,
};
const SERVER_HEARS_AGAIN: Criterion = Criterion {
    id: "server-answers-again",
    title: "After a restart of the broker the server subscribes and answers again",
    points: 1,
    hint: "Subscribe in the arm of the CONNACK, not before the loop.",
    chapter: "step3-server.md#subscribe",
    todo: None,
};
const DEVICE_CONNECTS: Criterion = Criterion {
    id: "device-connects",
    title: "The device connects to the broker",
    points: 1,
    hint: "Nothing of step 2 may get lost.",
    chapter: "step1-connect.md#event-loop",
    todo: None,
};
const DEVICE_NAME: Criterion = Criterion {
    id: "device-name",
    title: "The device's client name is your id, followed by nightlight_client",
    points: 1,
    hint: "The device keeps the name it had in step 1.",
    chapter: "step1-connect.md#client-name",
    todo: None,
};
const DEVICE_SESSION: Criterion = Criterion {
    id: "device-clean-session",
    title: "The device asks for a clean session",
    points: 1,
    hint: "rumqttc asks for a clean session unless `set_clean_session(false)` tells it not to.",
    chapter: "step1-connect.md#client-name",
    todo: None,
};
const TELLS: Criterion = Criterion {
    id: "device-tells",
    title: "The device goes on publishing its light level",
    points: 1,
    hint: "The device keeps its telemetry of step 2: the sensor's thread, the topic, the payload.",
    chapter: "step4-commands.md#the-device",
    todo: None,
};
const DEVICE_SUBSCRIBES: Criterion = Criterion {
    id: "device-subscribes",
    title: "The device subscribes to your commands, and to nothing else",
    points: 2,
    hint: "`client.try_subscribe(&commands, QoS::AtMostOnce)?` when the CONNACK comes.",
    chapter: "step4-commands.md#the-device",
    todo: todo(DEVICE, 3),
};
const OBEYS: Criterion = Criterion {
    id: "obeys",
    title: "The device switches the LED as each command says",
    points: 2,
    hint: "`led.set_state(PinState::from(led_on))` with the boolean from the payload.",
    chapter: "step4-commands.md#obey",
    todo: todo(DEVICE, 5),
};
const ONLY_OBEYS: Criterion = Criterion {
    id: "only-obeys",
    title: "The device no longer switches the LED by itself",
    points: 2,
    hint: "The device decides nothing any more: no `set_state` but in answer to a command.",
    chapter: "step4-commands.md#obey",
    todo: todo(DEVICE, 5),
};
const DEVICE_SURVIVES: Criterion = Criterion {
    id: "survives-bad-command",
    title: "The device leaves the LED alone at a command it cannot read, and goes on",
    points: 1,
    hint: "A payload can be anything. Turn what is wrong with it into an error, print that to \
           stderr, and go on with the loop.",
    chapter: "step4-commands.md#obey",
    todo: todo(DEVICE, 5),
};
const DEVICE_RETURNS: Criterion = Criterion {
    id: "device-returns",
    title: "After a restart of the broker the device connects again",
    points: 1,
    hint: "When the event loop yields an `Err`, report it, wait, and stay in the loop.",
    chapter: "step1-connect.md#when-the-line-goes-dead",
    todo: None,
};
const DEVICE_PATIENCE: Criterion = Criterion {
    id: "device-patience",
    title: "The device waits a little before it tries to connect again",
    points: 1,
    hint: "Wait in the `Err` arm, `stopped.recv_timeout(settings.retry_pause)`.",
    chapter: "step1-connect.md#when-the-line-goes-dead",
    todo: None,
};
const OBEYS_AGAIN: Criterion = Criterion {
    id: "obeys-again",
    title: "After a restart of the broker the device subscribes and obeys again",
    points: 1,
    hint: "Subscribe in the arm of the CONNACK, not before the loop.",
    chapter: "step4-commands.md#the-device",
    todo: todo(DEVICE, 3),
};
const TOGETHER: Criterion = Criterion {
    id: "together",
    title: "Device and server together: dark, and the light goes on; light, and it goes off",
    points: 3,
    hint: "Each of the two works alone first; look at the criteria above.",
    chapter: "step4-commands.md#both-together",
    todo: None,
};

/// What is asked in step 4.
pub const CRITERIA: &[&Criterion] = &[
    &SERVER_CONNECTS,
    &SERVER_NAME,
    &SERVER_SESSION,
    &SERVER_SUBSCRIBES,
    &ANSWERS,
    &COMMAND_TOPIC,
    &COMMAND_PAYLOAD,
    &DECIDES,
    &COMMAND_NOT_RETAINED,
    &SILENT_ON_BAD,
    &BURST,
    &SERVER_RETURNS,
    &SERVER_PATIENCE,
    &SERVER_HEARS_AGAIN,
    &DEVICE_CONNECTS,
    &DEVICE_NAME,
    &DEVICE_SESSION,
    &TELLS,
    &DEVICE_SUBSCRIBES,
    &OBEYS,
    &ONLY_OBEYS,
    &DEVICE_SURVIVES,
    &DEVICE_RETURNS,
    &DEVICE_PATIENCE,
    &OBEYS_AGAIN,
    &TOGETHER,
];

/// How the server comes online.
const SERVER_ARRIVAL: Arrival = Arrival {
    connects: &SERVER_CONNECTS,
    name: &SERVER_NAME,
    session: &SERVER_SESSION,
};

/// How the device comes online.
const DEVICE_ARRIVAL: Arrival = Arrival {
    connects: &DEVICE_CONNECTS,
    name: &DEVICE_NAME,
    session: &DEVICE_SESSION,
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
fn after(alone: &[Played], together: Played) -> Played {
    let failed = |(_, judgement): &(_, Judgement)| matches!(judgement, Judgement::Fail(_));
    if !alone.iter().any(|scene| scene.rows.iter().any(failed)) {
        return together;
    }
    let skipped = together
        .rows
        .into_iter()
        .map(|(criterion, _)| (criterion, Judgement::Skip));
    Played {
        rows: skipped.collect(),
        ..together
    }
}
