//! A device.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use arena::loopback;
use coap_lite::{
    CoapOption, ContentFormat, MessageClass, MessageType, ObserveOption, Packet, RequestType,
};
use protocols::{Device, Listener};
use tokio::net::UdpSocket;
use tokio::time::timeout;

use super::{COMMANDS, Kind, LONGEST, READINGS};

/// How long a confirmable message waits for its answer at first; then twice as long (RFC 7252,
/// section 4.8).
const ACK_TIMEOUT: Duration = Duration::from_secs(2);

/// Up to so many times as long, by chance.
const ACK_RANDOM_FACTOR: f64 = 1.5;

/// How often it is sent again.
const MAX_RETRANSMIT: u32 = 4;

/// Sends from a socket of its own. There is no connection.
#[derive(Debug)]
pub struct Client {
    socket: UdpSocket,
    kind: Kind,
    next: u16,
}

impl Client {
    pub async fn open(kind: Kind, server: SocketAddr) -> anyhow::Result<Self> {
        let socket = UdpSocket::bind(loopback::at(0)).await;
        let socket = socket.context("no free port on 127.0.0.1")?;
        socket.connect(server).await?;
        // By chance, so that a server does not take it for another's (RFC 7252, section 4.4).
        let next = fastrand::u16(..);
        Ok(Self { socket, kind, next })
    }

    /// Asks to be told of commands (RFC 7641).
    pub async fn observe(&mut self) -> anyhow::Result<()> {
        let mut question = self.message(RequestType::Get, &COMMANDS, Kind::Confirmable);
        question.set_observe_value(ObserveOption::Register as u32);
        self.confirmed(&question).await
    }

    fn message(&mut self, what: RequestType, path: &[&str], kind: Kind) -> Packet {
        let mut message = Packet::new();
        message.header.set_type(match kind {
            Kind::Confirmable => MessageType::Confirmable,
            Kind::NonConfirmable => MessageType::NonConfirmable,
        });
        message.header.code = MessageClass::Request(what);
        message.header.message_id = self.next;
        // One byte is enough for one question at a time.
        message.set_token(vec![self.next.to_be_bytes()[1]]);
        self.next = self.next.wrapping_add(1);
        for part in path {
            message.add_option(CoapOption::UriPath, part.as_bytes().to_vec());
        }
        message
    }

    /// Sends it until it is acknowledged.
    async fn confirmed(&self, message: &Packet) -> anyhow::Result<()> {
        let bytes = message.to_bytes()?;
        let mut patience = ACK_TIMEOUT.mul_f64(1.0 + fastrand::f64() * (ACK_RANDOM_FACTOR - 1.0));
        for _ in 0..=MAX_RETRANSMIT {
            self.socket.send(&bytes).await?;
            let answer = self.acknowledged(message.header.message_id);
            if let Ok(answered) = timeout(patience, answer).await {
                return answered;
            }
            patience *= 2;
        }
        bail!("no answer, {MAX_RETRANSMIT} times")
    }

    async fn acknowledged(&self, number: u16) -> anyhow::Result<()> {
        loop {
            let message = self.receive().await?;
            let is_ours = message.header.message_id == number;
            if is_ours && message.header.get_type() == MessageType::Acknowledgement {
                return Ok(());
            }
        }
    }

    async fn receive(&self) -> anyhow::Result<Packet> {
        let mut bytes = vec![0; LONGEST];
        let length = self.socket.recv(&mut bytes).await?;
        Packet::from_bytes(&bytes[..length]).context("what has come is no CoAP")
    }
}

impl Device for Client {
    async fn send(&mut self, reading: &[u8]) -> anyhow::Result<()> {
        let mut message = self.message(RequestType::Put, &READINGS, self.kind);
        message.set_content_format(ContentFormat::ApplicationJSON);
        message.payload = reading.to_vec();
        match self.kind {
            Kind::Confirmable => self.confirmed(&message).await,
            Kind::NonConfirmable => {
                self.socket.send(&message.to_bytes()?).await?;
                Ok(())
            }
        }
    }

    async fn close(self) -> anyhow::Result<()> {
        Ok(())
    }
}

impl Listener for Client {
    async fn command(&mut self) -> anyhow::Result<Vec<u8>> {
        loop {
            let message = self.receive().await?;
            if message.header.get_type() == MessageType::Confirmable {
                let mut known = Packet::new();
                known.header.set_type(MessageType::Acknowledgement);
                known.header.code = MessageClass::Empty;
                known.header.message_id = message.header.message_id;
                self.socket.send(&known.to_bytes()?).await?;
            }
            if !message.payload.is_empty() {
                return Ok(message.payload);
            }
        }
    }
}
