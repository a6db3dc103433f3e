//! What can be the matter with a line.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arena::line::{Answer, Line};
use arena::peer::{Introduction, Message, Peer};
use arena::record::{Entry, Event, Record, Sender};
use arena::wire::{ConnectReturnCode, Packet};
use bytes::BytesMut;
use rumqttc::mqttbytes::v4;
use rumqttc::{Incoming, QoS};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{LIMIT, address, broker, client, packets, recorded_line, until};

/// Names of packets that were lost.
fn lost(entries: &[Entry]) -> Vec<String> {
    let lost = entries.iter().filter_map(|entry| match &entry.event {
        Event::Lost {
            from,
            packet: Packet::V4(packet),
            ..
        } => {
            let name = format!("{packet:?}");
            Some(format!(
                "{from:?} {}",
                name.split(['(', ' ']).next().unwrap()
            ))
        }
        _ => None,
    });
    lost.collect()
}

async fn seen(record: &Record, what: impl Fn(&Event) -> bool) {
    let found = record.when(0, LIMIT, |entries| {
        entries.iter().any(|entry| what(&entry.event)).then_some(())
    });
    found.await.unwrap();
}

/// A client over the line that has left a will, and a peer that hears of it.
async fn testament(line: &Line, broker: std::net::SocketAddr) -> (Peer, Peer) {
    let listener = Peer::connect(broker, "listener").await.unwrap();
    assert!(listener.subscribe("#", QoS::AtMostOnce).await.unwrap());
    let will = Message::new("w", "gone").qos(QoS::AtLeastOnce);
    let client = Introduction::new("mortal").will(will);
    let mortal = Peer::introduce(line.entrance(), client).await.unwrap();
    (mortal, listener)
}

#[tokio::test]
async fn a_cut_leaves_the_will_and_a_goodbye_takes_it_back() {
    let broker = broker().await;
    let (line, record) = recorded_line(&broker).await;
    let (_mortal, listener) = testament(&line, broker.address()).await;
    line.cut();
    assert_eq!(listener.hears(1).await.unwrap()[0].payload, "gone");

    let (_mortal, listener) = testament(&line, broker.address()).await;
    let so_far = record.len();
    line.cut_with_goodbye();
    record
        .when(so_far, LIMIT, |entries| (!entries.is_empty()).then_some(()))
        .await
        .unwrap();
    // Whatever the broker had to say about the will came before this.
    let talker = Peer::connect(broker.address(), "talker").await.unwrap();
    talker.publish("t", "after").await.unwrap();
    assert_eq!(listener.hears(1).await.unwrap()[0].payload, "after");
}

#[tokio::test]
async fn half_open_is_noticed_by_the_broker_alone() {
    let broker = broker().await;
    let (line, record) = recorded_line(&broker).await;
    let (mortal, listener) = testament(&line, broker.address()).await;
    line.half_open();
    assert_eq!(listener.hears(1).await.unwrap()[0].payload, "gone");
    mortal.publish("t", "into the void").await.unwrap();
    seen(&record, |event| matches!(event, Event::Lost { .. })).await;
    assert_eq!(record.look(lost), ["Program Publish"]);
    let over = |entry: &Entry| matches!(entry.event, Event::HungUp { .. });
    assert!(
        !record.look(|entries| entries.iter().any(over)),
        "its side stays open"
    );
    drop(mortal);
    seen(&record, |event| matches!(event, Event::HungUp { .. })).await;
}

#[tokio::test]
async fn a_program_reads_all_that_came_before_its_broker_left() {
    let broker = broker().await;
    let (line, record) = recorded_line(&broker).await;
    let mut program = TcpStream::connect(address(&line.url())).await.unwrap();
    let connect = v4::Connect::new("reader");
    let mut words = BytesMut::new();
    connect.write(&mut words).unwrap();
    program.write_all(&words).await.unwrap();
    let answered = |event: &Event| matches!(event, Event::Packet { packet, .. } if matches!(packet, Packet::V4(v4::Packet::ConnAck(_))));
    seen(&record, answered).await;
    line.close().await;
    // After a cut, words of its own would cost it what it has not read.
    program.write_all(&words).await.unwrap();
    seen(&record, |event| matches!(event, Event::Lost { .. })).await;
    let mut read = Vec::new();
    program.read_to_end(&mut read).await.unwrap();
    assert_eq!(read, [0x20, 2, 0, 0], "the CONNACK");
    drop(program);
    seen(&record, |event| matches!(event, Event::HungUp { .. })).await;
}

