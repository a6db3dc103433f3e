//! MQTT 3.1.1 as far as a nightlight needs it: one connection to a broker, at quality of service 0.

mod inbox;
mod lost;

use core::net::SocketAddrV4;

use embassy_net::tcp::TcpSocket;
use embassy_time::{Duration, Instant, with_timeout};
use embedded_io_async::Write;
use heapless07::{String as Text, Vec as List};
use mqttrs::{
    Connect, ConnectReturnCode, Packet, Pid, Protocol, Publish, QoS, QosPid, Subscribe,
    SubscribeTopic, encode_slice,
};

use crate::settings::Login;
use inbox::Inbox;
pub use lost::Lost;

/// We promise the broker to be heard within this time, in seconds.
const KEEP_ALIVE: u16 = 60;

/// How long we say nothing of our own accord before we ask whether the broker is still there. Also
/// where we publish all the time: at quality of service 0 nobody answers that.
const PING_EVERY: Duration = Duration::from_secs(30);

/// How long the broker, and the network in between, may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Room for a packet that we send: a CONNECT with the longest id and login.
const OUTBOX: usize = 512;

/// A connection that the broker has accepted.
pub struct Connection<'a, 'b> {
    socket: &'a mut TcpSocket<'b>,
    inbox: Inbox,
    pinged: Instant,
    /// Whether the last ping was answered.
    answered: bool,
}

impl<'a, 'b> Connection<'a, 'b> {
    /// Connects under this name, and waits until the broker has accepted us.
    pub async fn open(
        socket: &'a mut TcpSocket<'b>,
        broker: SocketAddrV4,
        name: &str,
        login: Option<&Login>,
    ) -> Result<Self, Lost> {
        let dialled = with_timeout(PATIENCE, socket.connect(broker)).await;
        dialled.map_err(|_| Lost::Silent)?.map_err(Lost::NotThere)?;
        let mut connection = Self {
            socket,
            inbox: Inbox::new(),
            pinged: Instant::now(),
            answered: true,
        };
        let connect = Packet::Connect(Connect {
            protocol: Protocol::MQTT311,
            keep_alive: KEEP_ALIVE,
            client_id: name,
            clean_session: true,
            last_will: None,
            username: login.map(|login| login.user.as_str()),
            password: login.map(|login| login.password.as_bytes()),
        });
        connection.send(&connect).await?;
        let answer = with_timeout(PATIENCE, connection.arrived()).await;
        answer.map_err(|_| Lost::Silent)??;
        let code = connection.take(|packet| match packet {
            Packet::Connack(answer) => Ok(answer.code),
            _ => Err(Lost::Garbled),
        })??;
        match code {
            ConnectReturnCode::Accepted => Ok(connection),
            refused => Err(Lost::Refused(refused)),
        }
    }

    /// Asks for all messages of a topic.
    pub async fn subscribe(&mut self, topic: &str) -> Result<(), Lost> {
        let topic = SubscribeTopic {
            topic_path: Text::from(topic),
            qos: QoS::AtMostOnce,
        };
        let mut topics = List::new();
        // There is room for five.
        let _ = topics.push(topic);
        let pid = Pid::new();
        self.send(&Packet::Subscribe(Subscribe { pid, topics }))
            .await
    }

    /// Sends a message.
    pub async fn publish(&mut self, topic: &str, payload: &[u8]) -> Result<(), Lost> {
        self.send(&Packet::Publish(Publish {
            dup: false,
            qospid: QosPid::AtMostOnce,
            retain: false,
            topic_name: topic,
            payload,
        }))
        .await
    }

    /// Waits until a packet has come, and may be dropped before.
    pub async fn arrived(&mut self) -> Result<(), Lost> {
        self.inbox.arrived(self.socket).await
    }

    /// Reads the packet that has come.
    pub fn take<T>(&mut self, read: impl FnOnce(&Packet) -> T) -> Result<T, Lost> {
        let Self {
            inbox, answered, ..
        } = self;
        inbox.take(|packet| {
            *answered |= matches!(packet, Packet::Pingresp);
            read(packet)
        })
    }

    /// When to ask whether the broker is still there.
    pub fn next_ping(&self) -> Instant {
        self.pinged + PING_EVERY
    }

    /// Asks whether the broker is still there.
    pub async fn ping(&mut self) -> Result<(), Lost> {
        if !self.answered {
            return Err(Lost::Silent);
        }
        self.answered = false;
        self.pinged = Instant::now();
        self.send(&Packet::Pingreq).await
    }

    /// Takes leave, so that the broker knows that nothing is wrong.
    pub async fn goodbye(mut self) {
        // Whether anybody hears it no longer matters.
        let _ = self.send(&Packet::Disconnect).await;
        self.socket.close();
        let _ = with_timeout(PATIENCE, self.socket.flush()).await;
    }

    async fn send(&mut self, packet: &Packet<'_>) -> Result<(), Lost> {
        let mut bytes = [0; OUTBOX];
        let length = encode_slice(packet, &mut bytes).map_err(|_| Lost::Garbled)?;
        let sent = with_timeout(PATIENCE, self.socket.write_all(&bytes[..length])).await;
        sent.map_err(|_| Lost::Silent)?.map_err(Lost::Broken)
    }
}
