//! MQTT 3.1.1.

use std::collections::VecDeque;
use std::net::SocketAddr;

use anyhow::Context;
use rumqttc::{AsyncClient, Event, EventLoop, Outgoing, Packet, QoS};

use super::{COMMANDS, Far, OUTBOX, READINGS, Session, at_once};
use crate::protocol::{Device, Listener, Protocol};

/// As the lessons speak it.
#[derive(Clone, Debug)]
pub struct Mqtt3(pub Session);

/// A connected client.
pub struct Client {
    client: AsyncClient,
    events: EventLoop,
    qos: QoS,
    /// A kept session brings what has waited before the device says that it listens.
    heard: VecDeque<Vec<u8>>,
}

impl Protocol for Mqtt3 {
    type Service = Far;
    type Device = Client;
    type Listener = Client;

    async fn serve(&self) -> anyhow::Result<Far> {
        Far::start(&self.0).await
    }

    async fn connect(&self, server: SocketAddr) -> anyhow::Result<Client> {
        let (client, mut events) = AsyncClient::new(self.0.options(server), OUTBOX);
        events.set_network_options(at_once());
        // The first thing that happens is a CONNACK, or an error.
        events.poll().await?;
        let qos = self.0.qos;
        Ok(Client {
            client,
            events,
            qos,
            heard: VecDeque::new(),
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
}

impl Device for Client {
    async fn send(&mut self, reading: &[u8]) -> anyhow::Result<()> {
        let qos = self.qos;
        self.client.publish(READINGS, qos, false, reading).await?;
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
