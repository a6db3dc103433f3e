//! Clients of our own.

use arena::peer::{Introduction, Message, Peer};
use arena::record::Event;
use rumqttc::QoS;

use crate::{LIMIT, broker};

#[tokio::test]
async fn a_peer_hears_qos_and_retained_messages_as_they_are() {
    let broker = broker().await;
    let talker = Peer::connect(broker.address(), "talker").await.unwrap();
    let kept = Message::new("t/kept", "1").retained();
    talker.send(kept.qos(QoS::AtLeastOnce)).await.unwrap();
    let listener = Peer::connect(broker.address(), "listener").await.unwrap();
    assert!(!listener.session_present());
    assert!(listener.subscribe("t/#", QoS::ExactlyOnce).await.unwrap());
    for qos in [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce] {
        let fresh = Message::new("t/fresh", "2").qos(qos);
        talker.send(fresh).await.unwrap();
    }
    let heard: Vec<_> = listener.hears(4).await.unwrap();
    let mut heard: Vec<_> = heard
        .iter()
        .map(|message| (!message.retain, message.qos as u8, message.topic.as_str()))
        .collect();
    // The order is kept within one QoS only.
    heard.sort_unstable();
    assert_eq!(
        heard,
        [
            (false, 1, "t/kept"),
            (true, 0, "t/fresh"),
            (true, 1, "t/fresh"),
            (true, 2, "t/fresh"),
        ]
    );
}

#[tokio::test]
async fn a_kept_session_brings_what_was_not_acknowledged_again() {
    let broker = broker().await;
    let introduction = Introduction::new("worker")
        .keeping_its_session()
        .acknowledging_by_hand();
    let worker = Peer::introduce(broker.address(), introduction.clone())
        .await
        .unwrap();
    worker.subscribe("tasks", QoS::AtLeastOnce).await.unwrap();
    let talker = Peer::connect(broker.address(), "talker").await.unwrap();
    for task in ["1", "2"] {
        let task = Message::new("tasks", task).qos(QoS::AtLeastOnce);
        talker.send(task).await.unwrap();
    }
    let heard = worker.hears(2).await.unwrap();
    worker.acknowledge(&heard[0]).await.unwrap();
    // Sent after the acknowledgement, so that it has arrived.
    worker.subscribe("other", QoS::AtMostOnce).await.unwrap();
    worker.cut();

    let worker = Peer::introduce(broker.address(), introduction)
        .await
        .unwrap();
    assert!(worker.session_present());
    let again = worker.hears(1).await.unwrap();
    assert_eq!(
        (again[0].payload.as_ref(), again[0].dup),
        (b"2".as_slice(), true)
    );
}

#[tokio::test]
async fn a_peer_leaves_its_will_only_without_a_goodbye() {
    let broker = broker().await;
    let listener = Peer::connect(broker.address(), "listener").await.unwrap();
    listener.subscribe("#", QoS::AtLeastOnce).await.unwrap();
    let mortal = || async {
        let will = Message::new("w", "gone").retained().qos(QoS::AtLeastOnce);
        let introduction = Introduction::new("mortal").will(will);
        Peer::introduce(broker.address(), introduction)
            .await
            .unwrap()
    };
    mortal().await.leave().await;
    mortal().await.cut();
    let heard = listener.hears(1).await.unwrap();
    assert_eq!(heard[0].payload, "gone");
    let marker = Peer::connect(broker.address(), "marker").await.unwrap();
    let after = Message::new("m", "after").qos(QoS::AtLeastOnce);
    marker.send(after).await.unwrap();
    let heard = listener.hears(2).await.unwrap();
    assert_eq!(heard[1].payload, "after", "one will, not two");
    assert_eq!(listener.heard().len(), 2);
}

#[tokio::test]
async fn a_peer_notices_that_its_connection_is_over() {
    let broker = broker().await;
    let peer = Peer::connect(broker.address(), "same").await.unwrap();
    let _other = Peer::connect(broker.address(), "same").await.unwrap();
    let over = peer.record().when(0, LIMIT, |entries| {
        let over = |event: &Event| matches!(event, Event::HungUp { .. });
        entries.iter().any(|entry| over(&entry.event)).then_some(())
    });
    over.await.unwrap();
}
