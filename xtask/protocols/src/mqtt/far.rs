//! The far end: a broker, and a server that subscribes there.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::{COMMANDS, KEEP_ALIVE, OUTBOX, Place, READINGS, Session, at_once};
use crate::protocol::Service;

/// How long the broker may take to let the server subscribe.
const LIMIT: Duration = Duration::from_secs(10);

/// A broker with a server. Dropped, both stop.
pub struct Far {
    place: Box<dyn Place>,
    server: AsyncClient,
    qos: QoS,
    readings: mpsc::UnboundedReceiver<Vec<u8>>,
    polling: JoinHandle<()>,
}

impl Far {
    pub(super) async fn start(session: &Session) -> anyhow::Result<Self> {
        let place = (session.start)().await?;
        let plain = place.plain();
        let mut options = MqttOptions::new("server", plain.ip().to_string(), plain.port());
        options.set_keep_alive(KEEP_ALIVE);
        let (server, mut events) = AsyncClient::new(options, OUTBOX);
        events.set_network_options(at_once());
        // What the device sends must not become less on the way from the broker.
        server.subscribe(READINGS, QoS::ExactlyOnce).await?;
        let subscribed = async {
            while !matches!(events.poll().await?, Event::Incoming(Packet::SubAck(_))) {}
            anyhow::Ok(())
        };
        tokio::time::timeout(LIMIT, subscribed)
            .await
            .context("the broker does not let the server subscribe")??;
        let (heard, readings) = mpsc::unbounded_channel();
        let polling = tokio::spawn(async move {
            while let Ok(event) = events.poll().await {
                if let Event::Incoming(Packet::Publish(message)) = event {
                    let _ = heard.send(message.payload.to_vec());
                }
            }
        });
        Ok(Self {
            place,
            server,
            qos: session.qos,
            readings,
            polling,
        })
    }
}

impl Service for Far {
    fn address(&self) -> SocketAddr {
        self.place.entrance()
    }

    async fn arrived(&mut self) -> anyhow::Result<Vec<u8>> {
        let reading = self.readings.recv().await;
        reading.context("the server has lost the broker")
    }

    async fn command(&mut self, command: &[u8]) -> anyhow::Result<()> {
        let sent = self.server.publish(COMMANDS, self.qos, false, command);
        sent.await.context("the server has lost the broker")
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        self.polling.abort();
    }
}
