//! The broker inside the kit: `mqtt5`, pinned, and only what we rely on and test.

use std::net::SocketAddr;

use anyhow::Context;
use mqtt5::broker::config::{StorageBackend, StorageConfig};
use mqtt5::broker::{BrokerConfig, MqttBroker};
use tokio::task::JoinHandle;

use crate::loopback;

/// What may wait for one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Waiting {
    /// Messages for one that is online. mqtt5's default loses some of a class's burst.
    online: usize,
    /// Bytes of messages for one that is away and has a session.
    away: usize,
}

impl Waiting {
    /// For people and their programs.
    const GENEROUS: Self = Self {
        online: 100_000,
        away: 64 << 20,
    };

    /// For one scene: more than any scene sends, and so little that a program that never reads,
    /// or that leaves a thousand sessions, does not fill the memory.
    const SCENE: Self = Self {
        online: 8_000,
        away: 128 << 10,
    };
}

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
        Self::start_with(address, Waiting::GENEROUS).await
    }

    /// Starts one on a free loopback port that keeps only so much for its clients.
    ///
    /// # Errors
    /// When the machine has no port left.
    pub async fn for_a_scene() -> anyhow::Result<Self> {
        Self::start_with(loopback::at(0), Waiting::SCENE).await
    }

    async fn start_with(address: SocketAddr, waiting: Waiting) -> anyhow::Result<Self> {
        let storage = StorageConfig::default()
            .with_backend(StorageBackend::Memory)
            .with_max_queued_bytes_per_client(waiting.away);
        let mut config = BrokerConfig::default()
            .with_bind_address(address)
            .with_storage(storage)
            .with_client_channel_capacity(waiting.online)
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
