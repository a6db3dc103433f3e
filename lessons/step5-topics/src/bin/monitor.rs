//! Step 5: a program somewhere on the internet shows what is measured, and whether the device is
//! there.

use std::sync::mpsc;
use std::time::Duration;

use nightlight::Settings;
use rumqttc::{Client, ConnectionError, Event, MqttOptions, Outgoing, Packet, SubscribeReasonCode};
// TODO 6 also needs `rumqttc::QoS`, TODO 7 `anyhow::{Context, ensure}`, `rumqttc::Publish` and
// `serde_json::Value`, TODO 8 `anyhow::bail`.

/// How many outgoing packets may wait for the event loop.
const OUTBOX: usize = 100;

fn main() -> anyhow::Result<()> {
    let settings = Settings::load()?;
    let (client, mut connection) = Client::new(mqtt_options(&settings), OUTBOX);
    // TODO 6: two topics: all measures, `telemetry/+` below your id, and the device's `status`.

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
                // TODO 6: `client.try_subscribe(…)?` for each: the measures with QoS 0, the status with QoS 1.
            }
            Ok(Event::Incoming(Packet::SubAck(answer))) => {
                if answer.return_codes.contains(&SubscribeReasonCode::Failure) {
                    eprintln!("The broker refuses a subscription: you will not see all.");
                }
            }
            // TODO 7 and 8: here comes `Ok(Event::Incoming(Packet::Publish(message)))`. Its `message.topic`
            // says whether it is the status or a measure. Print the line that one of two functions makes of
            // it, `measure(&message)` or `presence(&message)`, or on stderr what is wrong with the message.
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
    let name = format!("{}nightlight_monitor", settings.id);
    let mut options = MqttOptions::new(name, &settings.broker.host, settings.broker.port);
    options.set_keep_alive(Duration::from_secs(60));
    // A broker that asks for a password gets it in the CONNECT.
    if let Some((user, password)) = settings.broker.login() {
        options.set_credentials(user, password);
    }
    options
}

// TODO 7: write `fn measure(message: &Publish) -> anyhow::Result<String>`. A measure's name is the
// last level of its topic (`rsplit_once('/')`), its number stands in the JSON under that name
// (`as_number`), and the line is "light 299". Whoever may publish chooses the name, too: an empty one
// and one with control characters (`char::is_control`) are errors, as is everything but a number.

// TODO 8: write `fn presence(message: &Publish) -> anyhow::Result<String>`. The payload is `online` or
// `offline`, and nothing else. The line says which, in other words for what was so when we came
// (`message.retain`) than for news.

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
