//! What checks rely on: the broker's behaviour, the recorded line, the board.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arena::board::VirtualBoard;
use arena::broker::Embedded;
use arena::clock::Clock;
use arena::line::Line;
use arena::loopback;
use arena::peer::Peer;
use arena::record::{Entry, Event, Missed, Record, Sender};
use arena::wire::Packet;
use rumqttc::mqttbytes::v4;
use rumqttc::{AsyncClient, EventLoop, Incoming, MqttOptions, QoS};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A test that waits longer than this hangs.
const LIMIT: Duration = Duration::from_secs(20);

async fn broker() -> Embedded {
    Embedded::start(loopback::at(0)).await.unwrap()
}

fn client(name: &str, at: SocketAddr) -> (AsyncClient, EventLoop) {
    AsyncClient::new(MqttOptions::new(name, at.ip().to_string(), at.port()), 100)
}

/// Goes round the event loop until `wanted` says so.
async fn until(events: &mut EventLoop, mut wanted: impl FnMut(&Incoming) -> bool) {
    let search = async {
        loop {
            if let Ok(rumqttc::Event::Incoming(packet)) = events.poll().await
                && wanted(&packet)
            {
                return;
            }
        }
    };
    tokio::time::timeout(LIMIT, search).await.unwrap();
}

fn address(url: &str) -> SocketAddr {
    url.split_once("://").unwrap().1.parse().unwrap()
}

async fn recorded_line(broker: &Embedded) -> (Line, Arc<Record>) {
    let record = Arc::new(Record::default());
    let line = Line::open(broker.address(), Arc::default(), Arc::clone(&record))
        .await
        .unwrap();
    (line, record)
}

fn packets(entries: &[Entry]) -> Vec<String> {
    let names = entries.iter().filter_map(|entry| match &entry.event {
        Event::Packet {
            from,
            packet: Packet::V4(packet),
            ..
        } => {
            let name = format!("{packet:?}")
                .split(['(', ' '])
                .next()
                .unwrap()
                .to_owned();
            Some(format!(
                "{}{name}",
                if *from == Sender::Program { "->" } else { "<-" }
            ))
        }
        _ => None,
    });
    names.collect()
}

#[tokio::test]
async fn the_line_records_both_directions() {
    let broker = broker().await;
    let (line, record) = recorded_line(&broker).await;
    let (client, mut events) = client("a", address(&line.url()));
    client.subscribe("t", QoS::AtMostOnce).await.unwrap();
    until(&mut events, |packet| matches!(packet, Incoming::SubAck(_))).await;
    client
        .publish("t", QoS::AtMostOnce, false, "hello")
        .await
        .unwrap();
    until(&mut events, |packet| matches!(packet, Incoming::Publish(_))).await;
    let seen = record.look(packets);
    assert_eq!(
        seen,
        [
            "->Connect",
            "<-ConnAck",
            "->Subscribe",
            "<-SubAck",
            "->Publish",
            "<-Publish"
        ]
    );
}

#[tokio::test]
async fn a_line_that_is_down_refuses_and_one_that_is_up_serves() {
    let broker = broker().await;
    let (line, record) = recorded_line(&broker).await;
    let (_client, mut events) = client("a", address(&line.url()));
    until(&mut events, |packet| matches!(packet, Incoming::ConnAck(_))).await;

    line.down();
    let lost = async { while events.poll().await.is_ok() {} };
    tokio::time::timeout(LIMIT, lost).await.unwrap();
    assert!(
        events.poll().await.is_err(),
        "no new connection while the line is down"
    );
    record
        .when(0, LIMIT, |entries| {
            let refused = |entry: &Entry| {
                matches!(
                    entry.event,
                    Event::Dialled {
                        accepted: false,
                        ..
                    }
                )
            };
            entries.iter().any(refused).then_some(())
        })
        .await
        .unwrap();

    line.up();
    until(&mut events, |packet| matches!(packet, Incoming::ConnAck(_))).await;
}

