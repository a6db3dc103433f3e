// ANCHOR: title
//! Step 8, server: it takes an operator's orders, and sees that the broker gets them.
// ANCHOR_END: title

// ANCHOR: imports
use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, BufRead, ErrorKind, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use nightlight::Settings;
use rumqttc::{Client, ConnectionError, Event, MqttOptions, Outgoing, Packet, QoS};
use serde_json::json;

/// How many orders wait for the broker at most.
const MOST: usize = 50;
// ANCHOR_END: imports

/// How many outgoing packets may wait for the event loop.
const OUTBOX: usize = 100;

fn main() -> anyhow::Result<()> {
    let settings = Settings::load()?;
    let (client, mut connection) = Client::new(mqtt_options(&settings), OUTBOX);
    // ANCHOR: desk
    let desk = Desk::open(&settings, client.clone())?;
    let desk = Arc::new(Mutex::new(desk));
    // ANCHOR_END: desk

    // Ctrl-C asks the event loop to say goodbye, and waits for room in the outbox if need be. If
    // there is no broker to say it to, the message on `stop` ends the wait for one.
    let (stop, stopped) = mpsc::channel();
    let goodbye = client.clone();
    ctrlc::set_handler(move || {
        let _ = stop.send(());
        let _ = goodbye.disconnect();
    })?;

    // ANCHOR: operator
    let operator = Arc::clone(&desk);
    thread::spawn(move || listen(&operator));

    // Nothing is sent or received but in this loop: it must go round, and never wait for anything
    // but the network.
    while let Ok(event) = connection.recv() {
        // ANCHOR_END: operator
        match event {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                println!("MQTT connected!");
                // ANCHOR: again
                lock(&desk).send_again();
                // ANCHOR_END: again
            }
            // ANCHOR: puback
            Ok(Event::Incoming(Packet::PubAck(_))) => lock(&desk).acknowledged(),
            // ANCHOR_END: puback
            Ok(Event::Outgoing(Outgoing::Disconnect)) => break,
            Ok(_) => {}
            Err(error) => {
                // ANCHOR: offline
                let mut desk = lock(&desk);
                desk.online = false;
                // Under the lock: an order that the operator's thread has just put into the outbox
                // would overtake those that are sent again.
                connection.eventloop.clean();
                // What was read before the line broke would come out after the next CONNACK, as if
                // it were new.
                connection.eventloop.state.events.clear();
                drop(desk);
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
    // ANCHOR: never
    let never = lock(&desk).waiting.len();
    if never > 0 {
        eprintln!("Orders that the broker never had: {never}.");
    }
    // ANCHOR_END: never
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

// ANCHOR: order
/// A message that the broker is to have.
struct Order {
    topic: String,
    payload: String,
    /// Whether the broker keeps it for whoever subscribes later.
    retain: bool,
}

/// What the operator's thread and the event loop share.
struct Desk {
    client: Client,
    id: String,
    /// Whether the broker has accepted us.
    online: bool,
    /// What the broker has not acknowledged yet, the oldest first.
    waiting: VecDeque<Order>,
    /// The number of the last task. It outlives the program, in a file.
    last: u64,
    file: PathBuf,
}
// ANCHOR_END: order

// ANCHOR: impl
impl Desk {
    /// Goes on where the last program on this folder has ended.
    fn open(settings: &Settings, client: Client) -> anyhow::Result<Self> {
        let file = settings.folder.join("last-sent.txt");
        // ANCHOR: open-body
        let last = match fs::read_to_string(&file) {
            Ok(text) => text.trim().parse().context("it has no number in it"),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error.into()),
        };
        // From 1 on, the device would take every task for one that it has done.
        let last = last.with_context(|| format!("{} makes no sense", file.display()))?;
        // ANCHOR_END: open-body
        Ok(Self {
            client,
            id: settings.id.clone(),
            online: false,
            waiting: VecDeque::new(),
            last,
            file,
        })
    }

    /// Takes an order that was typed.
    fn take(&mut self, line: &str) -> anyhow::Result<()> {
        // ANCHOR: take-body
        let (kind, led_on) = match line.trim() {
            "state on" => ("state", true),
            "state off" => ("state", false),
            "task on" => ("tasks", true),
            "task off" => ("tasks", false),
            _ => bail!("type `state on`, `state off`, `task on` or `task off`"),
        };
        ensure!(self.waiting.len() < MOST, "{MOST} orders wait already");
        let payload = match kind {
            "state" => json!({ "led_on": led_on }),
            _ => json!({ "seq": self.next_number()?, "led_on": led_on }),
        };
        let order = Order {
            topic: format!("{}/{kind}", self.id),
            payload: payload.to_string(),
            retain: kind == "state",
        };
        if self.online {
            self.send(&order);
        }
        self.waiting.push_back(order);
        Ok(())
        // ANCHOR_END: take-body
    }

    /// The number of the next task. It is in the file before anybody hears of it: so no number is
    /// given twice, whenever the program is killed.
    fn next_number(&mut self) -> anyhow::Result<u64> {
        // ANCHOR: number-body
        let next = self.last + 1;
        let beside = self.file.with_extension("new");
        let mut new = File::create(&beside)?;
        new.write_all(next.to_string().as_bytes())?;
        new.sync_all()?;
        fs::rename(&beside, &self.file)?;
        self.last = next;
        Ok(next)
        // ANCHOR_END: number-body
    }

    fn send(&self, order: &Order) {
        // ANCHOR: send-body
        println!("Sending {} {}", order.topic, order.payload);
        // `publish` would wait for room that only the event loop can make.
        let client = &self.client;
        let sent = client.try_publish(
            &order.topic,
            QoS::AtLeastOnce,
            order.retain,
            order.payload.as_str(),
        );
        if let Err(error) = sent {
            eprintln!("This order waits until the next time: {error}");
        }
        // ANCHOR_END: send-body
    }

    /// The broker has accepted us, and knows of nothing that it has not acknowledged.
    fn send_again(&mut self) {
        // ANCHOR: again-body
        self.online = true;
        for order in &self.waiting {
            self.send(order);
        }
        // ANCHOR_END: again-body
    }

    /// The broker has an order: the oldest, as it acknowledges them in the order in which they came.
    fn acknowledged(&mut self) {
        // ANCHOR: acknowledged-body
        if let Some(order) = self.waiting.pop_front() {
            println!("The broker has {} {}", order.topic, order.payload);
        }
        // ANCHOR_END: acknowledged-body
    }
}
// ANCHOR_END: impl

// ANCHOR: listen
/// Reads what the operator types, to the end of the input.
fn listen(desk: &Mutex<Desk>) {
    for line in io::stdin().lock().split(b'\n') {
        let Ok(line) = line else { break };
        if let Err(problem) = lock(desk).take(&String::from_utf8_lossy(&line)) {
            eprintln!("Not taken: {problem:#}.");
        }
    }
}

fn lock(desk: &Mutex<Desk>) -> MutexGuard<'_, Desk> {
    // Only a panic of the other thread spoils a lock, and these fields bear that.
    desk.lock().unwrap_or_else(PoisonError::into_inner)
}
// ANCHOR_END: listen

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
