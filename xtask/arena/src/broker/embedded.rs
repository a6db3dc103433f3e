//! The broker inside the kit: `mqtt5`, pinned, and only what we rely on and test.

use std::net::SocketAddr;

use anyhow::Context;
use mqtt5::broker::config::{StorageBackend, StorageConfig};
use mqtt5::broker::{BrokerConfig, MqttBroker};
use tokio::task::JoinHandle;

/// Messages that may wait for one client. The default loses some of a burst.
const CHANNEL: usize = 100_000;

/// An MQTT broker in this process.
#[derive(Debug)]
pub struct Embedded {
    address: SocketAddr,
    running: JoinHandle<()>,
}

impl Embedded {
    /// Starts a broker at `address`; port 0 takes a free one.
    ///
    /// # Errors
    /// When the port is in use or may not be opened.
    pub async fn start(address: SocketAddr) -> anyhow::Result<Self> {
        let mut config = BrokerConfig::default()
            .with_bind_address(address)
            .with_storage(StorageConfig::default().with_backend(StorageBackend::Memory))
            .with_client_channel_capacity(CHANNEL)
            .with_sys_topics_enabled(false);
        // Five wrong passwords would lock out the address, which on loopback is everybody.
        config.auth_config.rate_limit.enabled = false;
        let mut broker = MqttBroker::with_config(config)
            .await
            .with_context(|| format!("no broker can listen on {address}"))?;
        let address = broker
            .local_addr()
            .context("the broker does not say where it listens")?;
        let running = tokio::spawn(async move {
            // It ends with an error only when its socket breaks, and then every client says so.
            let _ = broker.run().await;
        });
        Ok(Self { address, running })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.running.abort();
    }
}
