//! Step 8, server: it takes an operator's orders, and sees that the broker gets them.

use std::collections::VecDeque;
use std::io::{self, BufRead};
use std::path::PathBuf;
// TODO 2 and 3 also need `std::fs`, `std::fs::File`, `std::io::ErrorKind` and `std::io::Write`.
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use anyhow::bail;
use nightlight::Settings;
use rumqttc::{Client, ConnectionError, Event, MqttOptions, Outgoing, Packet, QoS};
use serde_json::json;
// TODO 1 also needs `anyhow::ensure`, and TODO 3 `anyhow::Context`.

/// How many orders wait for the broker at most.
const MOST: usize = 50;

/// How many outgoing packets may wait for the event loop.
const OUTBOX: usize = 100;

fn main() -> anyhow::Result<()> {
    let settings = Settings::load()?;
    let (client, mut connection) = Client::new(mqtt_options(&settings), OUTBOX);
    let desk = Desk::open(&settings, client.clone())?;
    let desk = Arc::new(Mutex::new(desk));

    // Ctrl-C asks the event loop to say goodbye, and waits for room in the outbox if need be. If
    // there is no broker to say it to, the message on `stop` ends the wait for one.
    let (stop, stopped) = mpsc::channel();
    let goodbye = client.clone();
    ctrlc::set_handler(move || {
        let _ = stop.send(());
        let _ = goodbye.disconnect();
    })?;

    let operator = Arc::clone(&desk);
    thread::spawn(move || listen(&operator));

    // Nothing is sent or received but in this loop: it must go round, and never wait for anything
    // but the network.
    while let Ok(event) = connection.recv() {
        match event {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                println!("MQTT connected!");
                lock(&desk).send_again();
            }
            Ok(Event::Incoming(Packet::PubAck(_))) => lock(&desk).acknowledged(),
            Ok(Event::Outgoing(Outgoing::Disconnect)) => break,
            Ok(_) => {}
            Err(error) => {
                let mut desk = lock(&desk);
                desk.online = false;
                // Under the lock: an order that the operator's thread has just put into the outbox
                // would overtake those that are sent again.
                connection.eventloop.clean();
                // What was read before the line broke would come out after the next CONNACK, as if
                // it were new.
                connection.eventloop.state.events.clear();
                drop(desk);
                report(&error);
                // The next turn connects again, and at once: without a pause a dead broker would
                // be asked thousands of times a second.
                if stopped.recv_timeout(settings.retry_pause).is_ok() {
                    break;
                }
            }
        }
    }
    let never = lock(&desk).waiting.len();
    if never > 0 {
        eprintln!("Orders that the broker never had: {never}.");
    }
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

impl Desk {
    /// Goes on where the last program on this folder has ended.
    fn open(settings: &Settings, client: Client) -> anyhow::Result<Self> {
        let file = settings.folder.join("last-sent.txt");
        // TODO 3: the number that is in the file (`fs::read_to_string`, `parse`). If there is no file
        // (`ErrorKind::NotFound`) it is 0, as no task was given yet. If the file makes no sense, that is
        // an error that names it. The next line stands in for it.
        let last = 0;
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
        // TODO 1: `state on` and `state off` are an order with {"led_on":true} or {"led_on":false} in it,
        // on your id followed by /state, retained. `task on` and `task off` are one on /tasks, not
        // retained, and with the number of the task in it, which is called seq. Anything else is an error
        // that says what can be typed (`bail!`), and so is one more order when `MOST` of them wait.
        // An order waits until it is acknowledged. If we are online, it is also sent.
        // The next lines stand in for all that.
        let _ = (MOST, self.online, &self.id, json!({ "led_on": true }));
        let _ = (Self::next_number, Self::send);
        bail!("`{}` is no order yet", line.trim())
    }

    /// The number of the next task. It is in the file before anybody hears of it: so no number is
    /// given twice, whenever the program is killed.
    fn next_number(&mut self) -> anyhow::Result<u64> {
        // TODO 2: the number after the last one. Write it to a new file beside `self.file`, let the
        // system put it on the disk (`sync_all`), and rename it to `self.file`; then it is the last one.
        // The next lines stand in for it.
        let _ = &self.file;
        Ok(self.last)
    }

    fn send(&self, order: &Order) {
        // TODO 1: print it, and publish it with `self.client.try_publish`: with QoS 1, and retained if
        // the order says so. The next line stands in for it.
        let _ = (&self.client, QoS::AtLeastOnce, order.retain);
    }

    /// The broker has accepted us, and knows of nothing that it has not acknowledged.
    fn send_again(&mut self) {
        // TODO 5: from now on we are online, and all that waits is sent, the oldest first.
        self.online = true;
    }

    /// The broker has an order: the oldest, as it acknowledges them in the order in which they came.
    fn acknowledged(&mut self) {
        // TODO 4: the oldest order does not wait any longer, and is printed ("The broker has …"). The
        // next lines stand in for it.
        let order = self.waiting.front();
        let _ = order.map(|order| (&order.topic, &order.payload));
    }
}

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
