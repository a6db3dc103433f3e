//! MQTT 5.

use std::collections::VecDeque;
use std::net::SocketAddr;

use anyhow::Context;
use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, PublishProperties};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};

use super::{COMMANDS, DEVICE, Far, KEEP_ALIVE, OUTBOX, READINGS, Session, at_once};
use crate::protocol::{Device, Listener, Protocol};

/// The number that stands for the topic, where it has one.
const ALIAS: u16 = 1;

/// The newer version.
#[derive(Clone, Debug)]
pub struct Mqtt5 {
    /// As in 3.1.1.
    pub session: Session,
    /// Whether a number takes the place of the topic once it was named (MQTT 5, section
    /// 3.3.2.3.4).
    pub has_alias: bool,
}

/// A connected client.
pub struct Client {
    client: AsyncClient,
    events: EventLoop,
    qos: QoS,
    /// A kept session brings what has waited before the device says that it listens.
    heard: VecDeque<Vec<u8>>,
    alias: Alias,
}

enum Alias {
    Never,
    ToBeNamed,
    Named,
}

impl Protocol for Mqtt5 {
    type Service = Far;
    type Device = Client;
    type Listener = Client;

    async fn serve(&self) -> anyhow::Result<Far> {
        Far::start(&self.session).await
    }

    async fn connect(&self, server: SocketAddr) -> anyhow::Result<Client> {
        let session = &self.session;
        let mut options = MqttOptions::new(DEVICE, (session.host)(server), server.port());
        options.set_transport(session.transport.clone());
        options.set_keep_alive(KEEP_ALIVE);
        options.set_clean_start(!session.is_kept);
        options.set_network_options(at_once());
        let (client, mut events) = AsyncClient::new(options, OUTBOX);
        events.poll().await?;
        Ok(Client {
            client,
            events,
            qos: same(session.qos),
            heard: VecDeque::new(),
            alias: if self.has_alias {
                Alias::ToBeNamed
            } else {
                Alias::Never
            },
        })
    }

    async fn listen(&self, server: SocketAddr) -> anyhow::Result<Client> {
        let mut client = self.connect(server).await?;
        client.client.subscribe(COMMANDS, client.qos).await?;
        client
            .until(|event| matches!(event, Event::Incoming(Packet::SubAck(_))))
            .await?;
        Ok(client)
    }
}

impl Client {
    async fn until(&mut self, is_it: impl Fn(&Event) -> bool) -> anyhow::Result<()> {
        loop {
            let event = self.events.poll().await?;
            if let Event::Incoming(Packet::Publish(message)) = &event {
                self.heard.push_back(message.payload.to_vec());
            }
            if is_it(&event) {
                return Ok(());
            }
        }
    }

    async fn publish(&mut self, reading: &[u8]) -> anyhow::Result<()> {
        let payload = reading.to_vec();
        let topic = match self.alias {
            Alias::Never => {
                let sent = self.client.publish(READINGS, self.qos, false, payload);
                return Ok(sent.await?);
            }
            Alias::ToBeNamed => READINGS,
            Alias::Named => "",
        };
        self.alias = Alias::Named;
        let properties = PublishProperties {
            topic_alias: Some(ALIAS),
            ..PublishProperties::default()
        };
        let sent = self
            .client
            .publish_with_properties(topic, self.qos, false, payload, properties);
        Ok(sent.await?)
    }
}

impl Device for Client {
    async fn send(&mut self, reading: &[u8]) -> anyhow::Result<()> {
        self.publish(reading).await?;
        let qos = self.qos;
        self.until(|event| match qos {
            QoS::AtMostOnce => matches!(event, Event::Outgoing(Outgoing::Publish(_))),
            QoS::AtLeastOnce => matches!(event, Event::Incoming(Packet::PubAck(_))),
            QoS::ExactlyOnce => matches!(event, Event::Incoming(Packet::PubComp(_))),
        })
        .await
    }

    async fn close(mut self) -> anyhow::Result<()> {
        self.client.disconnect().await?;
        self.until(|event| matches!(event, Event::Outgoing(Outgoing::Disconnect)))
            .await
    }
}

impl Listener for Client {
    async fn command(&mut self) -> anyhow::Result<Vec<u8>> {
        while self.heard.is_empty() {
            self.until(|event| matches!(event, Event::Incoming(Packet::Publish(_))))
                .await?;
            if self.qos == QoS::ExactlyOnce {
                // The event loop answers it with the PUBCOMP that ends the exchange.
                self.until(|event| matches!(event, Event::Incoming(Packet::PubRel(_))))
                    .await?;
            }
        }
        self.heard.pop_front().context("nothing heard")
    }
}

fn same(qos: rumqttc::QoS) -> QoS {
    match qos {
        rumqttc::QoS::AtMostOnce => QoS::AtMostOnce,
        rumqttc::QoS::AtLeastOnce => QoS::AtLeastOnce,
        rumqttc::QoS::ExactlyOnce => QoS::ExactlyOnce,
    }
}
