//! Step 9, device: it talks to nobody but its own broker, and notices when nobody answers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{OutputPin, PinState};
use nightlight::{Board, BoardDelay, GroveLed, GroveLightSensor, LightSensor, Settings};
use rumqttc::{
    Client, ConnectionError, Event, MqttOptions, Outgoing, Packet, QoS, SubscribeReasonCode,
};
use serde::Deserialize;
use serde_json::json;

/// How many outgoing packets may wait for the event loop.
const OUTBOX: usize = 10;

fn main() -> anyhow::Result<()> {
    // As they are written: `load` would encrypt the connection for us.
    let settings = Settings::read()?;
    // The sensor goes to its own thread; the LED stays here, where the commands arrive.
    let Board {
        light_sensor,
        mut led,
        delay,
    } = Board::open(&settings)?;
    // Puts the LED out when `main` ends, however that comes.
    let _guard = led.guard();
    let (client, mut connection) = Client::new(mqtt_options(&settings)?, OUTBOX);

    let online = Arc::new(AtomicBool::new(false));
    let unanswered = Arc::<Unanswered>::default();
    let telemetry = Telemetry {
        client: client.clone(),
        topic: telemetry_topic(&settings),
        online: Arc::clone(&online),
        unanswered: Arc::clone(&unanswered),
        alone_after: settings.alone_after,
    };
    let commands = format!("{}/commands", settings.id);

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
                // After every CONNACK: with a clean session the broker has forgotten us.
                client.try_subscribe(&commands, QoS::AtMostOnce)?;
                online.store(true, Ordering::Relaxed);
                unanswered.begin();
            }
            Ok(Event::Incoming(Packet::SubAck(answer))) => {
                if answer.return_codes.contains(&SubscribeReasonCode::Failure) {
                    eprintln!("The broker refuses the subscription to {commands}.");
                }
            }
            Ok(Event::Incoming(Packet::Publish(message))) => {
                match obey(&message.payload, &mut led) {
                    Ok(()) => unanswered.end(),
                    Err(problem) => eprintln!("Command ignored: {problem:#}"),
                }
            }
            Ok(Event::Outgoing(Outgoing::Disconnect)) => break,
            Ok(_) => {}
            Err(error) => {
                online.store(false, Ordering::Relaxed);
                unanswered.end();
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
    let name = format!("{}nightlight_client", settings.id);
    let mut options = MqttOptions::new(name, &settings.broker.host, settings.broker.port);
    options.set_keep_alive(Duration::from_secs(60));
    // A broker that asks for a password gets it in the CONNECT.
    if let Some((user, password)) = settings.broker.login() {
        options.set_credentials(user, password);
    }
    options.set_transport(secure::transport(settings)?);
    Ok(options)
}

/// What the sensor's thread needs to publish.
struct Telemetry {
    client: Client,
    topic: String,
    /// Whether the broker has accepted us. A reading from an outage is worth nothing once the
    /// line is back, so it is not kept.
    online: Arc<AtomicBool>,
    /// For how long the server may be silent.
    alone_after: Duration,
    unanswered: Arc<Unanswered>,
}

impl Telemetry {
    /// Says once in a connection that nobody answers.
    fn tell_of_silence(&self) {
        // TODO 6: connected for `self.alone_after`, and no command has come: say so on stderr, and which
        // reasons there can be. Once in a connection is enough.
        // The next line stands in for it.
        let _ = self.unanswered.is_longer_than(self.alone_after);
    }

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

/// Since when we are connected and no command has come. Nothing, while we are not, once one has come,
/// and once we have said so: a refused publication is dropped without a word, and so is a command that
/// the server may not publish.
#[derive(Default)]
struct Unanswered(Mutex<Option<Instant>>);

impl Unanswered {
    fn begin(&self) {
        *self.lock() = Some(Instant::now());
    }

    fn end(&self) {
        *self.lock() = None;
    }

    fn is_longer_than(&self, limit: Duration) -> bool {
        self.lock().is_some_and(|since| since.elapsed() >= limit)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        // Only a panic of the other thread spoils a lock, and a time bears that.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where our readings go: a topic that starts with our id is ours alone.
fn telemetry_topic(settings: &Settings) -> String {
    format!("{}/telemetry", settings.id)
}

/// What the server wants of us.
#[derive(Deserialize)]
struct Command {
    led_on: bool,
}

/// Does what a command says. Anybody may publish to our topic, so nothing about the payload is
/// taken on trust.
fn obey(payload: &[u8], led: &mut GroveLed) -> anyhow::Result<()> {
    let command: Command = serde_json::from_slice(payload).context("it is no command")?;
    println!("Message received: {}", json!({ "led_on": command.led_on }));
    led.set_state(PinState::from(command.led_on))?;
    Ok(())
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
        telemetry.tell_of_silence();
        delay.delay_ms(5_000);
    }
}
