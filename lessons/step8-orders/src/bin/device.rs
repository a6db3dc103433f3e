//! Step 8, device: it does what it is told, and what it was told while it was away.

use std::path::PathBuf;
// TODO 10 and 11 also need `std::fs`, and 10 `std::fs::File` and `std::io::Write`, and 11
// `std::io::ErrorKind`.
use std::sync::mpsc;
use std::time::Duration;

use anyhow::Context;
// TODO 9 also needs `embedded_hal::delay::DelayNs`.
use embedded_hal::digital::{OutputPin, PinState};
use nightlight::{Board, GroveLed, Settings};
use rumqttc::{
    Client, ConnectionError, Event, MqttOptions, Outgoing, Packet, QoS, SubscribeReasonCode,
};
use serde::Deserialize;

/// How many outgoing packets may wait for the event loop: it may have read all tasks that the broker
/// sends ahead before it sends the first acknowledgement.
const OUTBOX: usize = 1_000;

fn main() -> anyhow::Result<()> {
    let settings = Settings::load()?;
    let Board {
        mut led, mut delay, ..
    } = Board::open(&settings)?;
    // Puts the LED out when `main` ends, however that comes.
    let _guard = led.guard();
    let mut done = Done::open(&settings)?;
    let pause = u32::try_from(settings.task_pause.as_millis())?;
    let (client, mut connection) = Client::new(mqtt_options(&settings), OUTBOX);

    let state = format!("{}/state", settings.id);
    let tasks = format!("{}/tasks", settings.id);

    // Ctrl-C asks the event loop to say goodbye, and waits for room in the outbox if need be. If
    // there is no broker to say it to, the message on `stop` ends the wait for one.
    let (stop, stopped) = mpsc::channel();
    let goodbye = client.clone();
    ctrlc::set_handler(move || {
        let _ = stop.send(());
        let _ = goodbye.disconnect();
    })?;

    // Nothing is sent or received but in this loop. Tasks are done in it, too: the pause after each is
    // short beside the keep-alive. What the broker sends again meanwhile, its number tells.
    while let Ok(event) = connection.recv() {
        match event {
            Ok(Event::Incoming(Packet::ConnAck(answer))) => {
                println!("MQTT connected!");
                // TODO 12: if the broker has kept no session (`answer.session_present`), and a task was done
                // before, tasks that were given since are lost: say so on stderr. The next line stands in for it.
                let _ = answer.session_present;
                // TODO 7: subscribe to the tasks, too, so that the broker keeps each of them while we are away.
                client.try_subscribe(&state, QoS::AtMostOnce)?;
            }
            Ok(Event::Incoming(Packet::SubAck(answer))) => {
                if answer.return_codes.contains(&SubscribeReasonCode::Failure) {
                    eprintln!("The broker refuses a subscription to {state} or {tasks}.");
                }
            }
            Ok(Event::Incoming(Packet::Publish(message))) if message.topic == tasks => {
                // TODO 9: acknowledge what was worked on (`client.try_ack`), whether it was done or not. After a
                // task that was done wait for `pause` milliseconds. The next lines stand in for it.
                let was_done = work(&message.payload, &mut led, &mut done)?;
                let _ = (was_done, &mut delay, pause);
            }
            Ok(Event::Incoming(Packet::Publish(message))) => {
                if let Err(problem) = obey(&message.payload, &mut led) {
                    eprintln!("State ignored: {problem:#}");
                }
            }
            Ok(Event::Outgoing(Outgoing::Disconnect)) => break,
            Ok(_) => {}
            Err(error) => {
                // What was read before the line broke would come out after the next CONNACK, as if
                // it were new, and what was not sent would be sent then. But an acknowledgement is
                // for the connection that brought the message, and so is a subscription.
                connection.eventloop.state.events.clear();
                connection.eventloop.pending.clear();
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
    // TODO 6: ask for a session that is kept, and for acknowledgements by hand (`set_manual_acks`).
    // A broker that asks for a password gets it in the CONNECT.
    if let Some((user, password)) = settings.broker.login() {
        options.set_credentials(user, password);
    }
    options
}

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
    let state: State = serde_json::from_slice(payload).context("it is no state")?;
    println!("State received: led_on {}", state.led_on);
    led.set_state(PinState::from(state.led_on))?;
    Ok(())
}

/// Does a task, and says whether it did: not one that was done before, and nothing that is no task.
fn work(payload: &[u8], led: &mut GroveLed, done: &mut Done) -> anyhow::Result<bool> {
    // TODO 8: what is no task, and a task whose number is not above `done.last`, is not done, and said
    // on stderr. Of any other switch the LED, print it, and then write its number (`done.write`).
    // The next lines stand in for it.
    let task: Task = serde_json::from_slice(payload)?;
    let _ = (task.seq, task.led_on, led, done.last, Done::write);
    Ok(false)
}

/// The number of the last task that was done. It outlives the program, in a file.
struct Done {
    file: PathBuf,
    last: u64,
}

impl Done {
    /// Goes on where the last program on this folder has ended.
    fn open(settings: &Settings) -> anyhow::Result<Self> {
        let file = settings.folder.join("last-done.txt");
        // TODO 11: the number that is in the file (`fs::read_to_string`, `parse`). If there is no file
        // (`ErrorKind::NotFound`) it is 0, as nothing was done yet. If the file makes no sense, that is
        // an error that names it. The next line stands in for it.
        Ok(Self { file, last: 0 })
    }

    /// Writes a new file, and gives it the name of the old one: whenever the program is killed, one
    /// of the two is there, and whole.
    fn write(&mut self, last: u64) -> anyhow::Result<()> {
        // TODO 10: write the number to a new file beside `self.file`, let the system put it on the disk
        // (`sync_all`), and rename it to `self.file`. The next line stands in for it.
        let _ = &self.file;
        self.last = last;
        Ok(())
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
