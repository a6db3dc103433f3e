//! The line between a device and its server: it counts, delays, and can be cut.

mod datagrams;
mod ledger;
mod streams;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use arena::loopback;
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinHandle;

use crate::segments;
use crate::traffic::Traffic;
use ledger::Ledger;

/// What the protocol stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// A connection.
    Tcp,
    /// Packets by themselves.
    Udp,
}

impl Layer {
    /// Bytes that IPv4 and the layer put before what a packet carries, without options (RFC 791,
    /// RFC 9293, RFC 768). Linux adds 12 to TCP's; IPv6 has 20 more.
    pub fn header(self) -> u64 {
        match self {
            Self::Tcp => 40,
            Self::Udp => 28,
        }
    }

    /// Round trips before the protocol's own first byte.
    pub fn opening(self) -> u64 {
        match self {
            Self::Tcp => 1,
            Self::Udp => 0,
        }
    }
}

/// A line. Dropped, everything on it is cut.
#[derive(Debug)]
pub struct Relay {
    layer: Layer,
    address: SocketAddr,
    ledger: Arc<Ledger>,
    carrying: JoinHandle<()>,
}

impl Relay {
    /// Opens a line to `server`, on a free port.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn open(layer: Layer, server: SocketAddr) -> anyhow::Result<Self> {
        let ledger = Arc::new(Ledger::default());
        let entrance = loopback::at(0);
        let no_port = "no free port on 127.0.0.1";
        let (address, carrying) = match layer {
            Layer::Tcp => {
                let listener = TcpListener::bind(entrance).await.context(no_port)?;
                let address = listener.local_addr()?;
                let carrying = streams::carry(listener, server, Arc::clone(&ledger));
                (address, tokio::spawn(carrying))
            }
            Layer::Udp => {
                let socket = UdpSocket::bind(entrance).await.context(no_port)?;
                let address = socket.local_addr()?;
                let carrying = datagrams::carry(socket, server, Arc::clone(&ledger));
                (address, tokio::spawn(carrying))
            }
        };
        Ok(Self {
            layer,
            address,
            ledger,
            carrying,
        })
    }

    /// Where the device connects.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What has passed so far.
    pub fn traffic(&self) -> Traffic {
        self.ledger.traffic()
    }

    /// Holds everything for so long, in each direction.
    pub fn delay(&self, delay: Duration) {
        self.ledger.delay(delay);
    }

    /// From now on what the server says is lost, and what the device says arrives.
    pub fn lose_answers(&self) {
        self.ledger.lose_answers();
    }

    /// Whether the system says how many packets there were. Otherwise there were at least as many as
    /// are counted.
    pub fn counts_packets() -> bool {
        segments::ARE_TOLD
    }

    /// Cuts all connections, and lets nothing through until [`Relay::mend`].
    pub fn cut(&self) {
        self.ledger.cut();
    }

    /// Everything passes again.
    pub fn mend(&self) {
        self.ledger.mend();
    }

    /// Until the device has sent more than so many bytes.
    ///
    /// # Errors
    /// When it has not within `limit`.
    pub async fn has_carried_more_than(&self, bytes: u64, limit: Duration) -> anyhow::Result<()> {
        let sent = self.ledger.when(|traffic| traffic.up.bytes > bytes);
        tokio::time::timeout(limit, sent)
            .await
            .context("the device sends nothing more")
    }

    /// Until both ends have closed every connection, or `limit` is over. UDP has none.
    pub async fn all_closed(&self, limit: Duration) {
        if self.layer == Layer::Udp {
            return;
        }
        let _ = tokio::time::timeout(limit, self.ledger.all_closed()).await;
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.carrying.abort();
    }
}
