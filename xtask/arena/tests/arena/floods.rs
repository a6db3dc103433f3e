//! Programs that do something without end: whoever watches stays small and is done soon.

use std::net::SocketAddr;
use std::sync::Arc;

use arena::line::{Line, MOST_CONNECTIONS};
use arena::record::{Budget, Event, Flood, Kind, Record, Sender};
use arena::wire::{PAYLOAD_KEPT, Packet};
use bytes::BytesMut;
use rumqttc::QoS;
use rumqttc::mqttbytes::v4;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{LIMIT, address, broker, recorded_line};

/// A program that writes whatever it likes.
struct Program {
    stream: TcpStream,
}

impl Program {
    async fn connect(line: SocketAddr, name: &str) -> Self {
        let mut stream = TcpStream::connect(line).await.unwrap();
        let mut bytes = BytesMut::new();
        v4::Connect::new(name).write(&mut bytes).unwrap();
        stream.write_all(&bytes).await.unwrap();
        let mut connack = [0; 4];
        stream.read_exact(&mut connack).await.unwrap();
        Self { stream }
    }

    /// Writes these bytes until the line closes.
    async fn flood(&mut self, bytes: &[u8]) {
        let (mut from, mut to) = self.stream.split();
        let writing = async { while to.write_all(bytes).await.is_ok() {} };
        // Answers would fill the line up, which is another test.
        let mut chunk = vec![0; 64 * 1024];
        let reading = async { while matches!(from.read(&mut chunk).await, Ok(1..)) {} };
        let both = async { tokio::join!(writing, reading) };
        tokio::time::timeout(LIMIT, both).await.unwrap();
    }
}

fn message(topic: &str, payload: usize, retain: bool) -> BytesMut {
    let mut bytes = BytesMut::new();
    let mut message = v4::Publish::new(topic, QoS::AtMostOnce, vec![b'x'; payload]);
    message.retain = retain;
    message.write(&mut bytes).unwrap();
    bytes
}

fn subscribe(filters: impl IntoIterator<Item = String>) -> BytesMut {
    let filters = filters
        .into_iter()
        .map(|path| v4::SubscribeFilter::new(path, QoS::AtMostOnce));
    let mut bytes = BytesMut::new();
    let mut subscribe = v4::Subscribe::new_many(filters);
    subscribe.pkid = 1;
    subscribe.write(&mut bytes).unwrap();
    bytes
}

#[tokio::test]
async fn megabytes_without_end_are_stopped_at_the_lines_budget() {
    let broker = broker().await;
    for retain in [false, true] {
        let (line, record) = recorded_line(&broker).await;
        let mut program = Program::connect(address(&line.url()), "loud").await;
        program.flood(&message("t", 100_000, retain)).await;
        let budget = record.budget();
        assert_eq!(record.flooded(), Some(Flood::Sent(budget.crossed)));
        assert!(record.cost() < 2 << 20, "{}", record.cost());
        assert_eq!(first_message(&record), Some((PAYLOAD_KEPT, 100_000 + 7)));
        // Closed for good.
        let mut late = TcpStream::connect(address(&line.url())).await.unwrap();
        let read = tokio::time::timeout(LIMIT, late.read(&mut [0])).await;
        assert!(!matches!(read.unwrap(), Ok(1..)));
    }
}

/// How many bytes of the payload are kept, and how long the packet is.
fn first_message(record: &Record) -> Option<(usize, usize)> {
    record.look(|entries| {
        entries.iter().find_map(|entry| match &entry.event {
            Event::Packet {
                packet: Packet::V4(v4::Packet::Publish(message)),
                length,
                ..
            } => Some((message.payload.len(), *length)),
            _ => None,
        })
    })
}

/// Where many wait for it, a broker keeps it for each.
#[tokio::test]
async fn what_a_broker_would_keep_many_times_may_not_be_long() {
    let broker = broker().await;
    let long = "t".repeat(513);
    let mut will = v4::Connect::new("heir");
    will.last_will = Some(v4::LastWill::new(long.as_str(), "", QoS::AtMostOnce, false));
    let mut last_words = BytesMut::new();
    will.write(&mut last_words).unwrap();
    let mut name = BytesMut::new();
    v4::Connect::new(long.as_str()).write(&mut name).unwrap();
    for (bytes, flood) in [
        (message(&long, 0, false), Flood::Name(513)),
        (message("t", 1 << 20, false), Flood::Packet((1 << 20) + 7)),
        (last_words, Flood::Name(513)),
        (name, Flood::Name(513)),
    ] {
        let (line, record) = recorded_line(&broker).await;
        let mut program = Program::connect(address(&line.url()), "long").await;
        program.flood(&bytes).await;
        assert_eq!(record.flooded(), Some(flood));
    }
    let words = [Flood::Name(513), Flood::Packet(1 << 20)].map(|flood| flood.to_string());
    assert_eq!(
        words,
        [
            "it used a topic or a client id of 513 bytes",
            "it sent one packet of 1024 KiB"
        ]
    );
    // Nothing of this holds for a program that somebody follows.
    let record = Arc::new(Record::new(Budget::FOLLOWED));
    let line = Line::open(broker.address(), Arc::default(), Arc::clone(&record));
    let line = line.await.unwrap();
    let mut program = Program::connect(address(&line.url()), "followed").await;
    let both = [message(&long, 0, false), message("t", 1 << 20, false)].concat();
    program.stream.write_all(&both).await.unwrap();
    let ping = [0xc0, 0];
    program.stream.write_all(&ping).await.unwrap();
    let mut answer = [0; 2];
    let answered = program.stream.read_exact(&mut answer);
    tokio::time::timeout(LIMIT, answered)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((answer, record.flooded()), ([0xd0, 0], None));
}

