//! Step 2: the nightlight tells the internet how light it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{OutputPin, PinState};
use nightlight::{Board, BoardError, LightSensor, Settings};
use rumqttc::{Client, ConnectionError, Event, MqttOptions, Outgoing, Packet};
// TODO 2 also needs `rumqttc::QoS` and `serde_json::json`.

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

    // Ctrl-C asks the event loop to say goodbye, and waits for room in the outbox if need be. If
    // there is no broker to say it to, the message on `stop` ends the wait for one.
    let (stop, stopped) = mpsc::channel();
    ctrlc::set_handler(move || {
        let _ = stop.send(());
        let _ = client.disconnect();
    })?;

    thread::spawn(move || follow_the_light(board, &telemetry));

    // Nothing is sent or received but in this loop: it must go round, and never wait for anything
    // but the network.
    for event in connection.iter() {
        match event {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                println!("MQTT connected!");
                online.store(true, Ordering::Relaxed);
            }
            Ok(Event::Outgoing(Outgoing::Disconnect)) => break,
            Ok(_) => {}
            Err(error) => {
                online.store(false, Ordering::Relaxed);
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
        // TODO 2: publish the reading. The calls, in their order: `json!` and `to_string` for the
        // payload, an object with the light level as `light`; `println!`, to show it;
        // `try_publish`, with quality of service 0, and not to be retained. When that fails,
        // `eprintln!` says so, and the program goes on.
        // The next two lines stand in for it; replace them.
        let _ = &self.client;
        println!("Light {light} should go to {}", self.topic);
    }
}

/// Where our readings go: a topic that starts with our id is ours alone.
fn telemetry_topic(settings: &Settings) -> String {
    // TODO 1: name the topic with `format!`: your id, then "/telemetry". Without the id in front,
    // every nightlight of the world would write to the same place.
    format!("{} has no topic yet", settings.id)
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
        // TODO 3: once a second is more than anybody needs to know. Give `delay_ms` five seconds.
        board.delay.delay_ms(1_000);
    }
}

/// The nightlight you know: LED on in the dark, off otherwise. Now it also tells.
fn look_and_decide(board: &mut Board, telemetry: &Telemetry) -> Result<(), BoardError> {
    let light = board.light_sensor.light_level()?;
    println!("Light level: {light}");
    telemetry.send(light);
    board.led.set_state(PinState::from(light < DARK))
}
