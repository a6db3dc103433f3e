//! Step 5: the nightlight also says whether it is there.

mod presence;

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{OutputPin, PinState};
use nightlight::{Board, BoardError, LightSensor, Settings};
use rumqttc::{
    Client, ConnectionError, Event, MqttOptions, Outgoing, Packet, QoS, SubscribeReasonCode,
};
// TODO 2 also needs `rumqttc::LastWill`.
use serde_json::json;

use presence::Presence;

/// Below this light level it is night.
const DARK: u16 = 300;

/// How many outgoing packets may wait for the event loop.
const OUTBOX: usize = 10;

fn main() -> anyhow::Result<()> {
    let settings = Settings::load()?;
    let board = Board::open(&settings)?;
    // Puts the LED out when `main` ends. The thread that has the LED never does.
    let _guard = board.led.guard();
    let (client, mut connection) = Client::new(mqtt_options(&settings), OUTBOX);

    let online = Arc::new(AtomicBool::new(false));
    let telemetry = Telemetry {
        client: client.clone(),
        topic: telemetry_topic(&settings),
        online: Arc::clone(&online),
    };
    let presence = Arc::new(Presence::new(client, &settings));

    // Ctrl-C says that we go. The event loop ends the program when the broker has that, or when it
    // has lost the broker: the message on `stop` ends its wait for another one.
    let (stop, stopped) = mpsc::channel();
    let goodbye = Arc::clone(&presence);
    let led = board.led.guard();
    ctrlc::set_handler(move || {
        let is_said = goodbye.leaves();
        let _ = stop.send(());
        if is_said {
            thread::sleep(settings.goodbye);
            eprintln!("The broker does not answer: leaving without a goodbye.");
        }
        led.put_out();
        process::exit(0);
    })?;

    thread::spawn(move || follow_the_light(board, &telemetry));

    // Nothing is sent or received but in this loop: it must go round, and never wait for anything
    // but the network. It is `connection.iter()` spelt out, which would keep `connection` to itself.
    while let Ok(event) = connection.recv() {
        match event {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                println!("MQTT connected!");
                presence.arrives()?;
                online.store(true, Ordering::Relaxed);
            }
            Ok(Event::Incoming(Packet::SubAck(answer))) => {
                if answer.return_codes.contains(&SubscribeReasonCode::Failure) {
                    eprintln!("The broker refuses the subscription to our own status.");
                }
            }
            Ok(Event::Incoming(Packet::Publish(message))) => presence.hears(&message),
            Ok(Event::Incoming(Packet::PubAck(_))) => presence.is_answered(),
            Ok(Event::Outgoing(Outgoing::Disconnect)) => break,
            Ok(_) => {}
            Err(error) => {
                online.store(false, Ordering::Relaxed);
                presence.is_lost();
                // What was read before the line broke would come out after the next CONNACK, as if
                // it were new: an old PUBACK for that of a new word.
                connection.eventloop.state.events.clear();
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
    let name = format!("{}nightlight_client", settings.id);
    let mut options = MqttOptions::new(name, &settings.broker.host, settings.broker.port);
    options.set_keep_alive(Duration::from_secs(60));
    // A broker that asks for a password gets it in the CONNECT.
    if let Some((user, password)) = settings.broker.login() {
        options.set_credentials(user, password);
    }
    // TODO 2: leave a will with the broker. `options.set_last_will(LastWill::new(…))` takes what it
    // shall publish in our name when we are gone without a goodbye: `offline`, on our status
    // (`presence::status_topic`), with QoS 1, retained.
    options
}

/// What the sensor's thread needs to publish.
struct Telemetry {
    client: Client,
    topic: String,
    /// Whether the broker has accepted us. A reading from an outage is worth nothing once the
    /// line is back, so it is not kept.
    online: Arc<AtomicBool>,
}

impl Telemetry {
    fn send(&self, light: u16) {
        if !self.online.load(Ordering::Relaxed) {
            return;
        }
        let payload = json!({ "light": light }).to_string();
        println!("Sending telemetry  {payload}");
        // `try_publish` refuses when the outbox is full; `publish` would stop the sensor instead.
        let sent = self
            .client
            .try_publish(&self.topic, QoS::AtMostOnce, false, payload);
        if let Err(error) = sent {
            eprintln!("This reading is lost: {error}");
        }
    }
}

/// Where our readings go: a topic that starts with our id is ours alone.
fn telemetry_topic(settings: &Settings) -> String {
    // TODO 1: one topic for each thing that is measured. Below "telemetry" comes a level more, with
    // the name of the measure: "light".
    format!("{}/telemetry", settings.id)
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

/// Looks every five seconds, with or without a broker.
fn follow_the_light(mut board: Board, telemetry: &Telemetry) {
    loop {
        if let Err(error) = look_and_decide(&mut board, telemetry) {
            eprintln!("{error}");
        }
        board.delay.delay_ms(5_000);
    }
}

/// The nightlight you know: LED on in the dark, off otherwise. Now it also tells.
fn look_and_decide(board: &mut Board, telemetry: &Telemetry) -> Result<(), BoardError> {
    let light = board.light_sensor.light_level()?;
    println!("Light level: {light}");
    telemetry.send(light);
    board.led.set_state(PinState::from(light < DARK))
}
