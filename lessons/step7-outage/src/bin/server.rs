//! Step 7, server: it shows each reading once, and says which ones it has.

use std::sync::mpsc;
use std::time::Duration;

// TODO 1 also needs `anyhow::ensure`.
use anyhow::Context;
use nightlight::Settings;
use rumqttc::{
    Client, ConnectionError, Event, MqttOptions, Outgoing, Packet, QoS, SubscribeReasonCode,
};
use serde::Deserialize;
use serde_json::json;

/// Below this light level it is night.
const DARK: u16 = 300;

/// How many runs are remembered: of an old one, messages may still be on their way.
const RUNS: usize = 8;

/// How many outgoing packets may wait for the event loop.
const OUTBOX: usize = 100;

fn main() -> anyhow::Result<()> {
    let settings = Settings::load()?;
    let (client, mut connection) = Client::new(mqtt_options(&settings), OUTBOX);
    let telemetry = format!("{}/telemetry", settings.id);
    let commands = format!("{}/commands", settings.id);
    // TODO 3: name the topic for answers, your id followed by "/replies".
    let mut shown = Shown::default();

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
            Ok(Event::Incoming(Packet::Publish(message))) => match news(&message.payload) {
                Ok(news) => {
                    let (fresh, last) = shown.take_in(&news);
                    for Reading { seq, light } in fresh {
                        println!("Reading {seq}: light level {light}");
                    }
                    // TODO 3: answer, `{"run":"…","seq":13}`, with the run of the message and the last number
                    // shown: on your replies, with `try_publish`, as a command is sent. Old messages, too.
                    let _ = last;
                    // TODO 4: one command as in step 4, and only if something was shown: for the newest reading,
                    // `fresh.last()`. The next line stands in for it.
                    let _ = (&commands, json!({ "led_on": DARK }));
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

/// What a device has to tell: all that we have not answered yet, as far as it knows.
#[derive(Deserialize)]
struct News {
    /// Numbers begin anew with each run.
    run: String,
    readings: Vec<Reading>,
}

#[derive(Deserialize)]
struct Reading {
    seq: u64,
    light: u16,
}

/// The readings in a message. Anybody may publish to our topic, so nothing about the payload is
/// taken on trust.
fn news(payload: &[u8]) -> anyhow::Result<News> {
    let news: News = serde_json::from_slice(payload).context("it is not what a device tells")?;
    // TODO 1: a list without a reading is an error, and so is one whose numbers do not go up
    // (`is_sorted_by`): `ensure!`, which comes from anyhow, says so.
    Ok(news)
}

/// The last number that was shown of each run. The run that was heard last stands last.
#[derive(Default)]
struct Shown(Vec<(String, u64)>);

impl Shown {
    /// Says which readings are to be shown, and the last number of that run then.
    fn take_in<'a>(&mut self, news: &'a News) -> (&'a [Reading], u64) {
        // TODO 2: only what is above the last number shown of this run (at first 0) is to be shown.
        // Then the run, with its new last number, is the one that was heard last; of more than
        // `RUNS` the first one goes. Until then everything is shown, each time.
        let _ = (RUNS, &self.0, &news.run);
        let last = news.readings.last().map_or(0, |newest| newest.seq);
        (&news.readings, last)
    }
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
