//! The original course's programs, which are Python on Paho, play with ours: their server with our
//! device, their device with our server, on our board and on the published CounterFit.
//!
//! The programs in `xtask/interop/` stand in for the originals.

use std::path::Path;
use std::sync::Arc;

use arena::board::VirtualBoard;
use arena::clock::Clock;
use arena::record::{Entry, Event, Record};
use arena::wire::QoS;
use checks::queries::{printed, sent};
use course::{DEVICE, ProgramId, SERVER};
use rumqttc::Protocol;
use rumqttc::mqttbytes::v4;
use serde_json::{Value, json};

use crate::counterfit;
use crate::root;
use crate::table::{LIMIT, Player, Table};

/// The light levels a game goes through, and what the LED must be then.
const GAME: [(u16, bool); 5] = [
    (299, true),
    (300, false),
    (0, true),
    (1023, false),
    (12, true),
];

/// Their device looks this often, so that nobody waits five real seconds for it.
const HASTE: &str = "0.1";

impl Table {
    /// One of the stand-ins.
    async fn theirs(&self, role: ProgramId, python: &Path) -> Player {
        let (script, arguments) = match role {
            DEVICE => ("device.py", [HASTE].as_slice()),
            _ => ("server.py", [].as_slice()),
        };
        let script = root().join("xtask/interop").join(script);
        let mut all = vec![script.to_str().unwrap()];
        all.extend(arguments);
        let player = self.seat(role, python.to_owned(), &all).await;
        player.until_printed(&pinned_paho()).await;
        player
    }
}

/// What the stand-ins print first: the version in the requirements.
fn pinned_paho() -> String {
    let requirements = root().join("xtask/live/counterfit/requirements.txt");
    let requirements = std::fs::read_to_string(requirements).unwrap();
    let pin = requirements
        .lines()
        .find(|line| line.starts_with("paho-mqtt=="))
        .unwrap();
    pin.replace("==", " ")
}

impl Player {
    async fn until_printed(&self, wanted: &str) {
        self.until(wanted, 0, |entries| {
            printed(entries).any(|(_, text)| text == wanted)
        })
        .await;
    }

    /// Waits until it has told this light level.
    async fn until_told(&self, level: u16, start: usize) {
        self.until_published(&format!("telemetry {level}"), start, |publish| {
            value(publish) == json!({ "light": level })
        })
        .await;
    }

    /// What it sent to the broker.
    fn sent(&self) -> Vec<v4::Packet> {
        self.record
            .look(|entries| entries.iter().filter_map(sent).cloned().collect())
    }

    /// Ends it and holds what it sent against the original's.
    async fn leaves(mut self, name: &str, hears: &str, tells: &str) -> Vec<v4::Packet> {
        self.process.stop().await;
        let sent = self.sent();
        let [
            v4::Packet::Connect(connect),
            v4::Packet::Subscribe(subscribe),
            rest @ ..,
        ] = sent.as_slice()
        else {
            panic!("{sent:?}");
        };
        assert_eq!(connect.client_id, name);
        assert_eq!(connect.protocol, Protocol::V4);
        assert_eq!(connect.keep_alive, 60);
        assert!(connect.clean_session);
        assert_eq!(connect.last_will, None);
        assert_eq!(connect.login, None);
        assert_eq!(subscribe.pkid, 1);
        let [filter] = subscribe.filters.as_slice() else {
            panic!("{subscribe:?}");
        };
        assert_eq!((filter.path.as_str(), filter.qos), (hears, QoS::AtMostOnce));
        for packet in rest {
            if let v4::Packet::Publish(publish) = packet {
                assert_eq!(publish.topic, tells);
                assert_eq!(publish.qos, QoS::AtMostOnce);
                assert!(!publish.retain && !publish.dup, "{publish:?}");
            }
        }
        sent
    }
}

/// JSON is compared by value: Python writes a space after each colon, Rust does not.
fn value(publish: &v4::Publish) -> Value {
    serde_json::from_slice(&publish.payload).unwrap()
}

/// The payloads as they crossed the line.
fn payloads(sent: &[v4::Packet]) -> Vec<&str> {
    sent.iter()
        .filter_map(|packet| match packet {
            v4::Packet::Publish(publish) => Some(std::str::from_utf8(&publish.payload).unwrap()),
            _ => None,
        })
        .collect()
}

