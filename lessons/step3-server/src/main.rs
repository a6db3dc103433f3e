//! Step 3: a program somewhere on the internet hears what the nightlight tells.

use std::sync::mpsc;

use nightlight::Settings;
use rumqttc::{Client, ConnectionError, Event, MqttOptions, Outgoing, Packet};
// Each TODO needs something more: from here, from `std`, or from the crates `anyhow` and
// `serde_json`.

/// How many outgoing packets may wait for the event loop.
const OUTBOX: usize = 100;

fn main() -> anyhow::Result<()> {
    let settings = Settings::load()?;
    let (client, mut connection) = Client::new(mqtt_options(&settings), OUTBOX);
    // TODO 2: name the topic on which the nightlight tells its light level.

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
                // TODO 2: subscribe to that topic, with quality of service 0. Here is the place, after
                // every CONNACK: with a clean session the broker has forgotten us, and a server that
                // subscribes once at its start is deaf after the first outage.
            }
            // TODO 3: a broker can refuse a subscription, and says so in its answer, the SUBACK. Then
            // this program says on stderr which one was refused.
            // TODO 4: when a message comes with a light level in it, print that as JSON:
            // "Message received: {"light":299}". When there is none in it, say on stderr what is wrong
            // with the message. In both cases go on.
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
    // TODO 1: this client is called by your id, followed by "nightlight_server", and has a keep-alive
    // of 60 seconds. The device is "nightlight_client": the same name would throw it out.
    let mut options = MqttOptions::new("nobody", &settings.broker.host, settings.broker.port);
    // A broker that asks for a password gets it in the CONNECT.
    if let Some((user, password)) = settings.broker.login() {
        options.set_credentials(user, password);
    }
    options
}

// TODO 4: a function that finds the light level in a payload goes here. The payload is an object
// in JSON, and the level the whole number in it that is called `light`, not below 0. What else may
// be in there does not matter. Anybody may publish to our topic, so a payload may also be anything
// else: then the function returns an error that says in words what is wrong, and never panics.

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