#[tokio::test]
async fn a_held_line_keeps_everything_for_later() {
    let broker = broker().await;
    let (line, record) = recorded_line(&broker).await;
    let mut program = TcpStream::connect(address(&line.url())).await.unwrap();
    line.hold();
    let mut connect = bytes::BytesMut::new();
    v4::Connect::new("held").write(&mut connect).unwrap();
    program.write_all(&connect).await.unwrap();
    // The line has the connection, so what it held back is not merely late.
    record
        .when(0, LIMIT, |entries| (!entries.is_empty()).then_some(()))
        .await
        .unwrap();
    assert_eq!(record.look(packets), Vec::<String>::new());

    line.up();
    let mut connack = [0; 4];
    program.read_exact(&mut connack).await.unwrap();
    assert_eq!(connack, [0x20, 2, 0, 0]);
}

#[tokio::test]
async fn a_held_line_delivers_a_burst_in_one_piece() {
    const BURST: usize = 60;
    let broker = broker().await;
    let (line, record) = recorded_line(&broker).await;
    let (client, mut events) = client("listener", address(&line.url()));
    client.subscribe("t", QoS::AtMostOnce).await.unwrap();
    until(&mut events, |packet| matches!(packet, Incoming::SubAck(_))).await;
    let seen = record.len();

    line.hold();
    let peer = Peer::connect(broker.address(), "talker").await.unwrap();
    for _ in 0..BURST {
        peer.publish("t", "x").await.unwrap();
    }
    tokio::time::timeout(LIMIT, line.holds(BURST))
        .await
        .unwrap();
    assert_eq!(record.len(), seen, "nothing has got through");

    line.up();
    let mut heard = 0;
    until(&mut events, |packet| {
        heard += usize::from(matches!(packet, Incoming::Publish(_)));
        heard == BURST
    })
    .await;
}

#[tokio::test]
async fn a_line_leads_to_the_broker_after_its_restart() {
    let first = broker().await;
    let (line, _) = recorded_line(&first).await;
    let (_client, mut events) = client("a", address(&line.url()));
    until(&mut events, |packet| matches!(packet, Incoming::ConnAck(_))).await;
    line.down();
    drop(first);
    let second = broker().await;
    line.lead_to(second.address());
    line.up();
    until(&mut events, |packet| matches!(packet, Incoming::ConnAck(_))).await;
}

#[tokio::test]
async fn the_broker_delivers_a_burst_whole() {
    const BURST: usize = 2_000;
    let broker = broker().await;
    let (client, mut events) = client("listener", broker.address());
    client.subscribe("t", QoS::AtMostOnce).await.unwrap();
    until(&mut events, |packet| matches!(packet, Incoming::SubAck(_))).await;
    let peer = Peer::connect(broker.address(), "talker").await.unwrap();
    let talk = async {
        for _ in 0..BURST {
            peer.publish("t", "x").await.unwrap();
        }
    };
    let mut heard = 0;
    let listen = until(&mut events, |packet| {
        heard += usize::from(matches!(packet, Incoming::Publish(_)));
        heard == BURST
    });
    tokio::join!(talk, listen);
}

#[tokio::test]
async fn the_broker_forgets_a_clean_session_and_takes_the_client_back_at_once() {
    let broker = broker().await;
    for _ in 0..20 {
        let (_client, mut events) = client("same name", broker.address());
        let mut present = None;
        until(&mut events, |packet| match packet {
            Incoming::ConnAck(answer) => {
                present = Some(answer.session_present);
                true
            }
            _ => false,
        })
        .await;
        assert_eq!(present, Some(false));
    }
}

#[tokio::test]
async fn a_port_in_use_is_an_error() {
    let taken = broker().await;
    let error = Embedded::start(taken.address()).await.unwrap_err();
    assert!(
        format!("{error:#}").contains(&taken.address().port().to_string()),
        "{error:#}"
    );
}

