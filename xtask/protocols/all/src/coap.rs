//! CoAP over UDP, by coap-lite, which packs and unpacks; the socket is ours.

mod client;
mod server;

use std::net::SocketAddr;

use protocols::{Layer, Protocol};

pub use client::Client;
pub use server::Server;

/// Where readings are put. Commands come from there, too, for who observes it.
const READINGS: [&str; 3] = ["nl", "d1", "light"];
const COMMANDS: [&str; 3] = ["nl", "d1", "commands"];

/// The longest message that we expect, in bytes (RFC 7252, section 4.6).
const LONGEST: usize = 1152;

/// What the sender of a message asks for (RFC 7252, section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// To be acknowledged, and sent again until it is.
    Confirmable,
    /// Nothing.
    NonConfirmable,
}

/// What a server does with a message that it has had before (RFC 7252, section 4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// It knows its number, and only answers again.
    Remembers,
    /// It takes it for new.
    Forgets,
}

/// CoAP with all its settings.
#[derive(Clone, Copy, Debug)]
pub struct Coap {
    /// Of readings, and of commands.
    pub kind: Kind,
    /// The server's.
    pub memory: Memory,
}

impl Protocol for Coap {
    type Service = Server;
    type Device = Client;
    type Listener = Client;

    fn layer(&self) -> Layer {
        Layer::Udp
    }

    async fn serve(&self) -> anyhow::Result<Server> {
        Server::start(*self).await
    }

    async fn connect(&self, server: SocketAddr) -> anyhow::Result<Client> {
        Client::open(self.kind, server).await
    }

    async fn listen(&self, server: SocketAddr) -> anyhow::Result<Client> {
        let mut client = Client::open(self.kind, server).await?;
        client.observe().await?;
        Ok(client)
    }
}
