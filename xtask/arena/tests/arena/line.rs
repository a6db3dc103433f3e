//! The recorded line.

use arena::line::Line;
use arena::peer::Peer;
use arena::record::{Entry, Event, Record};
use arena::wire::Packet;
use rumqttc::mqttbytes::v4;
use rumqttc::{Incoming, QoS};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{LIMIT, address, broker, client, packets, recorded_line, until};

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
async fn half_a_frame_is_recorded_and_passed_on() {
    let broker = tokio::net::TcpListener::bind(arena::loopback::at(0))
        .await
        .unwrap();
    let record = std::sync::Arc::new(Record::default());
    let at = broker.local_addr().unwrap();
    let line = Line::open(
        at,
        std::sync::Arc::default(),
        std::sync::Arc::clone(&record),
    )
    .await
    .unwrap();
    let mut program = TcpStream::connect(address(&line.url())).await.unwrap();
    let (mut at_broker, _) = broker.accept().await.unwrap();
    let mut connect = bytes::BytesMut::new();
    v4::Connect::new("half").write(&mut connect).unwrap();
    program.write_all(&connect[..10]).await.unwrap();
    program.shutdown().await.unwrap();
    let mut passed = Vec::new();
    at_broker.read_to_end(&mut passed).await.unwrap();
    assert_eq!(passed, connect[..10]);
    let cut = record.look(|entries| {
        entries.iter().find_map(|entry| match &entry.event {
            Event::Packet {
                packet: Packet::Cut { first, length },
                ..
            } => Some((*first, *length)),
            _ => None,
        })
    });
    assert_eq!(cut, Some((0x10, 10)));
}

/// Waits until a connection of this line has ended.
async fn hung_up(record: &Record) {
    let ended = record.when(0, LIMIT, |entries| {
        let over = |entry: &Entry| matches!(entry.event, Event::HungUp { .. });
        entries.iter().any(over).then_some(())
    });
    ended.await.unwrap();
}

#[tokio::test]
async fn a_broker_that_is_gone_is_the_arenas_own_failure() {
    let first = broker().await;
    let (line, record) = recorded_line(&first).await;
    // Nobody listens there any more.
    let gone = tokio::net::TcpListener::bind(arena::loopback::at(0))
        .await
        .unwrap();
    line.lead_to(gone.local_addr().unwrap());
    drop(gone);
    assert!(line.broker_failed().is_none());
    let _program = TcpStream::connect(address(&line.url())).await.unwrap();
    hung_up(&record).await;
    let failure = line.broker_failed().unwrap().to_string();
    assert!(failure.contains("takes no connection"), "{failure}");
    assert!(record.look(|entries| {
        let away = |entry: &Entry| matches!(entry.event, Event::BrokerAway { .. });
        entries.iter().any(away)
    }));
}

#[tokio::test]
async fn a_broker_that_the_scene_took_away_is_nobodys_failure() {
    let first = broker().await;
    let (line, record) = recorded_line(&first).await;
    let (_client, mut events) = client("a", address(&line.url()));
    until(&mut events, |packet| matches!(packet, Incoming::ConnAck(_))).await;
    line.down();
    drop(first);
    let lost = async { while events.poll().await.is_ok() {} };
    tokio::time::timeout(LIMIT, lost).await.unwrap();
    assert!(events.poll().await.is_err());
    hung_up(&record).await;
    let second = broker().await;
    line.lead_to(second.address());
    line.up();
    until(&mut events, |packet| matches!(packet, Incoming::ConnAck(_))).await;
    assert!(line.broker_failed().is_none());
}
