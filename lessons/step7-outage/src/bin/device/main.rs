//! Step 7, device: what it has measured waits until the server has it.

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

/// How many outgoing packets may wait for the event loop.
const OUTBOX: usize = 10;

fn main() -> anyhow::Result<()> {
    let settings = Settings::load()?;
    // The sensor goes to its own thread. The LED is for both: commands switch it, and without any
    // the sensor does.
    let Board {
        light_sensor,
        led,
        delay,
    } = Board::open(&settings)?;
    // Puts the LED out when `main` ends, however that comes.
    let _guard = led.guard();
    let (client, mut connection) = Client::new(mqtt_options(&settings), OUTBOX);

    let nightlight = Arc::new(Mutex::new(Nightlight {
        client: client.clone(),
        telemetry: format!("{}/telemetry", settings.id),
        online: false,
        queue: Queue::open(&settings)?,
        led,
        server_heard: Instant::now(),
        alone_after: settings.alone_after,
    }));
    let commands = format!("{}/commands", settings.id);
    // TODO 8: name the topic for answers, your id followed by "/replies".

    // Ctrl-C asks the event loop to say goodbye, and waits for room in the outbox if need be. If
    // there is no broker to say it to, the message on `stop` ends the wait for one.
    let (stop, stopped) = mpsc::channel();
    let goodbye = client.clone();
    ctrlc::set_handler(move || {
        let _ = stop.send(());
        let _ = goodbye.disconnect();
    })?;

    let sensors = Arc::clone(&nightlight);
    thread::spawn(move || follow_the_light(light_sensor, delay, &sensors));

    // Nothing is sent or received but in this loop: it must go round, and never wait for anything
    // but the network.
    while let Ok(event) = connection.recv() {
        match event {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                println!("MQTT connected!");
                // After every CONNACK: with a clean session the broker has forgotten us.
                client.try_subscribe(&commands, QoS::AtMostOnce)?;
                // TODO 8: subscribe to the replies, too, and then send what waits: `lock(&nightlight)` has
                // `online` and `send()`.
                lock(&nightlight).online = true;
            }
            Ok(Event::Incoming(Packet::SubAck(answer))) => {
                if answer.return_codes.contains(&SubscribeReasonCode::Failure) {
                    eprintln!("The broker refuses the subscription to {commands}.");
                }
            }
            // TODO 8: what comes on the replies (`message.topic`) goes to `nightlight.queue.answered`,
            // and not to `obey`. The next line but one stands in for it.
            Ok(Event::Incoming(Packet::Publish(message))) => {
                let _ = Queue::answered;
                let mut nightlight = lock(&nightlight);
                match nightlight.obey(&message.payload) {
                    Ok(()) => nightlight.server_heard = Instant::now(),
                    Err(problem) => eprintln!("Message on {} ignored: {problem:#}", message.topic),
                }
            }
            Ok(Event::Outgoing(Outgoing::Disconnect)) => break,
            Ok(_) => {}
            Err(error) => {
                lock(&nightlight).online = false;
                // What was read before the line broke would come out after the next CONNACK, as if
                // it were new.
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
    options
}

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
    /// Takes a reading in.
    fn take(&mut self, light: u16) -> anyhow::Result<()> {
        let seq = self.queue.push(light)?;
        println!("Reading {seq}: light level {light}");
        Ok(())
    }

    /// Sends all that waits, if there is anything, and a broker to send it to.
    fn send(&self) {
        // TODO 7: if we are online and there is a message, print it ("Sending telemetry  …") and
        // publish it with `self.client.try_publish`, as in step 2. The next line stands in for it.
        let _ = (
            &self.client,
            &self.telemetry,
            self.online,
            self.queue.message(),
        );
    }

    /// The nightlight you know, while nobody tells us what to do.
    fn decide_alone(&mut self, light: u16) -> Result<(), BoardError> {
        // TODO 9: when `self.server_heard` is `self.alone_after` ago (`elapsed`), the LED is on in the
        // dark and off otherwise, as in step 1. The next line stands in for it.
        let _ = (light, DARK, self.alone_after);
        Ok(())
    }

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
