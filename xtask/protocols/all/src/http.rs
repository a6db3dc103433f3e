//! HTTP/1.1 and HTTP/2, by hyper at both ends: its client opens and closes a connection when it is
//! told to, which a client that pools connections hides.

mod client;
mod server;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use protocols::{Device, Listener, Protocol};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::tls::{Again, Trust};
use client::Connection;
pub use server::Server;

/// Where readings are put.
const READINGS: &str = "/nl/d1/light";

/// Where commands are fetched.
const COMMANDS: &str = "/nl/d1/commands";

/// Which HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Lines of text (RFC 9112).
    One,
    /// Frames, with headers that are packed (RFC 9113).
    Two,
}

impl Version {
    /// As TLS names it (RFC 7301).
    fn alpn(self) -> &'static str {
        match self {
            Self::One => "http/1.1",
            Self::Two => "h2",
        }
    }
}

/// What a request says beside the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Headers {
    /// Only what must be there.
    Least,
    /// What Python's requests adds by itself, and a token of 32 letters.
    Usual,
}

/// How a device learns of commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// The server answers when there is one: long polling (RFC 6202).
    Waits,
    /// The server answers at once, and there is none.
    InVain,
}

/// HTTP with all its settings.
#[derive(Clone, Debug)]
pub struct Http {
    /// Which.
    pub version: Version,
    /// What is said beside the least.
    pub headers: Headers,
    /// How it is encrypted, if it is.
    pub tls: Option<(Trust, Arc<rustls::ClientConfig>)>,
    /// How commands are asked for.
    pub asking: Asking,
}

impl Http {
    /// Not encrypted, with the least headers, and a server that waits.
    pub fn plain(version: Version) -> Self {
        Self {
            version,
            headers: Headers::Least,
            tls: None,
            asking: Asking::Waits,
        }
    }

    /// Encrypted.
    ///
    /// # Errors
    /// When the certificates cannot be read.
    pub fn over_tls(self, trust: &Trust, again: Again) -> anyhow::Result<Self> {
        let client = trust.client(again, Some(self.version.alpn()))?;
        Ok(Self {
            tls: Some((trust.clone(), client)),
            ..self
        })
    }

    async fn open(&self, server: SocketAddr) -> anyhow::Result<Connection> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        match &self.tls {
            None => Connection::open(self.version, self.headers, stream).await,
            Some((_, config)) => {
                let name = ServerName::from(server.ip());
                let tls = TlsConnector::from(Arc::clone(config));
                let stream = tls.connect(name, stream).await.context("TLS")?;
                Connection::open(self.version, self.headers, stream).await
            }
        }
    }
}

impl Protocol for Http {
    type Service = Server;
    type Device = Connection;
    type Listener = Connection;

    async fn serve(&self) -> anyhow::Result<Server> {
        let tls = match &self.tls {
            None => None,
            Some((trust, _)) => Some(trust.server(Some(self.version.alpn()))?),
        };
        Server::start(self.version, tls, self.asking).await
    }

    async fn connect(&self, server: SocketAddr) -> anyhow::Result<Connection> {
        self.open(server).await
    }

    async fn listen(&self, server: SocketAddr) -> anyhow::Result<Connection> {
        self.open(server).await
    }
}

impl Device for Connection {
    async fn send(&mut self, reading: &[u8]) -> anyhow::Result<()> {
        self.post(READINGS, reading).await
    }

    async fn close(self) -> anyhow::Result<()> {
        self.end().await
    }
}

impl Listener for Connection {
    async fn command(&mut self) -> anyhow::Result<Vec<u8>> {
        let answer = self.get(COMMANDS).await?;
        // Who asked in vain has been told nothing; for the count that is what there was.
        Ok(if answer.is_empty() {
            protocols::COMMAND.to_vec()
        } else {
            answer
        })
    }
}
