//! What MQTT 5 has beside what the guide's later steps build by hand, seen with a client of that
//! version.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, PubAckReason, Publish, PublishProperties};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};

/// A test that waits longer than this hangs.
const LIMIT: Duration = Duration::from_secs(30);

/// What shall be forgotten is good for a second. Nothing but the time says that it is over, and
/// Mosquitto counts whole seconds.
const OVER: Duration = Duration::from_millis(2_500);

/// How long what shall be there is good, in seconds.
const LONG: u32 = 60;

/// What is asked, and what this broker answers.
pub async fn facts(at: SocketAddr) -> Vec<(&'static str, String)> {
    let (expiry, session, answered, shared, reason, added) = tokio::join!(
        expiry(at),
        session(at),
        answered(at),
        shared(at),
        nobody(at),
        added(at)
    );
    vec![
        (
            "of two messages for a client that is away for 2.5 s, good for 1 s and for 60 s, come",
            expiry.0,
        ),
        (
            "the client is told for how many seconds the message is still good",
            expiry.1,
        ),
        (
            "a session that is to be kept for 1 s is there after 2.5 s",
            session,
        ),
        (
            "a question brings its response topic and its correlation data, and so does the answer",
            answered,
        ),
        (
            "of 100 messages for two who share a subscription, each comes to one of them",
            shared,
        ),
        (
            "the PUBACK for a message that nobody has subscribed to says",
            reason,
        ),
        (
            "a message comes with user properties that nobody has sent",
            added,
        ),
    ]
}

