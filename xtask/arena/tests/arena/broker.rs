//! What we rely on of the embedded broker.

use arena::broker::{Access, Act, Broker, BrokerChoice, Embedded};
use arena::endpoint::Endpoint;
use arena::peer::{Introduction, Message, Peer};
use arena::wire::ConnectReturnCode;
use rumqttc::mqttbytes::v4;
use rumqttc::{AsyncClient, ConnectionError, Incoming, MqttOptions, QoS};

use crate::{LIMIT, broker, client, until};

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

/// The broker's answer to this login.
async fn answer(broker: &Embedded, user: &str, password: &str) -> ConnectReturnCode {
    let at = broker.address();
    let mut options = MqttOptions::new(user, at.ip().to_string(), at.port());
    options.set_credentials(user, password);
    let (_client, mut events) = AsyncClient::new(options, 10);
    match tokio::time::timeout(LIMIT, events.poll()).await.unwrap() {
        Ok(rumqttc::Event::Incoming(Incoming::ConnAck(answer))) => answer.code,
        Err(ConnectionError::ConnectionRefused(code)) => code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_broker_can_ask_for_a_password() {
    let ada = Access::default().user("ada", "secret");
    let broker = Embedded::for_a_scene(ada.clone()).await.unwrap();
    for (user, password, expected) in [
        ("ada", "secret", ConnectReturnCode::Success),
        ("ada", "guess", ConnectReturnCode::BadUserNamePassword),
        ("bob", "secret", ConnectReturnCode::BadUserNamePassword),
    ] {
        assert_eq!(answer(&broker, user, password).await, expected, "{user}");
    }
    broker.set_access(ada.unauthorized());
    let refused = answer(&broker, "ada", "guess").await;
    assert_eq!(refused, ConnectReturnCode::NotAuthorized);
    let error = Peer::connect(broker.address(), "nobody").await.unwrap_err();
    assert!(
        format!("{error:#}").contains("does not accept"),
        "{error:#}"
    );
}

#[tokio::test]
async fn a_broker_can_deny_topics() {
    let access = Access::default()
        .user("ada", "secret")
        .deny("ada", Act::Subscribe, "secrets/#")
        .deny("ada", Act::Publish, "orders");
    let broker = Embedded::for_a_scene(access.clone()).await.unwrap();
    let login: nightlight::BrokerAddress = "mqtt://ada:secret@h".parse().unwrap();
    let endpoint = Endpoint {
        address: broker.address(),
        login: login.login_kept().cloned(),
    };
    let peer = Peer::connect(endpoint, "ada's").await.unwrap();
    assert!(!peer.subscribe("secrets/#", QoS::AtMostOnce).await.unwrap());
    assert!(peer.subscribe("orders", QoS::AtMostOnce).await.unwrap());
    let order = Message::new("orders", "1").qos(QoS::AtLeastOnce);
    peer.send(order).await.unwrap();
    broker.set_access(Access::default().user("ada", "secret"));
    peer.publish("orders", "2").await.unwrap();
    let heard = peer.hears(1).await.unwrap();
    assert_eq!(
        heard[0].payload, "2",
        "the denied one was acknowledged and dropped"
    );
    assert!(peer.subscribe("secrets/#", QoS::AtMostOnce).await.unwrap());
}

#[tokio::test]
async fn a_broker_that_is_gone_fails_the_probe() {
    let mut broker = Broker::start(&BrokerChoice::Embedded).await.unwrap();
    broker.probe().await.unwrap();
    let gone = broker.endpoint();
    broker.restart().await.unwrap();
    broker.probe().await.unwrap();
    let gone = Broker::Remote {
        endpoint: gone,
        tunnel: None,
    };
    assert!(gone.probe().await.is_err());
}

/// A session with one message in it, and a retained message, before and after a restart.
async fn survives(broker: &mut Broker) -> (bool, Vec<String>) {
    let away = Introduction::new("away").keeping_its_session();
    let listener = Peer::introduce(broker.address(), away.clone())
        .await
        .unwrap();
    listener.subscribe("t", QoS::AtLeastOnce).await.unwrap();
    listener.leave().await;
    let talker = Peer::connect(broker.address(), "talker").await.unwrap();
    let order = Message::new("t", "queued").qos(QoS::AtLeastOnce);
    talker.send(order).await.unwrap();
    let state = Message::new("s", "retained").qos(QoS::AtLeastOnce);
    talker.send(state.retained()).await.unwrap();

    broker.restart().await.unwrap();
    let listener = Peer::introduce(broker.address(), away).await.unwrap();
    let present = listener.session_present();
    listener.subscribe("s", QoS::AtLeastOnce).await.unwrap();
    let marker = Message::new("s", "marker").qos(QoS::AtLeastOnce);
    let talker = Peer::connect(broker.address(), "talker").await.unwrap();
    talker.send(marker).await.unwrap();
    let mut heard = Vec::new();
    while heard.last().is_none_or(|last| last != "marker") {
        let all = listener.hears(heard.len() + 1).await.unwrap();
        let text = |message: &v4::Publish| String::from_utf8_lossy(&message.payload).into_owned();
        heard = all.iter().map(text).collect();
    }
    (present, heard)
}

#[tokio::test]
async fn a_restart_forgets_everything_but_what_is_in_a_store() {
    let choices = [BrokerChoice::Embedded, BrokerChoice::Mosquitto];
    for choice in choices {
        let Ok(mut forgetful) = Broker::start(&choice).await else {
            assert_ne!(choice, BrokerChoice::Embedded);
            assert!(
                std::env::var_os("NIGHTLIGHT_NO_SKIP").is_none(),
                "no Mosquitto"
            );
            eprintln!("SKIPPED: Mosquitto is not installed");
            continue;
        };
        assert_eq!(
            survives(&mut forgetful).await,
            (false, vec!["marker".to_owned()]),
            "{choice}"
        );
        let mut keeping = Broker::start_with_a_store(&choice).await.unwrap();
        let all = ["queued", "retained", "marker"].map(str::to_owned);
        assert_eq!(
            survives(&mut keeping).await,
            (true, all.to_vec()),
            "{choice}"
        );
    }
}

/// What is forbidden to everybody arrives nowhere, on both brokers, until it is allowed.
#[tokio::test]
async fn what_nobody_may_say_is_dropped_in_silence() {
    for choice in [BrokerChoice::Embedded, BrokerChoice::Mosquitto] {
        let access = Access::default().deny("", Act::Publish, "orders");
        let broker = match Broker::start_with(&choice, &access).await {
            Ok(Some(broker)) => broker,
            // Only on Unix can it be told to read its file again.
            Ok(None) if !cfg!(unix) && choice == BrokerChoice::Mosquitto => continue,
            Ok(None) => panic!("{choice} has no rights to give"),
            Err(_) if std::env::var_os("NIGHTLIGHT_NO_SKIP").is_none() => {
                assert_ne!(choice, BrokerChoice::Embedded);
                eprintln!("SKIPPED: Mosquitto is not installed");
                continue;
            }
            Err(error) => panic!("{error:#}"),
        };
        let peer = Peer::connect(broker.endpoint(), "ada's").await.unwrap();
        assert!(peer.subscribe("orders", QoS::AtMostOnce).await.unwrap());
        assert!(peer.subscribe("marker", QoS::AtMostOnce).await.unwrap());
        let order = Message::new("orders", "1").qos(QoS::AtLeastOnce);
        peer.send(order).await.unwrap();
        peer.publish("marker", "2").await.unwrap();
        let heard = peer.hears(1).await.unwrap();
        assert_eq!(heard[0].payload, "2", "{choice}");
        broker.set_access(Access::default()).unwrap();
        let mut number = 3;
        while peer.heard().len() < 2 {
            // Mosquitto reads its file when it comes to it.
            let order = Message::new("orders", number.to_string()).qos(QoS::AtLeastOnce);
            peer.send(order).await.unwrap();
            number += 1;
            assert!(number < 1_000, "{choice}");
        }
    }
    let somebody_else = "mqtt://h".parse().unwrap();
    let broker = Broker::start_with(&somebody_else, &Access::default()).await;
    assert!(broker.unwrap().is_none());
}

#[tokio::test]
async fn a_client_of_mqtt_5_is_told_a_longest_packet_that_others_understand() {
    use rumqttc::v5::{AsyncClient, Event, Incoming, MqttOptions};

    let broker = broker().await;
    let address = broker.address();
    let options = MqttOptions::new("five", address.ip().to_string(), address.port());
    let (_client, mut events) = AsyncClient::new(options, 4);
    let told = async {
        loop {
            if let Event::Incoming(Incoming::ConnAck(answer)) = events.poll().await.unwrap() {
                return answer.properties;
            }
        }
    };
    let told = tokio::time::timeout(LIMIT, told).await.unwrap();
    let longest = told.and_then(|told| told.max_packet_size);
    // Paho and aiomqtt take more for a malformed packet.
    assert!(longest.is_none_or(|longest| longest <= 268_435_455));
}