fn says_goodbye(sent: &[v4::Packet]) -> bool {
    matches!(sent.last(), Some(v4::Packet::Disconnect))
}

#[tokio::test]
async fn our_device_obeys_their_server() {
    let Some(python) = counterfit::python("our device with the original server") else {
        return;
    };
    let (clock, record) = (Arc::<Clock>::default(), Arc::<Record>::default());
    let board = VirtualBoard::start(Arc::clone(&clock), Arc::clone(&record))
        .await
        .unwrap();
    let table = Table {
        record_of_device: record,
        clock,
        ..Table::lay("paho-server", board.url()).await
    };
    board.set_light(500);
    let server = table.theirs(SERVER, &python).await;
    let device = table.ours(DEVICE).await;

    for (turn, (level, on)) in GAME.into_iter().enumerate() {
        // Each round of the device ends in a wait, which goes on until we move the clock.
        let waits = |entries: &[Entry]| {
            let waits = |entry: &&Entry| matches!(entry.event, Event::WaitBegan(_));
            (entries.iter().filter(waits).count() > turn).then_some(())
        };
        device.record.when(0, LIMIT, waits).await.unwrap();
        let start = device.record.len();
        board.set_light(level);
        table.clock.advance();
        device.until_told(level, start).await;
        device
            .until("the LED", start, |entries| {
                let is = |entry: &Entry| matches!(entry.event, Event::Led(now) if now == on);
                entries.iter().any(is)
            })
            .await;
    }
    server
        .until_printed("Message received: {'light': 299}")
        .await;
    server
        .until_printed("Sending message: {'led_on': True}")
        .await;

    let (telemetry, commands) = ("paho-server/telemetry", "paho-server/commands");
    let device = device
        .leaves("paho-servernightlight_client", commands, telemetry)
        .await;
    assert!(says_goodbye(&device), "{device:?}");
    let server = server
        .leaves("paho-servernightlight_server", telemetry, commands)
        .await;
    assert!(
        !says_goodbye(&server),
        "the original never does: {server:?}"
    );
    let answers = payloads(&server);
    let wanted = GAME.map(|(_, on)| format!(r#"{{"led_on": {on}}}"#));
    assert!(
        answers.ends_with(&wanted.each_ref().map(String::as_str)),
        "{answers:?}"
    );
}

#[tokio::test]
async fn their_device_obeys_our_server() {
    let Some(python) = counterfit::python("the original device with our server") else {
        return;
    };
    let (_ours, our_board) = counterfit::ours().await;
    let (_theirs, their_board) = counterfit::counterfit(&python).await;
    for board in [our_board, their_board] {
        board.plug_in().await;
        let table = Table::lay("paho-device", board.url()).await;
        let server = table.ours(SERVER).await;
        let device = table.theirs(DEVICE, &python).await;
        for (level, on) in GAME {
            board.set_light(level).await;
            device.until_told(level, 0).await;
            board.until_led(if on { "on" } else { "off" }).await;
        }
        device
            .until_printed("Message received: {'led_on': True}")
            .await;

        let (telemetry, commands) = ("paho-device/telemetry", "paho-device/commands");
        let device = device
            .leaves("paho-devicenightlight_client", commands, telemetry)
            .await;
        assert!(
            !says_goodbye(&device),
            "the original never does: {device:?}"
        );
        assert!(payloads(&device).contains(&r#"{"light": 299}"#));
        let server = server
            .leaves("paho-devicenightlight_server", telemetry, commands)
            .await;
        assert!(says_goodbye(&server), "{server:?}");
    }
}

/// In real time: CounterFit has no virtual clock, so our device takes its five seconds.
#[tokio::test]
async fn our_device_on_counterfit_obeys_their_server() {
    let Some(python) = counterfit::python("our device on CounterFit with the original server")
    else {
        return;
    };
    let (_process, board) = counterfit::counterfit(&python).await;
    let table = Table::lay("paho-counterfit", board.url()).await;
    let _server = table.theirs(SERVER, &python).await;
    // It plugs in its own sensor and LED.
    let device = table.ours(DEVICE).await;
    for (level, word) in [(0, "on"), (777, "off")] {
        board.set_light(level).await;
        device.until_told(level, 0).await;
        board.until_led(word).await;
    }
}
