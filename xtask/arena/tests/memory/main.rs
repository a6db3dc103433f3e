//! Whatever a program does to its broker in one scene, the process that holds both stays small. A process of its own, so
//! that its memory is that of the scene and of nothing else.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arena::broker::{Access, Embedded};
use arena::line::{Line, MOST_CONNECTIONS};
use arena::record::Record;
use bytes::BytesMut;
use rumqttc::QoS;
use rumqttc::mqttbytes::v4;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A test that waits longer than this hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// The most memory that this process may ever have had, in MiB.
const MOST: u64 = 120;

/// How often a message is published, unless the line closes before: far more often than anything waits for one client.
const TIMES: usize = 2_000;

/// Topics have so many levels that thousands of short filters match them.
const LEVELS: usize = 12;

/// A program that never reads more than it must, and stops when its line does.
struct Deaf {
    stream: TcpStream,
}

impl Deaf {
    async fn connect(line: SocketAddr, name: &str, clean: bool) -> Option<Self> {
        let mut stream = TcpStream::connect(line).await.ok()?;
        let mut connect = v4::Connect::new(name);
        connect.clean_session = clean;
        let mut bytes = BytesMut::new();
        connect.write(&mut bytes).unwrap();
        stream.write_all(&bytes).await.ok()?;
        read(&mut stream, 4).await?;
        Some(Self { stream })
    }

    /// Whether its line took them.
    async fn write(&mut self, bytes: &[u8]) -> bool {
        let writing = self.stream.write_all(bytes);
        tokio::time::timeout(LIMIT, writing).await.unwrap().is_ok()
    }
}

/// So many bytes, unless the line closes before.
async fn read(stream: &mut TcpStream, many: usize) -> Option<()> {
    let mut bytes = vec![0; many];
    let reading = stream.read_exact(&mut bytes);
    let read = tokio::time::timeout(LIMIT, reading).await.unwrap();
    read.ok().map(|_| ())
}

/// A scene: its line's address, and what to keep while it is played.
async fn scene() -> (SocketAddr, (Embedded, Line, Arc<Record>)) {
    let broker = Embedded::for_a_scene(Access::default()).await.unwrap();
    let record = Arc::new(Record::default());
    let line = Line::open(broker.address(), Arc::default(), Arc::clone(&record));
    let line = line.await.unwrap();
    let address = line.url().split_once("://").unwrap().1.parse().unwrap();
    (address, (broker, line, record))
}

fn message(topic: &str, payload: usize, qos: QoS, retain: bool) -> BytesMut {
    let mut bytes = BytesMut::new();
    let mut message = v4::Publish::new(topic, qos, vec![b'x'; payload]);
    message.retain = retain;
    message.pkid = 1;
    message.write(&mut bytes).unwrap();
    bytes
}

fn subscribe(filters: impl IntoIterator<Item = String>, qos: QoS) -> BytesMut {
    let filters = filters
        .into_iter()
        .map(|path| v4::SubscribeFilter::new(path, qos));
    let mut bytes = BytesMut::new();
    let mut subscribe = v4::Subscribe::new_many(filters);
    subscribe.pkid = 1;
    subscribe.write(&mut bytes).unwrap();
    bytes
}

/// So many filters that all match [`topic`].
fn filters(many: usize) -> impl Iterator<Item = String> {
    (0..many).map(|number| {
        let levels = (0..LEVELS).map(|level| if number >> level & 1 == 1 { "a" } else { "+" });
        let levels: Vec<&str> = levels.chain(["+"]).collect();
        levels.join("/")
    })
}

fn topic(length: usize) -> String {
    let levels = ["a"; LEVELS].join("/");
    format!("{levels}/{}", "x".repeat(length - levels.len() - 1))
}

/// The most memory this process has had so far, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kilobytes.unwrap().trim().parse::<u64>().unwrap() / 1024
}

/// Looked at so often that a scene that does not stay small fails long before it hurts the machine.
fn stays_small(what: &str) {
    let peak = peak();
    assert!(peak < MOST, "{what}: {peak} MiB");
}

/// So many connections subscribe to one message hundreds of times, and none reads.
async fn one_message_many_times(deaf: usize, topic: &str, payload: usize, qos: QoS) {
    let (address, _scene) = scene().await;
    let Some(mut speaker) = Deaf::connect(address, "speaker", true).await else {
        return;
    };
    let mut program = Vec::new();
    for number in 0..deaf {
        let name = format!("deaf{number}");
        let Some(mut deaf) = Deaf::connect(address, &name, true).await else {
            return;
        };
        deaf.write(&subscribe(filters(200), qos)).await;
        read(&mut deaf.stream, 204).await;
        program.push(deaf);
    }
    let message = message(topic, payload, qos, false);
    for _ in 0..TIMES {
        let goes_on = speaker.write(&message).await;
        stays_small("one message many times");
        if !goes_on {
            break;
        }
    }
}

/// Retained messages, asked for again and again.
async fn retained_again_and_again(length: usize) {
    let (address, _scene) = scene().await;
    let Some(mut speaker) = Deaf::connect(address, "speaker", true).await else {
        return;
    };
    for number in 0..100 {
        let topic = format!("{number}{}", topic(length));
        let retained = message(&topic, 1, QoS::AtLeastOnce, true);
        if !speaker.write(&retained).await || read(&mut speaker.stream, 4).await.is_none() {
            return;
        }
    }
    let mut program = Vec::new();
    for number in 1..MOST_CONNECTIONS {
        let name = format!("deaf{number}");
        let Some(mut deaf) = Deaf::connect(address, &name, true).await else {
            return;
        };
        let all = std::iter::repeat_n("#".to_owned(), 20);
        deaf.write(&subscribe(all, QoS::AtMostOnce)).await;
        // The answer: every one granted, and then the first of the messages.
        read(&mut deaf.stream, 24).await;
        stays_small("retained again and again");
        program.push(deaf);
    }
}

/// Nearly as many sessions as a line lets through, each waiting for a client that never comes again.
async fn sessions_without_end() {
    let (address, _scene) = scene().await;
    for number in 0..180 {
        let away = format!("away{number}");
        let mut deaf = Deaf::connect(address, &away, false).await.unwrap();
        let all = subscribe(["#".to_owned()], QoS::AtLeastOnce);
        deaf.write(&all).await;
        read(&mut deaf.stream, 5).await;
    }
    let mut speaker = Deaf::connect(address, "speaker", true).await.unwrap();
    let message = message("t", 1_000, QoS::AtLeastOnce, false);
    for _ in 0..TIMES {
        assert!(speaker.write(&message).await);
        stays_small("sessions");
    }
}

#[tokio::test]
async fn what_a_broker_holds_for_a_program_that_never_reads_has_an_end() {
    for deaf in [1, MOST_CONNECTIONS - 1] {
        for qos in [QoS::AtMostOnce, QoS::AtLeastOnce] {
            one_message_many_times(deaf, &topic(50), 100_000, qos).await;
            one_message_many_times(deaf, &topic(50), 10, qos).await;
            one_message_many_times(deaf, &topic(500), 10, qos).await;
            one_message_many_times(deaf, &topic(60_000), 10, qos).await;
        }
    }
    retained_again_and_again(500).await;
    retained_again_and_again(60_000).await;
    sessions_without_end().await;
}
