//! The broker inside the kit: `mqtt5`, pinned, and only what we rely on and test.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use mqtt5::broker::config::{StorageBackend, StorageConfig};
use mqtt5::broker::{BrokerConfig, BrokerShutdownHandle, MqttBroker};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::access::{Access, Porter};
use super::descriptors;
use super::gossip::{Listener, Teller};
use crate::loopback;

/// The longest packet that it takes, in bytes, and says so to clients of MQTT 5: the most that
/// "remaining length" can count. mqtt5's default is one more. The standard allows that, but Python's
/// Paho calls such a CONNACK malformed, and connects again for ever; so does aiomqtt, built on it.
const LONGEST_PACKET: usize = 268_435_455;

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
    /// or that leaves hundreds of sessions, does not fill the memory. Messages are counted here, and not bytes: how long
    /// each may be is the line's to say, in the [`Budget`](crate::record::Budget).
    const SCENE: Self = Self {
        online: 2_000,
        away: 128 << 10,
    };
}

/// An MQTT broker in this process.
pub struct Embedded {
    address: SocketAddr,
    /// What it keeps over a restart.
    store: Option<Arc<TempDir>>,
    porter: Porter,
    shutdown: BrokerShutdownHandle,
    running: JoinHandle<()>,
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded")
            .field("address", &self.address)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

impl Embedded {
    /// Starts a broker at `address`; port 0 takes a free one.
    ///
    /// # Errors
    /// When the port is in use or may not be opened.
    pub async fn start(address: SocketAddr) -> anyhow::Result<Self> {
        Self::start_with(address, Waiting::GENEROUS, None, Access::default(), None).await
    }

    /// As [`Embedded::start`], lets its clients do what `access` says, and tells of all that they do.
    ///
    /// # Errors
    /// As [`Embedded::start`].
    pub async fn serve(
        address: SocketAddr,
        access: Access,
        listener: Option<Listener>,
    ) -> anyhow::Result<Self> {
        Self::start_with(address, Waiting::GENEROUS, None, access, listener).await
    }

    /// Starts one on a free loopback port that keeps only so much for its clients, and lets them
    /// do what `access` says.
    ///
    /// # Errors
    /// When the machine has no port left.
    pub async fn for_a_scene(access: Access) -> anyhow::Result<Self> {
        Self::start_with(loopback::at(0), Waiting::SCENE, None, access, None).await
    }

    /// As [`Embedded::for_a_scene`], with a store: sessions, their messages and retained ones
    /// survive a restart.
    ///
    /// # Errors
    /// When the machine has no port left, or no temporary folder.
    pub async fn with_a_store(access: Access) -> anyhow::Result<Self> {
        let store = TempDir::new().context("no temporary folder for the broker's store")?;
        let store = Some(Arc::new(store));
        Self::start_with(loopback::at(0), Waiting::SCENE, store, access, None).await
    }

    /// Ends it and starts another one, elsewhere, with the same access and, if it has one, the
    /// same store. What it kept in memory is gone.
    ///
    /// # Errors
    /// When the machine has no port left.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        if self.store.is_some() {
            // What it writes in the background has to arrive.
            self.shutdown.shutdown();
            let _ = (&mut self.running).await;
        }
        let (store, access) = (self.store.clone(), self.porter.access());
        *self = Self::start_with(loopback::at(0), Waiting::SCENE, store, access, None).await?;
        Ok(())
    }

    async fn start_with(
        address: SocketAddr,
        waiting: Waiting,
        store: Option<Arc<TempDir>>,
        access: Access,
        listener: Option<Listener>,
    ) -> anyhow::Result<Self> {
        let storage = match &store {
            None => StorageConfig::default().with_backend(StorageBackend::Memory),
            Some(folder) => StorageConfig::default()
                .with_backend(StorageBackend::File)
                .with_base_dir(folder.path().to_owned()),
        };
        let storage = storage.with_max_queued_bytes_per_client(waiting.away);
        let mut config = BrokerConfig::default();
        let clients = descriptors::room_for(config.max_clients);
        config = config
            .with_max_clients(clients)
            .with_bind_address(address)
            .with_storage(storage)
            .with_client_channel_capacity(waiting.online)
            .with_max_packet_size(LONGEST_PACKET)
            .with_sys_topics_enabled(false);
        let teller = listener.map(|listener| Arc::new(Teller::new(listener)));
        if let Some(teller) = teller.clone() {
            config = config.with_event_handler(teller);
        }
        // Five wrong passwords would lock out the address, which on loopback is everybody.
        config.auth_config.rate_limit.enabled = false;
        let porter = Porter::new(access, teller);
        let broker = MqttBroker::with_config(config)
            .await
            .with_context(|| format!("no broker can listen on {address}"))?;
        let mut broker = broker.with_auth_provider(Arc::new(porter.clone()));
        let address = broker
            .local_addr()
            .context("the broker does not say where it listens")?;
        let shutdown = broker.shutdown_handle();
        let running = tokio::spawn(async move {
            // It ends with an error only when its socket breaks, and then every client says so.
            let _ = broker.run().await;
        });
        Ok(Self {
            address,
            store,
            porter,
            shutdown,
            running,
        })
    }

    /// From now on clients may do what this says. Who is connected stays connected.
    pub fn set_access(&self, access: Access) {
        self.porter.change(access);
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