#[tokio::test]
async fn sessions_without_end_are_stopped() {
    let broker = broker().await;
    let (line, record) = recorded_line(&broker).await;
    for number in 0..500 {
        let mut stream = TcpStream::connect(address(&line.url())).await.unwrap();
        let mut connect = v4::Connect::new(format!("away{number}"));
        connect.clean_session = false;
        let mut bytes = BytesMut::new();
        connect.write(&mut bytes).unwrap();
        stream.write_all(&bytes).await.unwrap();
        let mut answer = [0; 4];
        let answered = tokio::time::timeout(LIMIT, stream.read_exact(&mut answer));
        if answered.await.unwrap().is_err() {
            break;
        }
    }
    assert_eq!(record.flooded(), Some(Flood::Kept(record.budget().kept)));
}

#[tokio::test]
async fn small_messages_and_subscriptions_without_end_are_stopped() {
    let broker = broker().await;
    let (line, record) = recorded_line(&broker).await;
    let mut program = Program::connect(address(&line.url()), "chatty").await;
    program.flood(&message("t", 0, false).repeat(1_000)).await;
    let entries = record.budget().entries;
    assert_eq!(
        record.flooded(),
        Some(Flood::Entries(entries, Kind::Packets))
    );

    let (line, record) = recorded_line(&broker).await;
    let mut program = Program::connect(address(&line.url()), "curious").await;
    let filters = subscribe((0..10_000).map(|number| format!("a{number}")));
    program.flood(&filters).await;
    assert_eq!(record.flooded(), Some(Flood::Kept(record.budget().kept)));
    assert!(record.cost() <= record.budget().kept);
}

#[tokio::test]
async fn a_long_packet_that_is_no_message_is_not_passed_on() {
    let broker = broker().await;
    let (line, record) = recorded_line(&broker).await;
    let mut program = Program::connect(address(&line.url()), "curious").await;
    let filters = subscribe((0..50_000).map(|number| format!("a{number}")));
    let length = filters.len();
    program.flood(&filters).await;
    assert_eq!(record.flooded(), Some(Flood::Packet(length)));
    let answered = record.look(|entries| {
        let answer = |event: &Event| {
            matches!(
                event,
                Event::Packet {
                    packet: Packet::V4(v4::Packet::SubAck(_)),
                    ..
                }
            )
        };
        entries.iter().any(|entry| answer(&entry.event))
    });
    assert!(!answered);
}

/// It subscribes to its own messages and never reads: what the broker has for it must stay
/// somewhere, and not for long.
#[tokio::test]
async fn a_program_that_never_reads_is_stopped() {
    let broker = broker().await;
    let (line, record) = recorded_line(&broker).await;
    let mut program = Program::connect(address(&line.url()), "deaf").await;
    let own = subscribe(["t".to_owned()]);
    program.stream.write_all(&own).await.unwrap();
    let message = message("t", 10_000, false);
    let flood = async { while program.stream.write_all(&message).await.is_ok() {} };
    tokio::time::timeout(LIMIT, flood).await.unwrap();
    assert_eq!(record.flooded(), Some(Flood::Sent(record.budget().crossed)));
}

#[tokio::test]
async fn connections_without_end_are_stopped() {
    let broker = broker().await;
    let (line, record) = recorded_line(&broker).await;
    let mut open = Vec::new();
    while record.flooded().is_none() {
        open.push(TcpStream::connect(address(&line.url())).await.unwrap());
        assert!(open.len() < 10 * MOST_CONNECTIONS);
        tokio::task::yield_now().await;
    }
    assert_eq!(
        record.flooded(),
        Some(Flood::ConnectionsAtOnce(MOST_CONNECTIONS))
    );

    let budget = Budget {
        connections: 50,
        ..Budget::SCENE
    };
    let record = Arc::new(Record::new(budget));
    let line = Line::open(broker.address(), Arc::default(), Arc::clone(&record))
        .await
        .unwrap();
    let again = async {
        while record.flooded().is_none() {
            let mut stream = TcpStream::connect(address(&line.url())).await.unwrap();
            // Until it is over on both sides.
            let _ = stream.shutdown().await;
            let _ = stream.read(&mut [0]).await;
        }
    };
    tokio::time::timeout(LIMIT, again).await.unwrap();
    assert_eq!(record.flooded(), Some(Flood::Connections(50)));
}

#[tokio::test]
async fn what_the_broker_sends_counts_too() {
    let broker = broker().await;
    let record = Arc::new(Record::new(Budget {
        crossed: 1 << 20,
        ..Budget::SCENE
    }));
    let line = Line::open(broker.address(), Arc::default(), Arc::clone(&record))
        .await
        .unwrap();
    let mut listener = Program::connect(address(&line.url()), "listener").await;
    let filter = subscribe(["t".to_owned()]);
    listener.stream.write_all(&filter).await.unwrap();
    let mut talker = Program::connect(broker.address(), "talker").await;
    let message = message("t", 10_000, false);
    let talk = async {
        while record.flooded().is_none() {
            talker.stream.write_all(&message).await.unwrap();
        }
    };
    let mut chunk = vec![0; 64 * 1024];
    let mut heard = 0;
    let listen = async {
        while let Ok(length @ 1..) = listener.stream.read(&mut chunk).await {
            heard += length;
        }
    };
    let both = async { tokio::join!(talk, listen) };
    tokio::time::timeout(LIMIT, both).await.unwrap();
    assert_eq!(record.flooded(), Some(Flood::Received(1 << 20)));
    assert!(heard <= 1 << 20, "{heard}");
    let sender = record.look(|entries| {
        entries.iter().rev().find_map(|entry| match &entry.event {
            Event::Packet { from, .. } => Some(*from),
            _ => None,
        })
    });
    assert_eq!(sender, Some(Sender::Broker));
}
