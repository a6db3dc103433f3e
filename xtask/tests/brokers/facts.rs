//! One behaviour each. Every one is decided by what comes, never by waiting for what does not:
//! a last message on the same connection is the end.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;

use bytes::BytesMut;
use rumqttc::mqttbytes::v4;
use rumqttc::{AsyncClient, ConnectionError, QoS};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::client::{Client, options};

type See = fn(SocketAddr) -> Pin<Box<dyn Future<Output = String> + Send>>;

/// What is asked, and how it is found out.
pub const FACTS: [(&str, See); 18] = [
    ("a retained message comes to a late subscriber", |at| {
        Box::pin(retained(at))
    }),
    (
        "an empty message that is not retained leaves the retained one",
        |at| Box::pin(empty(at, false)),
    ),
    ("an empty retained message erases it", |at| {
        Box::pin(empty(at, true))
    }),
    (
        "delivered QoS is the lower one of publisher and subscriber",
        |at| Box::pin(qos(at)),
    ),
    ("100 messages with QoS 2 come once each, in order", |at| {
        Box::pin(exactly_once(at))
    }),
    (
        "a kept session gets what came while it was away, QoS 1",
        |at| Box::pin(queue(at, QoS::AtLeastOnce)),
    ),
    ("the same, QoS 0", |at| Box::pin(queue(at, QoS::AtMostOnce))),
    ("of 1,100 messages with QoS 1 it gets", |at| {
        Box::pin(long_queue(at))
    }),
    (
        "of the states 0 to 4, retained and published while it was away, it gets with QoS 1",
        |at| Box::pin(states(at, QoS::AtLeastOnce)),
    ),
    ("the same, with QoS 0", |at| {
        Box::pin(states(at, QoS::AtMostOnce))
    }),
    ("a clean session gets what came while it was away", |at| {
        Box::pin(clean(at))
    }),
    ("the will of a client that vanishes is published", |at| {
        Box::pin(will(at, false))
    }),
    (
        "the will of a client that says goodbye is published",
        |at| Box::pin(will(at, true)),
    ),
    ("`+` stands for one level", |at| Box::pin(one_level(at))),
    ("`#` stands for the rest, and for no level at all", |at| {
        Box::pin(rest(at))
    }),
    ("`#` hears topics that begin with `$`", |at| {
        Box::pin(dollar(at))
    }),
    (
        "a second client with the same name throws the first one out",
        |at| Box::pin(take_over(at)),
    ),
    ("a client name of 200 letters is accepted", |at| {
        Box::pin(long_name(at))
    }),
];

fn yes(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

async fn retained(at: SocketAddr) -> String {
    let mut early = Client::connect(at, "early").await;
    early
        .publish("retained/a", QoS::AtLeastOnce, true, "kept")
        .await;
    let mut late = Client::connect(at, "late").await;
    late.subscribe("retained/a", QoS::AtLeastOnce).await;
    early
        .publish("retained/a", QoS::AtLeastOnce, false, "end")
        .await;
    let first = late.hear().await;
    yes(first.retain && first.payload == "kept")
}

async fn empty(at: SocketAddr, retain: bool) -> String {
    let topic = format!("retained/{retain}");
    let mut early = Client::connect(at, "early").await;
    early.publish(&topic, QoS::AtLeastOnce, true, "kept").await;
    early.publish(&topic, QoS::AtLeastOnce, retain, "").await;
    let mut late = Client::connect(at, "late").await;
    late.subscribe(&topic, QoS::AtLeastOnce).await;
    early.publish(&topic, QoS::AtLeastOnce, false, "end").await;
    let is_left = late.hear().await.payload == "kept";
    yes(is_left != retain)
}

async fn qos(at: SocketAddr) -> String {
    let all = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];
    let mut right = 0;
    let mut sender = Client::connect(at, "sender").await;
    for subscribed in all {
        let mut listener = Client::connect(at, "listener").await;
        listener.subscribe("qos", subscribed).await;
        for published in all {
            sender.publish("qos", published, false, "x").await;
            let lower = (published as u8).min(subscribed as u8);
            right += usize::from(listener.hear().await.qos as u8 == lower);
        }
    }
    format!("{right} of 9")
}

