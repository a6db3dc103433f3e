//! The brokers a check can run against.

mod access;
mod choice;
mod descriptors;
mod embedded;
mod gossip;
mod mosquitto;

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use nightlight::{BrokerAddress, Settings, Tunnel};
use tokio::net::TcpStream;

use crate::peer::Peer;

pub use crate::endpoint::Endpoint;
pub use access::{Access, Act};
pub use choice::BrokerChoice;
pub use embedded::Embedded;
pub use gossip::{Deed, Happening, Listener};
pub use mosquitto::Mosquitto;

/// Where MQTT brokers listen (IANA: `mqtt`, 1883/tcp), so that other clients find ours too.
pub const MQTT_PORT: u16 = 1883;

/// How long a broker may take to accept a connection before it counts as not answering.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// A broker that answers. Dropped, the ones we started stop.
#[derive(Debug)]
pub enum Broker {
    /// See [`Embedded`].
    Embedded(Embedded),
    /// See [`Mosquitto`].
    Mosquitto(Box<Mosquitto>),
    /// Somebody else's.
    Remote {
        /// Where it, or the tunnel to it, is.
        endpoint: Endpoint,
        /// The way to an encrypted one.
        tunnel: Option<Arc<Tunnel>>,
    },
    /// Somebody else's, in several nodes: each [`Broker::Remote`].
    Nodes(Vec<Broker>),
}

impl Broker {
    /// Starts the chosen broker, or makes sure that it answers.
    ///
    /// # Errors
    /// When it cannot be started or does not answer, with what to do about it.
    pub async fn start(choice: &BrokerChoice) -> anyhow::Result<Self> {
        Self::open(choice, false).await
    }

    /// As [`Broker::start`], one with a store: sessions, what waits in them and retained messages
    /// survive a restart. Somebody else's broker is taken as it is.
    ///
    /// # Errors
    /// As [`Broker::start`].
    pub async fn start_with_a_store(choice: &BrokerChoice) -> anyhow::Result<Self> {
        Self::open(choice, true).await
    }

    /// As [`Broker::start`], and lets everybody do what `access` says, until
    /// [`Broker::set_access`]. None, where rights are not ours to give: somebody else's broker has its
    /// own, and only on Unix can Mosquitto be told to read them again.
    ///
    /// # Errors
    /// As [`Broker::start`].
    pub async fn start_with(
        choice: &BrokerChoice,
        access: &Access,
    ) -> anyhow::Result<Option<Self>> {
        Ok(match choice {
            BrokerChoice::Embedded => {
                let embedded = Embedded::for_a_scene(access.clone()).await?;
                Some(Self::Embedded(embedded))
            }
            BrokerChoice::Mosquitto if cfg!(unix) => {
                let mosquitto = Mosquitto::with_access(access).await?;
                Some(Self::Mosquitto(Box::new(mosquitto)))
            }
            BrokerChoice::Mosquitto | BrokerChoice::Remote(_) | BrokerChoice::Nodes(_) => None,
        })
    }

    /// From now on everybody may do what this says. Mosquitto takes a moment until it has read it.
    ///
    /// # Errors
    /// When the broker was not started with [`Broker::start_with`].
    pub fn set_access(&self, access: Access) -> anyhow::Result<()> {
        match self {
            Self::Embedded(broker) => broker.set_access(access),
            Self::Mosquitto(broker) => broker.set_access(&access)?,
            Self::Remote { .. } | Self::Nodes(_) => {
                anyhow::bail!("somebody else's broker has rights of its own")
            }
        }
        Ok(())
    }

    async fn open(choice: &BrokerChoice, store: bool) -> anyhow::Result<Self> {
        match choice {
            BrokerChoice::Embedded => {
                let access = Access::default();
                let embedded = if store {
                    Embedded::with_a_store(access).await?
                } else {
                    Embedded::for_a_scene(access).await?
                };
                Ok(Self::Embedded(embedded))
            }
            BrokerChoice::Mosquitto => {
                let mosquitto = if store {
                    Mosquitto::with_a_store().await
                } else {
                    Mosquitto::start().await
                };
                let mosquitto = mosquitto.context("`--broker embedded` needs nothing installed")?;
                Ok(Self::Mosquitto(Box::new(mosquitto)))
            }
            BrokerChoice::Remote(broker) => remote(broker).await.with_context(|| unusable(choice)),
            BrokerChoice::Nodes(addresses) => {
                let mut nodes = Vec::with_capacity(addresses.len());
                for address in addresses {
                    let node = BrokerChoice::Remote(address.clone());
                    nodes.push(remote(address).await.with_context(|| unusable(&node))?);
                }
                Ok(Self::Nodes(nodes))
            }
        }
    }

