//! What we rely on of the embedded broker.

use arena::broker::Embedded;
use arena::peer::Peer;
use rumqttc::{Incoming, QoS};

use crate::{broker, client, until};

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