fn yes(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

async fn expiry(at: SocketAddr) -> (String, String) {
    let mut away = Client::connect(at, "away", Some(LONG)).await;
    away.subscribe("door").await;
    away.disconnect().await;
    let mut sender = Client::connect(at, "sender of expiry", None).await;
    for good_for in [1, LONG] {
        let properties = PublishProperties {
            message_expiry_interval: Some(good_for),
            ..PublishProperties::default()
        };
        let payload = format!("the one of {good_for} s");
        sender.publish("door", &payload, properties).await;
    }
    tokio::time::sleep(OVER).await;
    let mut back = Client::connect(at, "away", Some(LONG)).await;
    sender
        .publish("door", "end", PublishProperties::default())
        .await;
    let (mut heard, mut left) = (Vec::new(), None);
    loop {
        let message = back.hear().await;
        if message.payload == "end" {
            break;
        }
        left = message.properties.and_then(|it| it.message_expiry_interval);
        heard.push(String::from_utf8_lossy(&message.payload).into_owned());
    }
    (heard.join(", "), yes(left.is_some_and(|left| left < LONG)))
}

async fn session(at: SocketAddr) -> String {
    Client::connect(at, "short", Some(1))
        .await
        .disconnect()
        .await;
    tokio::time::sleep(OVER).await;
    let back = Client::connect(at, "short", Some(1)).await;
    yes(back.session_present)
}

async fn answered(at: SocketAddr) -> String {
    let mut server = Client::connect(at, "asking", None).await;
    server.subscribe("done").await;
    let mut device = Client::connect(at, "answering", None).await;
    device.subscribe("tasks").await;
    let properties = PublishProperties {
        response_topic: Some("done".to_owned()),
        correlation_data: Some("7".into()),
        ..PublishProperties::default()
    };
    server.publish("tasks", "close", properties).await;
    let task = device.hear().await.properties.unwrap_or_default();
    let Some(to) = task.response_topic else {
        return "no".to_owned();
    };
    let properties = PublishProperties {
        correlation_data: task.correlation_data,
        ..PublishProperties::default()
    };
    device.publish(&to, "closed", properties).await;
    let answer = server.hear().await;
    let mark = answer.properties.and_then(|it| it.correlation_data);
    yes(mark.is_some_and(|mark| mark == "7"))
}

async fn shared(at: SocketAddr) -> String {
    let mut all = Vec::new();
    let mut both = Vec::new();
    for name in ["one", "other"] {
        let mut listener = Client::connect(at, name, None).await;
        listener.subscribe("$share/workers/work").await;
        listener.subscribe(&format!("end/{name}")).await;
        both.push((listener, format!("end/{name}")));
    }
    let mut sender = Client::connect(at, "sender of work", None).await;
    for number in 0..100 {
        let number = number.to_string();
        sender
            .publish("work", &number, PublishProperties::default())
            .await;
    }
    for (listener, end) in &mut both {
        sender.publish(end, "", PublishProperties::default()).await;
        loop {
            let message = listener.hear().await;
            if message.topic == end.as_bytes() {
                break;
            }
            all.push(String::from_utf8_lossy(&message.payload).into_owned());
        }
    }
    all.sort_by_key(|number| number.parse::<u32>().ok());
    let wanted: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    yes(all == wanted)
}

async fn nobody(at: SocketAddr) -> String {
    let mut sender = Client::connect(at, "sender to nobody", None).await;
    let reason = sender
        .publish("nobody", "", PublishProperties::default())
        .await;
    format!("{reason:?}")
}

async fn added(at: SocketAddr) -> String {
    let mut client = Client::connect(at, "bare", None).await;
    client.subscribe("bare").await;
    client
        .publish("bare", "", PublishProperties::default())
        .await;
    let properties = client.hear().await.properties.unwrap_or_default();
    let names = properties.user_properties.into_iter().map(|(name, _)| name);
    let names: Vec<String> = names.collect();
    match names.as_slice() {
        [] => "no".to_owned(),
        _ => format!("`{}`", names.join("`, `")),
    }
}

/// A client of version 5 that waits for what it asks for.
struct Client {
    client: AsyncClient,
    events: EventLoop,
    heard: VecDeque<Publish>,
    session_present: bool,
}

impl Client {
    /// With a session that is kept for so many seconds, or with none.
    async fn connect(broker: SocketAddr, name: &str, kept_for: Option<u32>) -> Self {
        let mut options = MqttOptions::new(name, broker.ip().to_string(), broker.port());
        options.set_clean_start(kept_for.is_none());
        options.set_session_expiry_interval(kept_for);
        let (client, events) = AsyncClient::new(options, 10);
        let mut client = Self {
            client,
            events,
            heard: VecDeque::new(),
            session_present: false,
        };
        let present = client.until(|packet| match packet {
            Packet::ConnAck(answer) => Some(answer.session_present),
            _ => None,
        });
        client.session_present = present.await;
        client
    }

    /// Goes round until there is a packet of which this says something; messages are kept.
    async fn until<T>(&mut self, found: impl Fn(&Packet) -> Option<T>) -> T {
        let search = async {
            loop {
                let Event::Incoming(packet) = self.events.poll().await.unwrap() else {
                    continue;
                };
                if let Packet::Publish(message) = &packet {
                    self.heard.push_back(message.clone());
                }
                if let Some(found) = found(&packet) {
                    return found;
                }
            }
        };
        tokio::time::timeout(LIMIT, search).await.unwrap()
    }

    async fn subscribe(&mut self, filter: &str) {
        let asked = self.client.subscribe(filter, QoS::AtLeastOnce).await;
        asked.unwrap();
        self.until(|packet| matches!(packet, Packet::SubAck(_)).then_some(()))
            .await;
    }

    /// Publishes with QoS 1, and returns what the PUBACK says.
    async fn publish(
        &mut self,
        topic: &str,
        payload: &str,
        properties: PublishProperties,
    ) -> PubAckReason {
        let payload = payload.to_owned();
        let sent = self.client.publish_with_properties(
            topic,
            QoS::AtLeastOnce,
            false,
            payload,
            properties,
        );
        sent.await.unwrap();
        self.until(|packet| match packet {
            Packet::PubAck(answer) => Some(answer.reason),
            _ => None,
        })
        .await
    }

    /// The next message.
    async fn hear(&mut self) -> Publish {
        if self.heard.is_empty() {
            self.until(|packet| matches!(packet, Packet::Publish(_)).then_some(()))
                .await;
        }
        self.heard.pop_front().unwrap()
    }

    /// Says goodbye.
    async fn disconnect(mut self) {
        self.client.disconnect().await.unwrap();
        // It goes on until the broker has closed the line.
        while self.events.poll().await.is_ok() {}
    }
}
