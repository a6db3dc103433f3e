// ANCHOR: title
//! Step 5: the nightlight also says whether it is there.
// ANCHOR_END: title

// ANCHOR: presence-module
mod presence;

use std::process;
// ANCHOR_END: presence-module
// ANCHOR: std-imports
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
// ANCHOR_END: std-imports
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{OutputPin, PinState};
use nightlight::{Board, BoardError, LightSensor, Settings};
// ANCHOR: imports
use rumqttc::{
    Client, ConnectionError, Event, LastWill, MqttOptions, Outgoing, Packet, QoS,
    SubscribeReasonCode,
};
use serde_json::json;

use presence::Presence;
// ANCHOR_END: imports

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

    // ANCHOR: telemetry
    let online = Arc::new(AtomicBool::new(false));
    let telemetry = Telemetry {
        client: client.clone(),
        topic: telemetry_topic(&settings),
        online: Arc::clone(&online),
    };
    // ANCHOR_END: telemetry
    // ANCHOR: presence
    let presence = Arc::new(Presence::new(client, &settings));
    // ANCHOR_END: presence

    // ANCHOR: ctrl-c
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
    // ANCHOR_END: ctrl-c

    // ANCHOR: sensor-thread
    thread::spawn(move || follow_the_light(board, &telemetry));
    // ANCHOR_END: sensor-thread

    // ANCHOR: receive
    // Nothing is sent or received but in this loop: it must go round, and never wait for anything
    // but the network. It is `connection.iter()` spelt out, which would keep `connection` to itself.
    while let Ok(event) = connection.recv() {
        // ANCHOR_END: receive
        match event {
            // ANCHOR: online
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                println!("MQTT connected!");
                presence.arrives()?;
                online.store(true, Ordering::Relaxed);
            }
            // ANCHOR_END: online
            // ANCHOR: suback
            Ok(Event::Incoming(Packet::SubAck(answer))) => {
                if answer.return_codes.contains(&SubscribeReasonCode::Failure) {
                    eprintln!("The broker refuses the subscription to our own status.");
                }
            }
            // ANCHOR_END: suback
            // ANCHOR: status
            Ok(Event::Incoming(Packet::Publish(message))) => presence.hears(&message),
            Ok(Event::Incoming(Packet::PubAck(_))) => presence.is_answered(),
            // ANCHOR_END: status
            Ok(Event::Outgoing(Outgoing::Disconnect)) => break,
            Ok(_) => {}
            Err(error) => {
                // ANCHOR: offline
                online.store(false, Ordering::Relaxed);
                presence.is_lost();
                // What was read before the line broke would come out after the next CONNACK, as if
                // it were new: an old PUBACK for that of a new word.
                connection.eventloop.state.events.clear();
                // ANCHOR_END: offline
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
    // ANCHOR: will
    // What the broker publishes in our name when we are gone without a goodbye.
    let status = presence::status_topic(settings);
    let will = LastWill::new(status, presence::OFFLINE, QoS::AtLeastOnce, true);
    options.set_last_will(will);
    // ANCHOR_END: will
    options
}

// ANCHOR: telemetry-type
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
        // ANCHOR: publish
        let payload = json!({ "light": light }).to_string();
        println!("Sending telemetry  {payload}");
        // `try_publish` refuses when the outbox is full; `publish` would stop the sensor instead.
        let sent = self
            .client
            .try_publish(&self.topic, QoS::AtMostOnce, false, payload);
        if let Err(error) = sent {
            eprintln!("This reading is lost: {error}");
        }
        // ANCHOR_END: publish
    }
}

/// Where our readings go: a topic that starts with our id is ours alone.
fn telemetry_topic(settings: &Settings) -> String {
    // ANCHOR: topic
    format!("{}/telemetry/light", settings.id)
    // ANCHOR_END: topic
}
// ANCHOR_END: telemetry-type

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

// ANCHOR: loop
/// Looks every five seconds, with or without a broker.
fn follow_the_light(mut board: Board, telemetry: &Telemetry) {
    loop {
        if let Err(error) = look_and_decide(&mut board, telemetry) {
            eprintln!("{error}");
        }
        // ANCHOR: pause
        board.delay.delay_ms(5_000);
        // ANCHOR_END: pause
    }
}

/// The nightlight you know: LED on in the dark, off otherwise. Now it also tells.
fn look_and_decide(board: &mut Board, telemetry: &Telemetry) -> Result<(), BoardError> {
    let light = board.light_sensor.light_level()?;
    println!("Light level: {light}");
    telemetry.send(light);
    board.led.set_state(PinState::from(light < DARK))
}
// ANCHOR_END: loop
