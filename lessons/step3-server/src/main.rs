//! Step 3: a program somewhere on the internet hears what the nightlight tells.

use std::sync::mpsc;

use nightlight::Settings;
use rumqttc::{Client, ConnectionError, Event, MqttOptions, Outgoing, Packet};
// TODO 1 also needs `std::time::Duration`, TODO 2 `rumqttc::QoS`, TODO 3
// `rumqttc::SubscribeReasonCode`, TODO 4 `anyhow::Context` and `serde_json::{Value, json}`.

/// How many outgoing packets may wait for the event loop.
const OUTBOX: usize = 100;

fn main() -> anyhow::Result<()> {
    let settings = Settings::load()?;
    let (client, mut connection) = Client::new(mqtt_options(&settings), OUTBOX);
    // TODO 2: name the topic the nightlight tells its light level on, your id followed by
    // "/telemetry": `let telemetry = format!(…);`

    // Ctrl-C asks the event loop to say goodbye, and waits for room in the outbox if need be. If
    // there is no broker to say it to, the message on `stop` ends the wait for one.
    let (stop, stopped) = mpsc::channel();
    let goodbye = client.clone();
    ctrlc::set_handler(move || {
        let _ = stop.send(());
        let _ = goodbye.disconnect();
    })?;

    // Nothing is sent or received but in this loop: it must go round, and never wait for anything
    // but the network. Hence `try_subscribe`: `subscribe` waits when the outbox is full.
    for event in connection.iter() {
        match event {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                println!("MQTT connected!");
                // TODO 2: subscribe, `client.try_subscribe(&telemetry, QoS::AtMostOnce)?`. Here is
                // the place, after every CONNACK: with a clean session the broker has forgotten us,
                // and a server that subscribes once at its start is deaf after the first outage.
            }
            // TODO 3: a broker can refuse a subscription. It says so in the answer,
            // `Ok(Event::Incoming(Packet::SubAck(answer)))`, with a
            // `SubscribeReasonCode::Failure` among `answer.return_codes`. Say it on stderr.
            // TODO 4: a message is `Ok(Event::Incoming(Packet::Publish(message)))`. Find the light
            // level in `message.payload` and print the message as JSON:
            // "Message received: {"light":299}". Write a function for it,
            // `fn light_in(payload: &[u8]) -> anyhow::Result<u64>`, see below.
            Ok(Event::Outgoing(Outgoing::Disconnect)) => break,
            Ok(_) => {}
            Err(error) => {
                report(&error);
                // The next turn connects again, and at once: without a pause a dead broker would
                // be asked thousands of times a second.
                if stopped.recv_timeout(settings.retry_pause).is_ok() {
                    break;
                }
            }
        }
    }
    Ok(())
}

/// Who we are to the broker. No two clients may share a name: the broker throws the first one out.
fn mqtt_options(settings: &Settings) -> MqttOptions {
    // TODO 1: give the client its name, your id followed by "nightlight_server", and a keep-alive
    // of 60 seconds. The device is "nightlight_client": the same name would throw it out.
    let mut options = MqttOptions::new("nobody", &settings.broker.host, settings.broker.port);
    // A broker that asks for a password gets it in the CONNECT.
    if let Some((user, password)) = settings.broker.login() {
        options.set_credentials(user, password);
    }
    options
}

// TODO 4: write `fn light_in(payload: &[u8]) -> anyhow::Result<u64>`. `serde_json::from_slice`
// makes a `Value` of the payload, `message["light"].as_u64()` is `None` when there is no such
// number, and `.context("…")?` turns both failures into errors with words. Anybody may publish to
// our topic: no payload may end this program. Print the error to stderr and go on.

/// Says in plain words why there is no connection.
fn report(error: &ConnectionError) {
    match error {
        ConnectionError::ConnectionRefused(reason) => {
            eprintln!("The broker refuses this client: {reason:?}. Trying again.");
        }
        ConnectionError::MqttState(reason) => {
            eprintln!("The connection is lost: {reason}. Trying again.");
            eprintln!("If that goes on, another client may have the same name.");
        }
        other => eprintln!("No connection to the broker: {other}. Is it running? Trying again."),
    }
}