/// One request to the board, as simple as HTTP gets: its status and its body.
async fn request(board: &str, method: &str, path: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address(board)).await.unwrap();
    let text = format!(
        "{method} {path} HTTP/1.1\r\nHost: board\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    (
        head.split(' ').nth(1).unwrap().parse().unwrap(),
        body.to_owned(),
    )
}

#[tokio::test]
async fn the_board_speaks_counterfit() {
    let record = Arc::new(Record::default());
    let board = VirtualBoard::start(Arc::default(), Arc::clone(&record))
        .await
        .unwrap();
    let url = board.url();
    board.set_light(299);
    for (method, path, body, status, reply) in [
        ("POST", "/connect", "", 200, "OK"),
        ("GET", "/sensor_value?port=0", "", 200, r#"{"value":299}"#),
        (
            "GET",
            "/sensor_value?port=9",
            "",
            404,
            "Sensor with port 9 not found",
        ),
        (
            "POST",
            "/actuator_value?port=5",
            r#"{"value":true}"#,
            200,
            "OK",
        ),
        (
            "POST",
            "/sensor_units",
            r#"{"type":"Light"}"#,
            200,
            r#"{"units":["NoUnits"]}"#,
        ),
    ] {
        assert_eq!(
            request(&url, method, path, body).await,
            (status, reply.to_owned()),
            "{path}"
        );
    }
    assert_eq!(board.led(), Some(true));
    let (status, reason) = request(&url, "POST", "/actuator_value?port=5", "on please").await;
    assert_eq!(status, 400);
    assert!(reason.contains("on please"), "{reason}");
    assert_eq!(board.led(), Some(true), "a bad request changes nothing");
}

#[tokio::test]
async fn a_wait_ends_when_the_clock_moves_on() {
    let clock = Arc::new(Clock::default());
    let record = Arc::new(Record::default());
    let board = VirtualBoard::start(Arc::clone(&clock), Arc::clone(&record))
        .await
        .unwrap();
    let url = board.url();
    let waiting = tokio::spawn(async move {
        request(&url, "POST", "/nightlight/wait", r#"{"ns":5000000000}"#).await
    });
    let wait = record.when(0, LIMIT, |entries| match entries.first()?.event {
        Event::WaitBegan(wait) => Some(wait),
        _ => None,
    });
    assert_eq!(wait.await.unwrap(), Duration::from_secs(5));
    assert!(!waiting.is_finished());
    clock.advance();
    assert_eq!(waiting.await.unwrap().0, 200);
    assert_eq!(clock.now(), Duration::from_secs(5));
}

#[tokio::test]
async fn fifty_arenas_do_not_hear_each_other() {
    let arenas = (0..50).map(|number| async move {
        let broker = broker().await;
        let (line, record) = recorded_line(&broker).await;
        let (client, mut events) = client("same name", address(&line.url()));
        client.subscribe("t", QoS::AtMostOnce).await.unwrap();
        until(&mut events, |packet| matches!(packet, Incoming::SubAck(_))).await;
        client
            .publish("t", QoS::AtMostOnce, false, number.to_string())
            .await
            .unwrap();
        let mut heard = String::new();
        until(&mut events, |packet| match packet {
            Incoming::Publish(message) => {
                heard = String::from_utf8_lossy(&message.payload).into_owned();
                true
            }
            _ => false,
        })
        .await;
        assert_eq!(heard, number.to_string());
        record.look(packets).len()
    });
    let mut tasks = tokio::task::JoinSet::new();
    arenas.for_each(|arena| {
        tasks.spawn(arena);
    });
    while let Some(packets) = tasks.join_next().await {
        assert_eq!(packets.unwrap(), 6);
    }
}

#[tokio::test]
async fn a_wait_for_nothing_says_how_long_it_was() {
    let record = Record::default();
    let missed = record
        .when(0, Duration::from_millis(1), |_| None::<()>)
        .await
        .unwrap_err();
    assert!(matches!(missed, Missed::TimeUp(_)));
}
