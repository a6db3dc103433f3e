// ANCHOR: title
//! Step 7, device: what it has measured waits until the server has it.
// ANCHOR_END: title

// ANCHOR: imports
mod queue;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{OutputPin, PinState};
use nightlight::{
    Board, BoardDelay, BoardError, GroveLed, GroveLightSensor, LightSensor, Settings,
};
use rumqttc::{
    Client, ConnectionError, Event, MqttOptions, Outgoing, Packet, QoS, SubscribeReasonCode,
};
use serde::Deserialize;
use serde_json::json;

use queue::Queue;

/// Below this light level it is night.
const DARK: u16 = 300;
// ANCHOR_END: imports

/// How many outgoing packets may wait for the event loop.
const OUTBOX: usize = 10;

fn main() -> anyhow::Result<()> {
    let settings = Settings::load()?;
    // ANCHOR: board
    // The sensor goes to its own thread. The LED is for both: commands switch it, and without any
    // the sensor does.
    let Board {
        light_sensor,
        led,
        delay,
    } = Board::open(&settings)?;
    // Puts the LED out when `main` ends, however that comes.
    let _guard = led.guard();
    // ANCHOR_END: board
    let (client, mut connection) = Client::new(mqtt_options(&settings), OUTBOX);

    // ANCHOR: shared
    let nightlight = Arc::new(Mutex::new(Nightlight {
        client: client.clone(),
        telemetry: format!("{}/telemetry", settings.id),
        online: false,
        queue: Queue::open(&settings)?,
        led,
        server_heard: Instant::now(),
        alone_after: settings.alone_after,
    }));
    // ANCHOR_END: shared
    let commands = format!("{}/commands", settings.id);
    // ANCHOR: replies-topic
    let replies = format!("{}/replies", settings.id);
    // ANCHOR_END: replies-topic

    // Ctrl-C asks the event loop to say goodbye, and waits for room in the outbox if need be. If
    // there is no broker to say it to, the message on `stop` ends the wait for one.
    let (stop, stopped) = mpsc::channel();
    let goodbye = client.clone();
    ctrlc::set_handler(move || {
        let _ = stop.send(());
        let _ = goodbye.disconnect();
    })?;

    // ANCHOR: sensor-thread
    let sensors = Arc::clone(&nightlight);
    thread::spawn(move || follow_the_light(light_sensor, delay, &sensors));
    // ANCHOR_END: sensor-thread

    // Nothing is sent or received but in this loop: it must go round, and never wait for anything
    // but the network.
    // ANCHOR: events
    while let Ok(event) = connection.recv() {
        // ANCHOR_END: events
        match event {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                println!("MQTT connected!");
                // After every CONNACK: with a clean session the broker has forgotten us.
                client.try_subscribe(&commands, QoS::AtMostOnce)?;
                // ANCHOR: online
                client.try_subscribe(&replies, QoS::AtMostOnce)?;
                let mut nightlight = lock(&nightlight);
                nightlight.online = true;
                nightlight.send();
                // ANCHOR_END: online
            }
            Ok(Event::Incoming(Packet::SubAck(answer))) => {
                if answer.return_codes.contains(&SubscribeReasonCode::Failure) {
                    // ANCHOR: refused
                    eprintln!("The broker refuses a subscription to {commands} or {replies}.");
                    // ANCHOR_END: refused
                }
            }
            // ANCHOR: receive
            Ok(Event::Incoming(Packet::Publish(message))) => {
                let mut nightlight = lock(&nightlight);
                let heard = if message.topic == replies {
                    nightlight.queue.answered(&message.payload)
                } else {
                    nightlight.obey(&message.payload)
                };
                match heard {
                    Ok(()) => nightlight.server_heard = Instant::now(),
                    Err(problem) => eprintln!("Message on {} ignored: {problem:#}", message.topic),
                }
            }
            // ANCHOR_END: receive
            Ok(Event::Outgoing(Outgoing::Disconnect)) => break,
            Ok(_) => {}
            Err(error) => {
                // ANCHOR: offline
                lock(&nightlight).online = false;
                // What was read before the line broke would come out after the next CONNACK, as if
                // it were new.
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
    options
}

// ANCHOR: nightlight
/// What the event loop and the sensor's thread share.
struct Nightlight {
    client: Client,
    telemetry: String,
    /// Whether the broker has accepted us.
    online: bool,
    queue: Queue,
    led: GroveLed,
    /// When the server has last said something that makes sense.
    server_heard: Instant,
    alone_after: Duration,
}

/// What the server wants of us.
#[derive(Deserialize)]
struct Command {
    led_on: bool,
}

impl Nightlight {
    // ANCHOR: take
    /// Takes a reading in.
    fn take(&mut self, light: u16) -> anyhow::Result<()> {
        // ANCHOR: take-body
        let seq = self.queue.push(light)?;
        println!("Reading {seq}: light level {light}");
        // ANCHOR_END: take-body
        Ok(())
    }
    // ANCHOR_END: take

    // ANCHOR: send
    /// Sends all that waits, if there is anything, and a broker to send it to.
    fn send(&self) {
        // ANCHOR: send-body
        let Some(message) = self.queue.message().filter(|_| self.online) else {
            return;
        };
        println!("Sending telemetry  {message}");
        // `try_publish` refuses when the outbox is full; `publish` would stop everything instead.
        let sent = self
            .client
            .try_publish(&self.telemetry, QoS::AtMostOnce, false, message);
        if let Err(error) = sent {
            eprintln!("The readings wait until the next time: {error}");
        }
        // ANCHOR_END: send-body
    }
    // ANCHOR_END: send

    // ANCHOR: alone
    /// The nightlight you know, while nobody tells us what to do.
    fn decide_alone(&mut self, light: u16) -> Result<(), BoardError> {
        // ANCHOR: alone-body
        if self.server_heard.elapsed() < self.alone_after {
            return Ok(());
        }
        self.led.set_state(PinState::from(light < DARK))
        // ANCHOR_END: alone-body
    }
    // ANCHOR_END: alone

    /// Does what a command says. Anybody may publish to our topic, so nothing about the payload is
    /// taken on trust.
    fn obey(&mut self, payload: &[u8]) -> anyhow::Result<()> {
        let command: Command = serde_json::from_slice(payload).context("it is no command")?;
        println!("Message received: {}", json!({ "led_on": command.led_on }));
        self.led.set_state(PinState::from(command.led_on))?;
        Ok(())
    }
}

fn lock(nightlight: &Mutex<Nightlight>) -> MutexGuard<'_, Nightlight> {
    // Only a panic of the other thread spoils a lock, and these fields bear that.
    nightlight.lock().unwrap_or_else(PoisonError::into_inner)
}
// ANCHOR_END: nightlight

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
fn follow_the_light(
    mut light_sensor: GroveLightSensor,
    mut delay: BoardDelay,
    nightlight: &Mutex<Nightlight>,
) {
    loop {
        let level = light_sensor.light_level();
        // Only now: whoever waits for the board with the lock in hand keeps the event loop waiting.
        let mut nightlight = lock(nightlight);
        match level {
            Ok(light) => {
                if let Err(error) = nightlight.take(light) {
                    eprintln!("This reading is lost: {error:#}");
                }
                if let Err(error) = nightlight.decide_alone(light) {
                    eprintln!("{error}");
                }
            }
            Err(error) => eprintln!("{error}"),
        }
        nightlight.send();
        drop(nightlight);
        delay.delay_ms(5_000);
    }
}
// ANCHOR_END: loop