async fn exactly_once(at: SocketAddr) -> String {
    let mut listener = Client::connect(at, "listener").await;
    listener.subscribe("once", QoS::ExactlyOnce).await;
    listener.subscribe("end", QoS::AtLeastOnce).await;
    let mut sender = Client::connect(at, "sender").await;
    let sent: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    for number in &sent {
        sender
            .publish("once", QoS::ExactlyOnce, false, number)
            .await;
    }
    sender.publish("end", QoS::AtLeastOnce, false, "").await;
    let heard = listener.before("end").await;
    let wanted: Vec<String> = sent.iter().map(|number| format!("once {number}")).collect();
    yes(heard == wanted)
}

async fn queue(at: SocketAddr, qos: QoS) -> String {
    let name = format!("sleeper{}", qos as u8);
    let mut awake = Client::with_session(at, &name).await;
    awake.subscribe("queue", QoS::AtLeastOnce).await;
    awake.disconnect().await;
    let mut sender = Client::connect(at, "sender").await;
    for number in 0..20 {
        sender
            .publish("queue", qos, false, &number.to_string())
            .await;
    }
    let mut back = Client::with_session(at, &name).await;
    back.subscribe("end", QoS::AtLeastOnce).await;
    sender.publish("end", QoS::AtLeastOnce, false, "").await;
    let heard = back.before("end").await.len();
    back.disconnect().await;
    // Without its session, nothing is queued for it any longer.
    Client::connect(at, &name).await;
    format!("{heard} of 20")
}

/// More than Mosquitto keeps for a client by default. All are acknowledged, kept or not.
async fn long_queue(at: SocketAddr) -> String {
    const MANY: usize = 1_100;
    let mut awake = Client::with_session(at, "long sleeper").await;
    awake.subscribe("long queue", QoS::AtLeastOnce).await;
    awake.disconnect().await;
    let mut sender = Client::connect(at, "sender").await;
    for number in 0..MANY {
        // One by one is slow: the sender waits for each PUBACK.
        let sent =
            sender
                .client
                .try_publish("long queue", QoS::AtLeastOnce, false, number.to_string());
        sent.unwrap();
        if number % 20 == 19 {
            sender.acknowledged(20).await;
        }
    }
    let mut back = Client::with_session(at, "long sleeper").await;
    back.subscribe("end of the queue", QoS::AtLeastOnce).await;
    sender
        .publish("end of the queue", QoS::AtLeastOnce, false, "")
        .await;
    let heard = back.before("end of the queue").await;
    let in_order = (0..heard.len()).all(|at| heard[at] == format!("long queue {at}"));
    back.disconnect().await;
    Client::connect(at, "long sleeper").await;
    match heard.len() {
        MANY if in_order => "all, in order".to_owned(),
        some if in_order => format!("the first {some}"),
        some => some.to_string(),
    }
}

async fn states(at: SocketAddr, qos: QoS) -> String {
    let name = format!("dozer{}", qos as u8);
    let topic = format!("state{}", qos as u8);
    let mut awake = Client::with_session(at, &name).await;
    awake.subscribe(&topic, qos).await;
    awake.disconnect().await;
    let mut sender = Client::connect(at, "sender").await;
    for number in 0..5 {
        sender
            .publish(&topic, QoS::AtLeastOnce, true, &number.to_string())
            .await;
    }
    let mut back = Client::with_session(at, &name).await;
    back.subscribe(&topic, qos).await;
    back.subscribe("end", QoS::AtLeastOnce).await;
    sender.publish("end", QoS::AtLeastOnce, false, "").await;
    let heard = back.before("end").await;
    back.disconnect().await;
    Client::connect(at, &name).await;
    let payloads = heard.iter().filter_map(|line| line.split(' ').nth(1));
    payloads.collect::<Vec<_>>().join(", ")
}

