// ANCHOR: title
//! Step 5: a program somewhere on the internet shows what is measured, and whether the device is
//! there.
// ANCHOR_END: title

use std::sync::mpsc;
// ANCHOR: duration
use std::time::Duration;
// ANCHOR_END: duration

// ANCHOR: context
use anyhow::{Context, bail, ensure};
// ANCHOR_END: context
use nightlight::Settings;
// ANCHOR: imports
use rumqttc::{
    Client, ConnectionError, Event, MqttOptions, Outgoing, Packet, Publish, QoS,
    SubscribeReasonCode,
};
use serde_json::Value;
// ANCHOR_END: imports

/// How many outgoing packets may wait for the event loop.
const OUTBOX: usize = 100;

fn main() -> anyhow::Result<()> {
    let settings = Settings::load()?;
    let (client, mut connection) = Client::new(mqtt_options(&settings), OUTBOX);
    // ANCHOR: topics
    let measures = format!("{}/telemetry/+", settings.id);
    let status = format!("{}/status", settings.id);
    // ANCHOR_END: topics

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
                // ANCHOR: subscribe
                // After every CONNACK: with a clean session the broker has forgotten us.
                client.try_subscribe(&measures, QoS::AtMostOnce)?;
                client.try_subscribe(&status, QoS::AtLeastOnce)?;
                // ANCHOR_END: subscribe
            }
            // ANCHOR: suback
            Ok(Event::Incoming(Packet::SubAck(answer))) => {
                if answer.return_codes.contains(&SubscribeReasonCode::Failure) {
                    eprintln!("The broker refuses a subscription: you will not see all.");
                }
            }
            // ANCHOR_END: suback
            // ANCHOR: receive
            Ok(Event::Incoming(Packet::Publish(message))) => {
                let line = if message.topic == status {
                    presence(&message)
                } else {
                    measure(&message)
                };
                match line {
                    Ok(line) => println!("{line}"),
                    // `{:?}` shows whatever is in a topic as harmless text.
                    Err(problem) => eprintln!("Message on {:?} ignored: {problem}", message.topic),
                }
            }
            // ANCHOR_END: receive
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
    // ANCHOR: options
    let name = format!("{}nightlight_monitor", settings.id);
    let mut options = MqttOptions::new(name, &settings.broker.host, settings.broker.port);
    options.set_keep_alive(Duration::from_secs(60));
    // ANCHOR_END: options
    // A broker that asks for a password gets it in the CONNECT.
    if let Some((user, password)) = settings.broker.login() {
        options.set_credentials(user, password);
    }
    options
}

// ANCHOR: measure
/// A measure in a line, such as `light 299`. Anybody may publish to our topics, so nothing is taken
/// on trust: neither the payload nor the name.
fn measure(message: &Publish) -> anyhow::Result<String> {
    let (_, name) = message.topic.rsplit_once('/').context("it has one level")?;
    ensure!(!name.is_empty(), "the measure has no name");
    // A line break in a name would make two lines of one.
    let is_plain = !name.contains(char::is_control);
    ensure!(is_plain, "its name has control characters in it");
    let payload: Value = serde_json::from_slice(&message.payload).context("it is not JSON")?;
    let number = payload[name].as_number();
    let number = number.with_context(|| format!("it has no number called `{name}`"))?;
    Ok(format!("{name} {number}"))
}
// ANCHOR_END: measure

// ANCHOR: presence
/// Whether the device is there, or was when we came: a retained message is not news.
fn presence(message: &Publish) -> anyhow::Result<String> {
    let word = match message.payload.as_ref() {
        b"online" => "online",
        b"offline" => "offline",
        _ => bail!("it is neither `online` nor `offline`"),
    };
    Ok(if message.retain {
        format!("When we came, the device was {word}.")
    } else {
        format!("The device is {word} now.")
    })
}
// ANCHOR_END: presence

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
