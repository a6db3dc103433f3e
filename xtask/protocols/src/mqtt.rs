//! MQTT, by rumqttc, through a broker of the field.

mod far;
mod queue;
pub mod v3;
pub mod v5;

use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use arena::broker::{Broker, BrokerChoice};
use rumqttc::{MqttOptions, NetworkOptions, QoS, Transport};

pub use far::Far;
pub use queue::Queue;

/// Where readings go: 11 bytes.
pub const READINGS: &str = "nl/d1/light";

/// Where commands come from: 14 bytes.
pub const COMMANDS: &str = "nl/d1/commands";

/// The device's name, as long as those of the lessons: 12 bytes.
const DEVICE: &str = "d1nightlight";

/// Longer than any measurement, so that no ping gets into one.
const KEEP_ALIVE: Duration = Duration::from_secs(600);

/// How many messages wait for the event loop.
const OUTBOX: usize = 100;

/// A broker that runs. Dropped, it stops if it is ours.
pub trait Place: Send + Sync {
    /// Where the device connects.
    fn entrance(&self) -> SocketAddr;

    /// Where whoever reads connects, by plain TCP.
    fn plain(&self) -> SocketAddr;
}

impl Place for Broker {
    fn entrance(&self) -> SocketAddr {
        self.address()
    }

    fn plain(&self) -> SocketAddr {
        self.address()
    }
}

/// What starts a broker, each time a new one.
pub type Start = dyn Fn() -> Starting + Send + Sync;

/// A broker that is starting.
pub type Starting = Pin<Box<dyn Future<Output = anyhow::Result<Box<dyn Place>>> + Send>>;

/// What a device says MQTT over, and with which promise.
#[derive(Clone)]
pub struct Session {
    /// What starts its broker.
    pub start: Arc<Start>,
    /// What MQTT is said over. Below it is TCP, always.
    pub transport: Transport,
    /// The host as rumqttc wants it: for WebSocket a URL.
    pub host: fn(SocketAddr) -> String,
    /// The promise for readings and commands.
    pub qos: QoS,
    /// Whether the broker keeps the session while the device is away.
    pub is_kept: bool,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("qos", &self.qos)
            .field("is_kept", &self.is_kept)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Over plain TCP, with a broker that the kit can start.
    pub fn plain(choice: BrokerChoice, qos: QoS) -> Self {
        let start = move || -> Starting {
            let choice = choice.clone();
            Box::pin(async move {
                let broker = Broker::start(&choice).await?;
                Ok(Box::new(broker) as Box<dyn Place>)
            })
        };
        Self {
            start: Arc::new(start),
            transport: Transport::tcp(),
            host: |server| server.ip().to_string(),
            qos,
            is_kept: false,
        }
    }

    /// The same with a session that the broker keeps.
    pub fn kept(self) -> Self {
        Self {
            is_kept: true,
            ..self
        }
    }

    fn options(&self, server: SocketAddr) -> MqttOptions {
        let mut options = MqttOptions::new(DEVICE, (self.host)(server), server.port());
        options.set_transport(self.transport.clone());
        options.set_keep_alive(KEEP_ALIVE);
        options.set_clean_session(!self.is_kept);
        options
    }
}

/// Small packets go at once.
fn at_once() -> NetworkOptions {
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    network
}