async fn clean(at: SocketAddr) -> String {
    let mut awake = Client::connect(at, "forgetful").await;
    awake.subscribe("clean", QoS::AtLeastOnce).await;
    awake.disconnect().await;
    let mut sender = Client::connect(at, "sender").await;
    sender.publish("clean", QoS::AtLeastOnce, false, "x").await;
    let mut back = Client::connect(at, "forgetful").await;
    back.subscribe("end", QoS::AtLeastOnce).await;
    sender.publish("end", QoS::AtLeastOnce, false, "").await;
    yes(!back.before("end").await.is_empty())
}

async fn will(at: SocketAddr, goodbye: bool) -> String {
    let topic = format!("will/{goodbye}");
    let mut listener = Client::connect(at, "listener").await;
    listener.subscribe(&topic, QoS::AtLeastOnce).await;
    let mortal = Client::with_will(at, "mortal", &topic).await;
    if goodbye {
        mortal.disconnect().await;
        // Who comes by the same name after that ends every doubt about the first.
        let mut again = Client::connect(at, "mortal").await;
        again.publish(&topic, QoS::AtLeastOnce, false, "end").await;
    } else {
        drop(mortal);
    }
    yes(listener.hear().await.payload == "gone")
}

async fn heard_of(at: SocketAddr, filter: &str, topics: &[&str]) -> Vec<String> {
    let mut listener = Client::connect(at, "listener").await;
    listener.subscribe(filter, QoS::AtLeastOnce).await;
    listener.subscribe("end", QoS::AtLeastOnce).await;
    let mut sender = Client::connect(at, "sender").await;
    for topic in topics {
        sender.publish(topic, QoS::AtLeastOnce, false, "").await;
    }
    sender.publish("end", QoS::AtLeastOnce, false, "").await;
    let heard = listener.before("end").await;
    let heard = heard.iter().map(|message| message.trim().to_owned());
    heard
        .filter(|topic| topics.contains(&topic.as_str()))
        .collect()
}

async fn one_level(at: SocketAddr) -> String {
    let heard = heard_of(at, "house/+", &["house", "house/lamp", "house/lamp/on"]).await;
    yes(heard == ["house/lamp"])
}

async fn rest(at: SocketAddr) -> String {
    let heard = heard_of(
        at,
        "house/#",
        &["house", "house/lamp", "house/lamp/on", "home"],
    )
    .await;
    yes(heard == ["house", "house/lamp", "house/lamp/on"])
}

async fn dollar(at: SocketAddr) -> String {
    yes(!heard_of(at, "#", &["$private/lamp"]).await.is_empty())
}

/// Byte by byte, because a client library hides how it was ended.
async fn take_over(at: SocketAddr) -> String {
    let mut connect = BytesMut::new();
    v4::Connect::new("twin").write(&mut connect).unwrap();
    let mut first = TcpStream::connect(at).await.unwrap();
    first.write_all(&connect).await.unwrap();
    first.read_exact(&mut [0; 4]).await.unwrap();
    let _second = Client::connect(at, "twin").await;
    let mut last_words = Vec::new();
    let ended = first.read_to_end(&mut last_words);
    let ended = tokio::time::timeout(std::time::Duration::from_secs(30), ended).await;
    match (ended, last_words.as_slice()) {
        (Err(_), _) => "no".to_owned(),
        (Ok(_), []) => "yes".to_owned(),
        (Ok(_), _) => "yes, with a DISCONNECT, which is of MQTT 5".to_owned(),
    }
}

async fn long_name(at: SocketAddr) -> String {
    let (_client, mut events) = AsyncClient::new(options(at, &"a".repeat(200)), 1);
    yes(events.poll().await.is_ok())
}

/// What a client with a wrong password is told.
pub async fn wrong_password(at: SocketAddr) -> String {
    let mut options = options(at, "guest");
    options.set_credentials("ada", "wrong");
    let (_client, mut events) = AsyncClient::new(options, 1);
    match events.poll().await {
        Ok(_) => "in".to_owned(),
        Err(ConnectionError::ConnectionRefused(code)) => {
            format!("CONNACK {} ({code:?})", code as u8)
        }
        Err(_) => "the line closed without a CONNACK".to_owned(),
    }
}
