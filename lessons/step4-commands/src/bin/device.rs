//! Step 4, device: it tells how light it is and obeys the server. It decides nothing any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{OutputPin, PinState};
use nightlight::{Board, BoardDelay, GroveLed, GroveLightSensor, LightSensor, Settings};
use rumqttc::{Client, ConnectionError, Event, MqttOptions, Outgoing, Packet, QoS};
use serde_json::json;

/// How many outgoing packets may wait for the event loop.
const OUTBOX: usize = 10;

fn main() -> anyhow::Result<()> {
    let settings = Settings::load()?;
    // The sensor goes to its own thread; the LED stays here, where the commands arrive.
    let Board {
        light_sensor,
        mut led,
        delay,
    } = Board::open(&settings)?;
    // Puts the LED out when `main` ends, however that comes.
    let _guard = led.guard();
    let (client, mut connection) = Client::new(mqtt_options(&settings), OUTBOX);

    let online = Arc::new(AtomicBool::new(false));
    let telemetry = Telemetry {
        client: client.clone(),
        topic: telemetry_topic(&settings),
        online: Arc::clone(&online),
    };
    // TODO 3: commands come in on <id>/commands.

    // Ctrl-C asks the event loop to say goodbye, and waits for room in the outbox if need be. If
    // there is no broker to say it to, the message on `stop` ends the wait for one.
    let (stop, stopped) = mpsc::channel();
    let goodbye = client.clone();
    ctrlc::set_handler(move || {
        let _ = stop.send(());
        let _ = goodbye.disconnect();
    })?;

    thread::spawn(move || send_light_levels(light_sensor, delay, &telemetry));

    // Nothing is sent or received but in this loop: it must go round, and never wait for anything
    // but the network.
    for event in connection.iter() {
        match event {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                println!("MQTT connected!");
                // TODO 3: each CONNACK is followed by a SUBSCRIBE to <id>/commands, quality of
                // service 0.
                online.store(true, Ordering::Relaxed);
            }
            // TODO 4: a SUBACK with a refusal (0x80) is told on stderr.
            Ok(Event::Incoming(Packet::Publish(message))) => {
                if let Err(problem) = obey(&message.payload, &mut led) {
                    eprintln!("Command ignored: {problem:#}");
                }
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
    format!("{}/telemetry", settings.id)
}

/// Does what a command says. Anybody may publish to our topic, so nothing about the payload is
/// taken on trust.
fn obey(payload: &[u8], led: &mut GroveLed) -> anyhow::Result<()> {
    // TODO 5: {"led_on":true} switches the LED on, {"led_on":false} off, and both are printed,
    // "Message received: " and the command. What else is in the object does not matter. Any other
    // payload is an error that says what is wrong, which the loop prints on stderr, and the LED
    // stays as it is.
    // Until then every command switches the LED off.
    println!("Command: {}", String::from_utf8_lossy(payload));
    led.set_state(PinState::Low)?;
    Ok(())
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

/// Tells every five seconds how light it is. Whether that means LED on is not decided here.
fn send_light_levels(
    mut light_sensor: GroveLightSensor,
    mut delay: BoardDelay,
    telemetry: &Telemetry,
) {
    loop {
        match light_sensor.light_level() {
            Ok(light) => telemetry.send(light),
            Err(error) => eprintln!("{error}"),
        }
        delay.delay_ms(5_000);
    }
}
