// ANCHOR: title
//! Step 8, device: it does what it is told, and what it was told while it was away.
// ANCHOR_END: title

// ANCHOR: imports
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use anyhow::Context;
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{OutputPin, PinState};
use nightlight::{Board, GroveLed, Settings};
use rumqttc::{
    Client, ConnectionError, Event, MqttOptions, Outgoing, Packet, QoS, SubscribeReasonCode,
};
use serde::Deserialize;
// ANCHOR_END: imports

// ANCHOR: outbox
/// How many outgoing packets may wait for the event loop: it may have read all tasks that the broker
/// sends ahead before it sends the first acknowledgement.
const OUTBOX: usize = 1_000;
// ANCHOR_END: outbox

fn main() -> anyhow::Result<()> {
    let settings = Settings::load()?;
    // ANCHOR: board
    let Board {
        mut led, mut delay, ..
    } = Board::open(&settings)?;
    // Puts the LED out when `main` ends, however that comes.
    let _guard = led.guard();
    let mut done = Done::open(&settings)?;
    let pause = u32::try_from(settings.task_pause.as_millis())?;
    // ANCHOR_END: board
    let (client, mut connection) = Client::new(mqtt_options(&settings), OUTBOX);

    // ANCHOR: topics
    let state = format!("{}/state", settings.id);
    let tasks = format!("{}/tasks", settings.id);
    // ANCHOR_END: topics

    // Ctrl-C asks the event loop to say goodbye, and waits for room in the outbox if need be. If
    // there is no broker to say it to, the message on `stop` ends the wait for one.
    let (stop, stopped) = mpsc::channel();
    let goodbye = client.clone();
    ctrlc::set_handler(move || {
        let _ = stop.send(());
        let _ = goodbye.disconnect();
    })?;

    // ANCHOR: events
    // Nothing is sent or received but in this loop. Tasks are done in it, too: the pause after each is
    // short beside the keep-alive. What the broker sends again meanwhile, its number tells.
    while let Ok(event) = connection.recv() {
        // ANCHOR_END: events
        match event {
            // ANCHOR: connack
            Ok(Event::Incoming(Packet::ConnAck(answer))) => {
                println!("MQTT connected!");
                // ANCHOR: forgotten
                if !answer.session_present && done.last > 0 {
                    eprintln!(
                        "The broker has forgotten us: tasks after {} are lost.",
                        done.last
                    );
                }
                // ANCHOR_END: forgotten
                // ANCHOR: subscribe
                // Also in a kept session: the line may have been cut before the first SUBSCRIBE.
                // With QoS 1 the session would keep every state, and not the latest alone.
                client.try_subscribe(&state, QoS::AtMostOnce)?;
                client.try_subscribe(&tasks, QoS::AtLeastOnce)?;
                // ANCHOR_END: subscribe
            }
            // ANCHOR_END: connack
            Ok(Event::Incoming(Packet::SubAck(answer))) => {
                if answer.return_codes.contains(&SubscribeReasonCode::Failure) {
                    // ANCHOR: refused
                    eprintln!("The broker refuses a subscription to {state} or {tasks}.");
                    // ANCHOR_END: refused
                }
            }
            // ANCHOR: receive
            Ok(Event::Incoming(Packet::Publish(message))) if message.topic == tasks => {
                // ANCHOR: acknowledge
                // An error ends the program before the acknowledgement: then the broker keeps the
                // task for its next life.
                let was_done = work(&message.payload, &mut led, &mut done)?;
                // What was not done is acknowledged as well, or it would come for ever.
                if let Err(error) = client.try_ack(&message) {
                    eprintln!("This task comes again: {error}");
                }
                if was_done {
                    delay.delay_ms(pause);
                }
                // ANCHOR_END: acknowledge
            }
            Ok(Event::Incoming(Packet::Publish(message))) => {
                if let Err(problem) = obey(&message.payload, &mut led) {
                    eprintln!("State ignored: {problem:#}");
                }
            }
            // ANCHOR_END: receive
            Ok(Event::Outgoing(Outgoing::Disconnect)) => break,
            Ok(_) => {}
            Err(error) => {
                // ANCHOR: offline
                // What was read before the line broke would come out after the next CONNACK, as if
                // it were new, and what was not sent would be sent then. But an acknowledgement is
                // for the connection that brought the message, and so is a subscription.
                connection.eventloop.state.events.clear();
                connection.eventloop.pending.clear();
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
    // ANCHOR: session
    // Under our name the broker keeps our subscriptions, and each task until we acknowledge it: by
    // hand, when it is done.
    options.set_clean_session(false);
    options.set_manual_acks(true);
    // ANCHOR_END: session
    // A broker that asks for a password gets it in the CONNECT.
    if let Some((user, password)) = settings.broker.login() {
        options.set_credentials(user, password);
    }
    options
}

// ANCHOR: orders
/// What the LED shall be.
#[derive(Deserialize)]
struct State {
    led_on: bool,
}

/// What the LED shall be next, and which of all tasks says so.
#[derive(Deserialize)]
struct Task {
    seq: u64,
    led_on: bool,
}

/// Does what a state says. Anybody may publish to our topics, so nothing about the payload is taken
/// on trust.
fn obey(payload: &[u8], led: &mut GroveLed) -> anyhow::Result<()> {
    // ANCHOR: obey-body
    let state: State = serde_json::from_slice(payload).context("it is no state")?;
    println!("State received: led_on {}", state.led_on);
    led.set_state(PinState::from(state.led_on))?;
    Ok(())
    // ANCHOR_END: obey-body
}

/// Does a task, and says whether it did: not one that was done before, and nothing that is no task.
fn work(payload: &[u8], led: &mut GroveLed, done: &mut Done) -> anyhow::Result<bool> {
    // ANCHOR: work-body
    let task: Task = match serde_json::from_slice(payload) {
        Ok(task) => task,
        Err(problem) => {
            eprintln!("Task ignored: {problem}");
            return Ok(false);
        }
    };
    if task.seq <= done.last {
        eprintln!("Task {} ignored: {} is done already.", task.seq, done.last);
        return Ok(false);
    }
    // Whoever is killed between the two does it twice. The other way round it would not be done.
    led.set_state(PinState::from(task.led_on))?;
    println!("Task {} done: led_on {}", task.seq, task.led_on);
    done.write(task.seq)?;
    Ok(true)
    // ANCHOR_END: work-body
}
// ANCHOR_END: orders

// ANCHOR: done
/// The number of the last task that was done. It outlives the program, in a file.
struct Done {
    file: PathBuf,
    last: u64,
}

impl Done {
    /// Goes on where the last program on this folder has ended.
    fn open(settings: &Settings) -> anyhow::Result<Self> {
        let file = settings.folder.join("last-done.txt");
        // ANCHOR: open-body
        let last = match fs::read_to_string(&file) {
            Ok(text) => text.trim().parse().context("it has no number in it"),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error.into()),
        };
        // From 0 on, all that comes again would be done again.
        let last = last.with_context(|| format!("{} makes no sense", file.display()))?;
        Ok(Self { file, last })
        // ANCHOR_END: open-body
    }

    /// Writes a new file, and gives it the name of the old one: whenever the program is killed, one
    /// of the two is there, and whole.
    fn write(&mut self, last: u64) -> anyhow::Result<()> {
        // ANCHOR: write-body
        let beside = self.file.with_extension("new");
        let mut new = File::create(&beside)?;
        new.write_all(last.to_string().as_bytes())?;
        // The system may tell us that it has it, and have it in memory only.
        new.sync_all()?;
        fs::rename(&beside, &self.file)?;
        self.last = last;
        Ok(())
        // ANCHOR_END: write-body
    }
}
// ANCHOR_END: done

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
