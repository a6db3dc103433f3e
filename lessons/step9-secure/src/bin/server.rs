//! Step 9, server: it talks to nobody but its own broker.

use std::sync::mpsc;
use std::time::Duration;

use anyhow::Context;
use nightlight::Settings;
use rumqttc::{
    Client, ConnectionError, Event, MqttOptions, Outgoing, Packet, QoS, SubscribeReasonCode,
};
use serde::Deserialize;
use serde_json::json;

/// Below this light level it is night.
const DARK: u64 = 300;

/// How many outgoing packets may wait for the event loop.
const OUTBOX: usize = 100;

fn main() -> anyhow::Result<()> {
    // As they are written: `load` would encrypt the connection for us.
    let settings = Settings::read()?;
    let (client, mut connection) = Client::new(mqtt_options(&settings)?, OUTBOX);
    let telemetry = format!("{}/telemetry", settings.id);
    let commands = format!("{}/commands", settings.id);

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
                Ok(light) => {
                    println!("Message received: {}", json!({ "light": light }));
                    let command = json!({ "led_on": light < DARK }).to_string();
                    println!("Sending message: {command}");
                    // `publish` would wait for an outbox that only this loop can empty.
                    let sent = client.try_publish(&commands, QoS::AtMostOnce, false, command);
                    if let Err(error) = sent {
                        eprintln!("This command is lost: {error}");
                    }
                }
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
fn mqtt_options(settings: &Settings) -> anyhow::Result<MqttOptions> {
    let name = format!("{}nightlight_server", settings.id);
    let mut options = MqttOptions::new(name, &settings.broker.host, settings.broker.port);
    options.set_keep_alive(Duration::from_secs(60));
    // A broker that asks for a password gets it in the CONNECT.
    if let Some((user, password)) = settings.broker.login() {
        options.set_credentials(user, password);
    }
    options.set_transport(secure::transport(settings)?);
    Ok(options)
}

/// What a device tells us.
#[derive(Deserialize)]
struct Reading {
    light: u64,
}

/// The light level in a telemetry message. Anybody may publish to our topic, so nothing about the
/// payload is taken on trust.
fn light_in(payload: &[u8]) -> anyhow::Result<u64> {
    let reading: Reading = serde_json::from_slice(payload).context("it is no reading")?;
    Ok(reading.light)
}

/// Says in plain words why there is no connection.
fn report(error: &ConnectionError) {
    if let Some(words) = secure::refusal(error) {
        eprintln!("{words} Trying again.");
        return;
    }
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
