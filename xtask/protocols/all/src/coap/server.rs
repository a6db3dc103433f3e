//! The far end.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use arena::loopback;
use coap_lite::{MessageClass, MessageType, Packet, RequestType, ResponseType};
use protocols::Service;
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::{Coap, Kind, LONGEST, Memory};

/// Serves until it is dropped.
#[derive(Debug)]
pub struct Server {
    socket: Arc<UdpSocket>,
    kind: Kind,
    observers: Observers,
    readings: mpsc::UnboundedReceiver<Vec<u8>>,
    told: u32,
    serving: JoinHandle<()>,
}

/// Whoever observes.
type Observers = Arc<watch::Sender<Option<Observer>>>;

/// Where it is, and by which token it knows what it observes.
#[derive(Clone, Debug)]
struct Observer {
    device: SocketAddr,
    token: Vec<u8>,
}

impl Server {
    pub async fn start(coap: Coap) -> anyhow::Result<Self> {
        let socket = UdpSocket::bind(loopback::at(0)).await;
        let socket = Arc::new(socket.context("no free port on 127.0.0.1")?);
        let observers = Observers::new(watch::Sender::new(None));
        let (sender, readings) = mpsc::unbounded_channel();
        let desk = Desk {
            socket: Arc::clone(&socket),
            memory: coap.memory,
            observers: Arc::clone(&observers),
            readings: sender,
            known: Mutex::default(),
        };
        Ok(Self {
            socket,
            kind: coap.kind,
            observers,
            readings,
            told: 0,
            serving: tokio::spawn(desk.serve()),
        })
    }
}

impl Service for Server {
    fn address(&self) -> SocketAddr {
        // Bound, so it has one.
        self.socket.local_addr().unwrap_or(loopback::at(0))
    }

    async fn arrived(&mut self) -> anyhow::Result<Vec<u8>> {
        self.readings.recv().await.context("the server is gone")
    }

    /// Tells whoever observes, at once or as soon as somebody does.
    async fn command(&mut self, command: &[u8]) -> anyhow::Result<()> {
        let mut watched = self.observers.subscribe();
        let observer = watched.wait_for(Option::is_some).await?.clone();
        let Observer { device, token } = observer.context("nobody observes")?;
        self.told += 1;
        let mut message = Packet::new();
        message.header.set_type(match self.kind {
            Kind::Confirmable => MessageType::Confirmable,
            Kind::NonConfirmable => MessageType::NonConfirmable,
        });
        message.header.code = MessageClass::Response(ResponseType::Content);
        message.header.message_id = self.told as u16;
        message.set_token(token);
        message.set_observe_value(self.told);
        message.payload = command.to_vec();
        self.socket.send_to(&message.to_bytes()?, device).await?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

struct Desk {
    socket: Arc<UdpSocket>,
    memory: Memory,
    observers: Observers,
    readings: mpsc::UnboundedSender<Vec<u8>>,
    known: Mutex<HashSet<(SocketAddr, u16)>>,
}

impl Desk {
    async fn serve(self) {
        let mut bytes = vec![0; LONGEST];
        loop {
            let Ok((length, device)) = self.socket.recv_from(&mut bytes).await else {
                continue;
            };
            // What cannot be read, or not be answered, is lost, as packets are.
            let Ok(message) = Packet::from_bytes(&bytes[..length]) else {
                continue;
            };
            if let Some(Ok(answer)) = self
                .answer(&message, device)
                .map(|answer| answer.to_bytes())
            {
                let _ = self.socket.send_to(&answer, device).await;
            }
        }
    }

    fn answer(&self, message: &Packet, device: SocketAddr) -> Option<Packet> {
        let code = match message.header.code {
            MessageClass::Request(RequestType::Put) => {
                if self.is_new(message, device) {
                    let _ = self.readings.send(message.payload.clone());
                }
                ResponseType::Changed
            }
            MessageClass::Request(RequestType::Get) => {
                let token = message.get_token().to_vec();
                let observer = Observer { device, token };
                self.observers.send_replace(Some(observer));
                ResponseType::Content
            }
            _ => return None,
        };
        let mut answer = Packet::new();
        answer.header.set_type(match message.header.get_type() {
            MessageType::Confirmable => MessageType::Acknowledgement,
            _ => MessageType::NonConfirmable,
        });
        answer.header.code = MessageClass::Response(code);
        answer.header.message_id = message.header.message_id;
        answer.set_token(message.get_token().to_vec());
        if code == ResponseType::Content {
            answer.set_observe_value(0);
        }
        Some(answer)
    }

    fn is_new(&self, message: &Packet, device: SocketAddr) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert((device, message.header.message_id)) || self.memory == Memory::Forgets
    }
}