    /// Where it takes plain connections.
    pub fn address(&self) -> SocketAddr {
        match self {
            Self::Embedded(broker) => broker.address(),
            Self::Mosquitto(broker) => broker.address(),
            Self::Remote { endpoint, .. } => endpoint.address,
            Self::Nodes(_) => self.endpoint().address,
        }
    }

    /// Where it takes plain connections, and with which login. Of several nodes the first.
    pub fn endpoint(&self) -> Endpoint {
        self.endpoint_at(0)
    }

    /// As [`Broker::endpoint`], of the node at this place: they take turns, and most brokers have one.
    pub fn endpoint_at(&self, place: usize) -> Endpoint {
        match self {
            Self::Remote { endpoint, .. } => endpoint.clone(),
            Self::Nodes(nodes) => nodes[place % nodes.len()].endpoint(),
            ours => ours.address().into(),
        }
    }

    /// Makes sure that it still accepts a client, from CONNECT to CONNACK. One that does not is
    /// never the learner's fault.
    ///
    /// # Errors
    /// When it does not.
    pub async fn probe(&self) -> anyhow::Result<()> {
        Peer::connect(self.endpoint(), &passing_name())
            .await?
            .leave()
            .await;
        Ok(())
    }

    /// Starts it afresh: whatever it kept in memory is gone, what is in a store is not. Somebody else's broker is left alone.
    ///
    /// # Errors
    /// As [`Broker::start`].
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        match self {
            Self::Embedded(broker) => broker.restart().await?,
            Self::Mosquitto(broker) => broker.restart().await?,
            Self::Remote { .. } | Self::Nodes(_) => {}
        }
        Ok(())
    }
}

fn unusable(choice: &BrokerChoice) -> String {
    format!("the broker {choice} cannot be used, and `--broker embedded` needs no other one")
}

async fn remote(broker: &BrokerAddress) -> anyhow::Result<Broker> {
    anyhow::ensure!(!broker.is_websocket(), choice::NO_WEBSOCKET);
    let login = broker.login_kept().cloned();
    let (address, tunnel) = if broker.is_encrypted() {
        let tunnel = tunnel(broker.clone()).await?;
        (tunnel.address(), Some(Arc::new(tunnel)))
    } else {
        (reach(&broker.host, broker.port).await?, None)
    };
    let endpoint = Endpoint { address, login };
    // Who listens there need not speak MQTT, and a login that the broker does not accept is nothing
    // that a learner could mend.
    let passing = Peer::connect(endpoint.clone(), &passing_name()).await;
    passing
        .context("something listens there, and lets no MQTT client in")?
        .leave()
        .await;
    Ok(Broker::Remote { endpoint, tunnel })
}

/// For a client that only looks whether the broker answers.
fn passing_name() -> String {
    format!("nightlight-{}", fastrand::u32(..))
}

/// A tunnel to a broker that has proved its name.
async fn tunnel(broker: BrokerAddress) -> anyhow::Result<Tunnel> {
    let tunnel = tokio::task::spawn_blocking(move || {
        let authorities = Settings::broker_ca()?;
        let tunnel = Tunnel::open(&broker, authorities.as_deref())?;
        tunnel.probe()?;
        anyhow::Ok(tunnel)
    });
    tunnel.await?
}

async fn reach(host: &str, port: u16) -> anyhow::Result<SocketAddr> {
    let name = host.trim_matches(['[', ']']).to_owned();
    let place = (name, port);
    let addresses = tokio::task::spawn_blocking(move || place.to_socket_addrs()).await??;
    let mut problem = anyhow::anyhow!("the name `{host}` leads nowhere");
    for address in addresses {
        match tokio::time::timeout(ANSWER_LIMIT, TcpStream::connect(address)).await {
            Ok(Ok(_)) => return Ok(address),
            Ok(Err(error)) => problem = error.into(),
            Err(_) => {
                problem = anyhow::anyhow!("no answer within {} s", ANSWER_LIMIT.as_secs());
            }
        }
    }
    Err(problem.context("it does not answer. Is it running?"))
}
