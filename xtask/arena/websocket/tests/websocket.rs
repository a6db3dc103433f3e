//! A real client over a recorded WebSocket.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::sync::Arc;
use std::time::Duration;

use arena::broker::{Access, Embedded};
use arena::line::Line;
use arena::loopback;
use arena::record::{Event, Record};
use arena::wire::Packet;
use arena_websocket::{Gate, Guests, WebSocket};
use rumqttc::{AsyncClient, Incoming, MqttOptions, QoS, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A test that waits longer than this hangs.
const LIMIT: Duration = Duration::from_secs(20);

async fn line() -> (Embedded, Line, Arc<Record>) {
    let broker = Embedded::for_a_scene(Access::default()).await.unwrap();
    let record = Arc::<Record>::default();
    let line = Line::open_over(
        Arc::new(WebSocket),
        broker.address(),
        Arc::default(),
        Arc::clone(&record),
    );
    let line = line.await.unwrap();
    (broker, line, record)
}

fn names(record: &Record) -> Vec<String> {
    record.look(|entries| {
        let packets = entries.iter().filter_map(|entry| match &entry.event {
            Event::Packet {
                packet: Packet::V4(packet),
                ..
            } => Some(format!("{packet:?}")),
            _ => None,
        });
        let name = |packet: String| packet.split(['(', ' ']).next().unwrap().to_owned();
        packets.map(name).collect()
    })
}

#[tokio::test]
async fn packets_are_seen_in_both_directions() {
    let (_broker, line, record) = line().await;
    let mut options = MqttOptions::new("a", line.url(), line.port());
    options.set_transport(Transport::Ws);
    options.set_max_packet_size(1 << 17, 1 << 17);
    let (client, mut events) = AsyncClient::new(options, 10);
    client.subscribe("t", QoS::AtMostOnce).await.unwrap();
    let long = vec![b'x'; 100_000];
    let publish = client.publish("t", QoS::AtMostOnce, false, long.clone());
    publish.await.unwrap();
    let hear = async {
        loop {
            let event = events.poll().await.unwrap();
            if let rumqttc::Event::Incoming(Incoming::Publish(message)) = event {
                return message.payload;
            }
        }
    };
    let heard = tokio::time::timeout(LIMIT, hear).await.unwrap();
    assert_eq!(heard, long);
    let expected = [
        "Connect",
        "ConnAck",
        "Subscribe",
        "SubAck",
        "Publish",
        "Publish",
    ];
    let mut seen = names(&record);
    // The message was sent before the answer came, or after.
    seen.sort();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_client_that_does_not_offer_mqtt_is_refused() {
    let (_broker, line, record) = line().await;
    let mut stream = TcpStream::connect(("127.0.0.1", line.port()))
        .await
        .unwrap();
    let request = "GET /mqtt HTTP/1.1\r\nHost: broker\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                   Sec-WebSocket-Protocol: chat\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    tokio::time::timeout(LIMIT, read).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert!(answer.contains("`mqtt` is expected"), "{answer}");
    let failed = record.when(0, LIMIT, |entries| {
        let failed = |event: &Event| matches!(event, Event::LinkFailed { .. });
        entries
            .iter()
            .any(|entry| failed(&entry.event))
            .then_some(())
    });
    failed.await.unwrap();
}

#[tokio::test]
async fn a_broker_has_a_gate_for_clients_that_speak_websocket() {
    let broker = Embedded::for_a_scene(Access::default()).await.unwrap();
    let gate = Gate::open(loopback::at(0), broker.address(), Guests::default());
    let gate = gate.await.unwrap();
    let mut options = MqttOptions::new("page", gate.url(), 0);
    options.set_transport(Transport::Ws);
    let (page, mut events) = AsyncClient::new(options, 10);
    page.subscribe("t", QoS::AtLeastOnce).await.unwrap();
    page.publish("t", QoS::AtLeastOnce, false, "hello")
        .await
        .unwrap();
    let hear = async {
        loop {
            let event = events.poll().await.unwrap();
            if let rumqttc::Event::Incoming(Incoming::Publish(message)) = event {
                return message.payload;
            }
        }
    };
    let heard = tokio::time::timeout(LIMIT, hear).await.unwrap();
    assert_eq!(heard, "hello");
}

#[tokio::test]
async fn a_page_from_elsewhere_is_shut_out() {
    let broker = Embedded::for_a_scene(Access::default()).await.unwrap();
    let gate = Gate::open(loopback::at(0), broker.address(), Guests::default());
    let gate = gate.await.unwrap();
    let mut options = MqttOptions::new("page", gate.url(), 0);
    options.set_transport(Transport::Ws);
    options.set_request_modifier(|mut request| async {
        let origin = "https://evil.example".parse().unwrap();
        request.headers_mut().insert("origin", origin);
        request
    });
    let (_page, mut events) = AsyncClient::new(options, 10);
    let shut_out = tokio::time::timeout(LIMIT, events.poll()).await.unwrap();
    let words = shut_out.unwrap_err().to_string();
    assert!(words.contains("403"), "{words}");
}

/// What a gate to a broker answers to such a request.
async fn ask(request: &str) -> String {
    let broker = Embedded::for_a_scene(Access::default()).await.unwrap();
    let gate = Gate::open(loopback::at(0), broker.address(), Guests::default());
    let gate = gate.await.unwrap();
    let mut stream = TcpStream::connect(gate.address()).await.unwrap();
    let request = format!("{request}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    tokio::time::timeout(LIMIT, read).await.unwrap().unwrap();
    answer
}

#[tokio::test]
async fn a_gate_has_a_page_that_takes_everything_from_here() {
    let page = ask("GET /?id=ada HTTP/1.1\r\nHost: 127.0.0.1").await;
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.contains("default-src 'none'"), "{page}");
    let parts = page.split('"').filter(|part| part.starts_with('/'));
    let parts: Vec<_> = parts.collect();
    assert!(parts.len() >= 3, "{parts:?}");
    for path in parts {
        let part = ask(&format!("GET {path} HTTP/1.1\r\nHost: localhost")).await;
        assert!(part.starts_with("HTTP/1.1 200"), "{path}: {part}");
    }
}

#[tokio::test]
async fn a_gate_says_what_it_does_not_have() {
    for (request, status, words) in [
        ("GET /x HTTP/1.1\r\nHost: localhost", 404, "there is no /x"),
        ("POST / HTTP/1.1\r\nHost: localhost", 405, "POST is not"),
        (
            "GET / HTTP/1.1\r\nHost: evil.example",
            403,
            "--allow-host evil.example",
        ),
        (
            "GET /mqtt HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket",
            400,
            "",
        ),
    ] {
        let answer = ask(request).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer}"
        );
        assert!(answer.contains(words), "{answer}");
    }
}