#[tokio::test]
async fn one_direction_can_be_dead() {
    let broker = broker().await;
    let (line, record) = recorded_line(&broker).await;
    let (client, mut events) = client("a", address(&line.url()));
    client.subscribe("t", QoS::AtMostOnce).await.unwrap();
    until(&mut events, |packet| matches!(packet, Incoming::SubAck(_))).await;
    let going = tokio::spawn(async move { while events.poll().await.is_ok() {} });

    line.lose(Sender::Broker);
    client
        .publish("t", QoS::AtLeastOnce, false, "1")
        .await
        .unwrap();
    seen(&record, |event| {
        matches!(
            event,
            Event::Lost {
                packet: Packet::V4(v4::Packet::Publish(_)),
                ..
            }
        )
    })
    .await;
    seen(&record, |event| {
        matches!(
            event,
            Event::Lost {
                packet: Packet::V4(v4::Packet::PubAck(_)),
                ..
            }
        )
    })
    .await;
    line.up();
    line.lose(Sender::Program);
    client
        .publish("t", QoS::AtMostOnce, false, "2")
        .await
        .unwrap();
    seen(&record, |event| {
        matches!(
            event,
            Event::Lost {
                from: Sender::Program,
                ..
            }
        )
    })
    .await;
    line.up();
    client
        .publish("t", QoS::AtMostOnce, false, "3")
        .await
        .unwrap();
    seen(&record, |event| match event {
        Event::Packet {
            from: Sender::Broker,
            packet: Packet::V4(v4::Packet::Publish(message)),
            ..
        } => message.payload == "3",
        _ => false,
    })
    .await;
    going.abort();
}

#[tokio::test]
async fn a_delay_keeps_the_order_and_takes_its_time_each_way() {
    const DELAY: Duration = Duration::from_millis(100);
    let broker = broker().await;
    let (line, record) = recorded_line(&broker).await;
    line.delay(DELAY);
    let begun = Instant::now();
    let (client, mut events) = client("a", address(&line.url()));
    until(&mut events, |packet| matches!(packet, Incoming::ConnAck(_))).await;
    assert!(begun.elapsed() >= 2 * DELAY);
    let peer = Peer::connect(broker.address(), "talker").await.unwrap();
    client.subscribe("t", QoS::AtMostOnce).await.unwrap();
    until(&mut events, |packet| matches!(packet, Incoming::SubAck(_))).await;
    for number in 0..20 {
        peer.publish("t", number.to_string()).await.unwrap();
        if number == 10 {
            // What comes now is ready before what came before.
            seen(&record, |event| {
                matches!(
                    event,
                    Event::Packet {
                        packet: Packet::V4(v4::Packet::Publish(_)),
                        ..
                    }
                )
            })
            .await;
            line.delay(Duration::ZERO);
        }
    }
    let mut heard = Vec::new();
    until(&mut events, |packet| {
        if let Incoming::Publish(message) = packet {
            heard.push(String::from_utf8_lossy(&message.payload).into_owned());
        }
        heard.len() == 20
    })
    .await;
    assert_eq!(
        heard,
        (0..20).map(|number| number.to_string()).collect::<Vec<_>>()
    );
    assert_eq!(&record.look(packets)[..2], ["->Connect", "<-ConnAck"]);
}

#[tokio::test]
async fn the_line_ends_a_link_that_finds_no_words() {
    /// Agrees with nobody.
    #[derive(Debug)]
    struct Stranger;

    impl arena::line::Link for Stranger {
        fn url(&self, entrance: &arena::endpoint::Endpoint) -> String {
            format!("strange://{}", entrance.address)
        }

        fn welcome(&self, _: arena::line::Tcp) -> arena::line::Welcome<'_> {
            Box::pin(async { Err(std::io::Error::other("who are you?")) })
        }
    }

    let broker = broker().await;
    let record = Arc::new(Record::default());
    let line = Line::open_over(
        Arc::new(Stranger),
        broker.address(),
        Arc::default(),
        Arc::clone(&record),
    )
    .await
    .unwrap();
    assert!(line.url().starts_with("strange://127.0.0.1:"));
    let _program = tokio::net::TcpStream::connect(address(&line.url()))
        .await
        .unwrap();
    seen(&record, |event| matches!(event, Event::HungUp { .. })).await;
    let reason = record.look(|entries| {
        entries.iter().find_map(|entry| match &entry.event {
            Event::LinkFailed { reason, .. } => Some(reason.clone()),
            _ => None,
        })
    });
    assert_eq!(reason.as_deref(), Some("who are you?"));
}

#[tokio::test]
async fn a_line_refuses_subscriptions_in_the_brokers_name() {
    let broker = broker().await;
    let (line, record) = recorded_line(&broker).await;
    let peer = Peer::connect(line.entrance(), "refused").await.unwrap();
    line.refuse_subscriptions(true);
    assert!(!peer.subscribe("a", QoS::AtLeastOnce).await.unwrap());
    line.refuse_subscriptions(false);
    assert!(peer.subscribe("b", QoS::AtLeastOnce).await.unwrap());
    let answers = record.look(|entries| {
        let answers = entries.iter().filter_map(|entry| match &entry.event {
            Event::Packet {
                packet: Packet::V4(v4::Packet::SubAck(answer)),
                ..
            } => Some(answer.return_codes.clone()),
            _ => None,
        });
        answers.collect::<Vec<_>>()
    });
    let granted = v4::SubscribeReasonCode::Success(QoS::AtLeastOnce);
    assert_eq!(
        answers,
        [vec![v4::SubscribeReasonCode::Failure], vec![granted]],
        "recorded as the program saw it"
    );
}

