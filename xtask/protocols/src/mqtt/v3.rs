//! MQTT 3.1.1.

use std::net::SocketAddr;

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
        while !is_it(&self.events.poll().await?) {}
        Ok(())
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
        loop {
            let event = self.events.poll().await?;
            let Event::Incoming(Packet::Publish(message)) = event else {
                continue;
            };
            if self.qos == QoS::ExactlyOnce {
                // The event loop answers it with the PUBCOMP that ends the exchange.
                self.until(|event| matches!(event, Event::Incoming(Packet::PubRel(_))))
                    .await?;
            }
            return Ok(message.payload.to_vec());
        }
    }
}
