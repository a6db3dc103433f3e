//! A client of the test's own in the room.

use std::collections::VecDeque;

use nightlight::Tunnel;
use rumqttc::{AsyncClient, Event, EventLoop, Packet, QoS};

use crate::LIMIT;

pub struct Client {
    client: AsyncClient,
    pub events: EventLoop,
    /// What came while it waited for something else, as `topic payload`.
    heard: VecDeque<String>,
    _tunnel: Tunnel,
}

impl Client {
    pub fn new(client: AsyncClient, events: EventLoop, tunnel: Tunnel) -> Self {
        Self {
            client,
            events,
            heard: VecDeque::new(),
            _tunnel: tunnel,
        }
    }

    /// Goes round until this packet is there.
    async fn until(&mut self, found: impl Fn(&Packet) -> bool) {
        let search = async {
            loop {
                let event = self.events.poll().await.unwrap();
                let Event::Incoming(packet) = event else {
                    continue;
                };
                if let Packet::Publish(message) = &packet {
                    let payload = String::from_utf8_lossy(&message.payload);
                    self.heard.push_back(format!("{} {payload}", message.topic));
                }
                if found(&packet) {
                    return;
                }
            }
        };
        tokio::time::timeout(LIMIT, search).await.unwrap();
    }

    pub async fn subscribe(&mut self, filter: &str) {
        self.client
            .subscribe(filter, QoS::AtLeastOnce)
            .await
            .unwrap();
        self.until(|packet| matches!(packet, Packet::SubAck(_)))
            .await;
    }

    /// Returns when the broker has it, whatever it does with it.
    pub async fn publish(&mut self, topic: &str, payload: &str) {
        let sent = self.client.publish(topic, QoS::AtLeastOnce, false, payload);
        sent.await.unwrap();
        self.until(|packet| matches!(packet, Packet::PubAck(_)))
            .await;
    }

    /// The next message's topic and payload.
    pub async fn hear(&mut self) -> String {
        if self.heard.is_empty() {
            self.until(|packet| matches!(packet, Packet::Publish(_)))
                .await;
        }
        self.heard.pop_front().unwrap()
    }
}