#[tokio::test]
async fn a_line_turns_clients_away_in_the_brokers_name() {
    let broker = broker().await;
    let (line, record) = recorded_line(&broker).await;
    line.turn_away(true);
    assert!(Peer::connect(line.entrance(), "stranger").await.is_err());
    seen(&record, |event| {
        matches!(
            event,
            Event::HungUp {
                by: Some(Sender::Broker),
                ..
            }
        )
    })
    .await;
    line.turn_away(false);
    let _peer = Peer::connect(line.entrance(), "stranger").await.unwrap();
    let codes = record.look(|entries| {
        let answers = entries.iter().filter_map(|entry| match &entry.event {
            Event::Packet {
                packet: Packet::V4(v4::Packet::ConnAck(answer)),
                ..
            } => Some(answer.code),
            _ => None,
        });
        answers.collect::<Vec<_>>()
    });
    assert_eq!(
        codes,
        [ConnectReturnCode::NotAuthorized, ConnectReturnCode::Success],
        "recorded as the program saw it"
    );
}

#[tokio::test]
async fn a_late_answer_is_late_and_what_follows_is_not() {
    const LATE: Duration = Duration::from_millis(100);
    let broker = broker().await;
    let (line, _record) = recorded_line(&broker).await;
    line.answer_late(LATE);
    let begun = Instant::now();
    let peer = Peer::connect(line.entrance(), "patient").await.unwrap();
    assert!(begun.elapsed() >= LATE);
    assert!(peer.subscribe("a", QoS::AtMostOnce).await.unwrap());
}

#[tokio::test]
async fn an_answer_that_is_kept_back_comes_when_it_is_let_go_and_the_rest_passes() {
    let broker = broker().await;
    let (line, record) = recorded_line(&broker).await;
    let peer = Peer::connect(line.entrance(), "peer").await.unwrap();
    assert!(peer.subscribe("t", QoS::AtMostOnce).await.unwrap());
    line.withhold(Answer::PubAck);
    let peer = Arc::new(peer);
    let sent: Vec<_> = ["one", "two"]
        .into_iter()
        .map(|word| {
            let peer = Arc::clone(&peer);
            let message = Message::new("t", word).qos(QoS::AtLeastOnce);
            tokio::spawn(async move { peer.send(message).await })
        })
        .collect();
    line.withholds(2).await;
    assert_eq!(peer.hears(2).await.unwrap().len(), 2);
    let answers = |entries: &[Entry]| {
        let all = packets(entries);
        all.iter().filter(|name| *name == "<-PubAck").count()
    };
    assert_eq!(record.look(answers), 0);
    line.release();
    let one = record.when(0, LIMIT, |entries| (answers(entries) == 1).then_some(()));
    one.await.unwrap();
    line.up();
    for sent in sent {
        sent.await.unwrap().unwrap();
    }
    assert_eq!(record.look(answers), 2);
}

#[tokio::test]
async fn an_answer_of_the_program_that_is_kept_back_and_lost_makes_the_broker_deliver_again() {
    let broker = broker().await;
    let (line, record) = recorded_line(&broker).await;
    let listener = Introduction::new("listener").keeping_its_session();
    let peer = Peer::introduce(line.entrance(), listener.clone()).await;
    let peer = peer.unwrap();
    assert!(peer.subscribe("t", QoS::AtLeastOnce).await.unwrap());
    let talker = Peer::connect(broker.address(), "talker").await.unwrap();
    line.withhold(Answer::ProgramPubAck);
    // The broker's own answers pass.
    let to_itself = Message::new("t", "one").qos(QoS::AtLeastOnce);
    peer.send(to_itself).await.unwrap();
    talker
        .send(Message::new("t", "two").qos(QoS::AtLeastOnce))
        .await
        .unwrap();
    line.withholds(2).await;
    line.release();
    let answers = |entries: &[Entry]| {
        let all = packets(entries);
        all.iter().filter(|name| *name == "->PubAck").count()
    };
    let one = record.when(0, LIMIT, |entries| (answers(entries) > 0).then_some(()));
    one.await.unwrap();
    line.cut();
    line.is_idle().await;
    line.up();
    drop(peer);
    let peer = Peer::introduce(line.entrance(), listener).await.unwrap();
    assert!(peer.session_present());
    let again = peer.hears(1).await.unwrap();
    assert_eq!(
        (again[0].payload.as_ref(), again[0].dup),
        (&b"two"[..], true)
    );
    assert_eq!(record.look(answers), 1, "the other one is lost");
}
