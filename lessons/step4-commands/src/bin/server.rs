//! Step 4, server: it answers each reading with a command.

use std::sync::mpsc;
use std::time::Duration;

use anyhow::Context;
use nightlight::Settings;
use rumqttc::{
    Client, ConnectionError, Event, MqttOptions, Outgoing, Packet, QoS, SubscribeReasonCode,
};
use serde_json::{Value, json};

/// How many outgoing packets may wait for the event loop.
const OUTBOX: usize = 100;

fn main() -> anyhow::Result<()> {
    let settings = Settings::load()?;
    let (client, mut connection) = Client::new(mqtt_options(&settings), OUTBOX);
    let telemetry = format!("{}/telemetry", settings.id);
    // TODO 1: commands go out on <id>/commands.

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
                // After every CONNACK: with a clean session the broker has forgotten us.
                client.try_subscribe(&telemetry, QoS::AtMostOnce)?;
            }
            Ok(Event::Incoming(Packet::SubAck(answer))) => {
                if answer.return_codes.contains(&SubscribeReasonCode::Failure) {
                    eprintln!("The broker refuses the subscription to {telemetry}.");
                }
            }
            Ok(Event::Incoming(Packet::Publish(message))) => match light_in(&message.payload) {
                // TODO 2: each reading is answered by one PUBLISH on <id>/commands, in the order of the
                // readings: quality of service 0, not retained, payload {"led_on":true} below 300 and
                // {"led_on":false} from 300 on. It is also printed, "Sending message: " and the payload.
                // Nothing else is answered. Many readings may come at once: the loop never waits.
                Ok(light) => println!("Message received: {}", json!({ "light": light })),
                Err(problem) => eprintln!("Message ignored: {problem:#}"),
            },
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
    let name = format!("{}nightlight_server", settings.id);
    let mut options = MqttOptions::new(name, &settings.broker.host, settings.broker.port);
    options.set_keep_alive(Duration::from_secs(60));
    // A broker that asks for a password gets it in the CONNECT.
    if let Some((user, password)) = settings.broker.login() {
        options.set_credentials(user, password);
    }
    options
}

/// The light level in a telemetry message. Anybody may publish to our topic, so nothing about the
/// payload is taken on trust.
fn light_in(payload: &[u8]) -> anyhow::Result<u64> {
    let message: Value = serde_json::from_slice(payload).context("it is not JSON")?;
    let light = message["light"].as_u64();
    light.context("it has no whole number called `light`")
}

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
