//! Step 6, server: it weighs what all devices say before it commands.

mod weighing;

use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::Context;
use nightlight::Settings;
use rumqttc::{
    Client, ConnectionError, Event, MqttOptions, Outgoing, Packet, Publish, QoS,
    SubscribeReasonCode,
};
use serde::Deserialize;
use serde_json::json;

use weighing::Weighing;

/// How many outgoing packets may wait for the event loop.
/// All devices may speak at once, and each is answered.
const OUTBOX: usize = 1_000;

fn main() -> anyhow::Result<()> {
    let settings = Settings::load()?;
    let (client, mut connection) = Client::new(mqtt_options(&settings), OUTBOX);
    // TODO 1: the server must hear the telemetry of all devices, `<id>/devices/<name>/telemetry`,
    // whatever their names are, and nothing else. Until then it hears nobody.
    let telemetry = format!("{}/telemetry", settings.id);
    let mut weighing = Weighing::new(settings.stale_after);

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
            Ok(Event::Incoming(Packet::Publish(message))) => {
                match answer(&message, &settings.id, &mut weighing) {
                    Ok((topic, command)) => {
                        println!("Sending message: {command} to {topic:?}");
                        // `publish` would wait for an outbox that only this loop can empty.
                        let sent = client.try_publish(topic, QoS::AtMostOnce, false, command);
                        if let Err(error) = sent {
                            eprintln!("This command is lost: {error}");
                        }
                    }
                    Err(problem) => eprintln!("Message ignored: {problem:#}"),
                }
            }
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

/// What a reading's payload must have in it.
#[derive(Deserialize)]
struct Reading {
    light: u16,
}

/// The command that answers a reading, with its topic in front. Anybody may publish to our topics,
/// so nothing about the message is taken on trust.
fn answer(
    message: &Publish,
    id: &str,
    weighing: &mut Weighing,
) -> anyhow::Result<(String, String)> {
    let device = device_in(&message.topic, id).context("its topic names no device")?;
    let reading: Reading = serde_json::from_slice(&message.payload).context("it is no reading")?;
    // In quotes: a name may have anything in it, a line break too.
    println!("Message received: {} from {device:?}", reading.light);
    let decision = weighing.take_in(device, reading.light, Instant::now())?;
    // TODO 4: a decision that is new is for all, on `<id>/commands`. Else the command is only for
    // the device that has sent the reading, on `<id>/devices/<name>/commands`: the others know it.
    // Until then all of them hear everything.
    let topic = format!("{id}/commands");
    Ok((topic, json!({ "led_on": decision.dark }).to_string()))
}

/// The name of the device in the topic of its telemetry.
fn device_in<'a>(topic: &'a str, id: &str) -> Option<&'a str> {
    // TODO 2: which device is it? A topic that is not `<id>/devices/<name>/telemetry` names none,
    // and neither does one with an empty name.
    let _ = (topic, id);
    None
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
