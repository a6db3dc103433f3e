//! A client that waits for what it asks for.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use rumqttc::{AsyncClient, Event, EventLoop, LastWill, MqttOptions, Packet, Publish, QoS};

/// A test that waits longer than this hangs.
const LIMIT: Duration = Duration::from_secs(30);

pub struct Client {
    pub client: AsyncClient,
    pub events: EventLoop,
    heard: VecDeque<Publish>,
}

pub fn options(broker: SocketAddr, name: &str) -> MqttOptions {
    let mut options = MqttOptions::new(name, broker.ip().to_string(), broker.port());
    // More at once, and Mosquitto drops some of QoS 2.
    options.set_inflight(20);
    options
}

impl Client {
    /// With a clean session.
    pub async fn connect(broker: SocketAddr, name: &str) -> Self {
        Self::with(options(broker, name)).await
    }

    pub async fn with_will(broker: SocketAddr, name: &str, topic: &str) -> Self {
        let mut options = options(broker, name);
        options.set_last_will(LastWill::new(topic, "gone", QoS::AtLeastOnce, false));
        Self::with(options).await
    }

    pub async fn with_session(broker: SocketAddr, name: &str) -> Self {
        let mut options = options(broker, name);
        options.set_clean_session(false);
        Self::with(options).await
    }

    async fn with(options: MqttOptions) -> Self {
        let (client, events) = AsyncClient::new(options, 1_000);
        let heard = VecDeque::new();
        let mut client = Self {
            client,
            events,
            heard,
        };
        client
            .until(|packet| matches!(packet, Packet::ConnAck(_)))
            .await;
        client
    }

    /// Goes round until this packet is there; messages are kept.
    pub async fn until(&mut self, found: impl Fn(&Packet) -> bool) {
        let search = async {
            loop {
                let event = self.events.poll().await.unwrap();
                let Event::Incoming(packet) = event else {
                    continue;
                };
                if let Packet::Publish(message) = &packet {
                    self.heard.push_back(message.clone());
                }
                if found(&packet) {
                    return;
                }
            }
        };
        tokio::time::timeout(LIMIT, search).await.unwrap();
    }

    pub async fn subscribe(&mut self, filter: &str, qos: QoS) {
        self.client.subscribe(filter, qos).await.unwrap();
        self.until(|packet| matches!(packet, Packet::SubAck(_)))
            .await;
    }

    /// Returns when the broker has it.
    pub async fn publish(&mut self, topic: &str, qos: QoS, retain: bool, payload: &str) {
        self.client
            .publish(topic, qos, retain, payload)
            .await
            .unwrap();
        match qos {
            // The answer to a ping tells that what was sent before it is there too.
            QoS::AtMostOnce => {
                self.client
                    .subscribe("ping", QoS::AtMostOnce)
                    .await
                    .unwrap();
                self.until(|packet| matches!(packet, Packet::SubAck(_)))
                    .await;
            }
            QoS::AtLeastOnce => {
                self.until(|packet| matches!(packet, Packet::PubAck(_)))
                    .await
            }
            QoS::ExactlyOnce => {
                self.until(|packet| matches!(packet, Packet::PubComp(_)))
                    .await
            }
        }
    }

    /// Goes round until the broker has acknowledged so many more messages.
    pub async fn acknowledged(&mut self, messages: usize) {
        for _ in 0..messages {
            self.until(|packet| matches!(packet, Packet::PubAck(_)))
                .await;
        }
    }

    /// The next message.
    pub async fn hear(&mut self) -> Publish {
        if self.heard.is_empty() {
            self.until(|packet| matches!(packet, Packet::Publish(_)))
                .await;
        }
        self.heard.pop_front().unwrap()
    }

    /// The topics and payloads that come before this topic does. The connection orders them.
    pub async fn before(&mut self, end: &str) -> Vec<String> {
        let mut heard = Vec::new();
        loop {
            let message = self.hear().await;
            if message.topic == end {
                return heard;
            }
            let payload = String::from_utf8_lossy(&message.payload);
            heard.push(format!("{} {payload}", message.topic));
        }
    }

    /// Says goodbye.
    pub async fn disconnect(mut self) {
        self.client.disconnect().await.unwrap();
        // It goes on until the broker has closed the line.
        while self.events.poll().await.is_ok() {}
    }
}
