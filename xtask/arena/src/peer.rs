//! A client of our own at the broker: the other side of the program under observation.

use std::time::Duration;

use anyhow::{Context, bail};
use rumqttc::{AsyncClient, Event, NetworkOptions, Packet, QoS};
use tokio::task::JoinHandle;

use crate::endpoint::Endpoint;

/// How long the broker may take to accept us.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Publishes to the broker directly, not over the recorded line.
#[derive(Debug)]
pub struct Peer {
    client: AsyncClient,
    polling: JoinHandle<()>,
}

impl Peer {
    /// Connects under `name`.
    ///
    /// # Errors
    /// When the broker does not accept us: that is never the learner's fault.
    pub async fn connect(broker: impl Into<Endpoint>, name: &str) -> anyhow::Result<Self> {
        let mut options = broker.into().options(name);
        options.set_keep_alive(Duration::from_secs(60));
        let (client, mut events) = AsyncClient::new(options, 100);
        // Two messages in a row, and the second would wait for the first one's acknowledgement,
        // which a broker that has nothing to answer puts off for 40 ms.
        let mut network = NetworkOptions::new();
        network.set_tcp_nodelay(true);
        events.set_network_options(network);
        let accepted = tokio::time::timeout(CONNECT_LIMIT, async {
            loop {
                match events.poll().await {
                    Ok(Event::Incoming(Packet::ConnAck(_))) => return Ok(()),
                    Ok(_) => {}
                    Err(error) => return Err(error),
                }
            }
        });
        match accepted.await {
            Ok(outcome) => outcome.context("the broker does not accept the checker")?,
            Err(_) => bail!("the broker does not answer the checker"),
        }
        let polling = tokio::spawn(async move { while events.poll().await.is_ok() {} });
        Ok(Self { client, polling })
    }

    /// Publishes with QoS 0, not retained.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn publish(&self, topic: &str, payload: impl Into<Vec<u8>>) -> anyhow::Result<()> {
        self.client
            .publish(topic, QoS::AtMostOnce, false, payload)
            .await?;
        Ok(())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.polling.abort();
    }
}
