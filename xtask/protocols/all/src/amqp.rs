//! AMQP, both of it, through RabbitMQ.

mod far;
mod one;
mod zero_nine;

use std::net::SocketAddr;

pub use far::Far;
pub use one::Amqp1;
pub use zero_nine::Amqp091;

/// Whether a message is acknowledged: a reading by the broker, a command by the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is.
    Confirmed,
    /// Sent is gone.
    None,
}

/// The two queues of one measurement. Measurements run side by side, so each has a number; their
/// names are as long as MQTT's topics.
#[derive(Clone, Copy, Debug)]
pub struct Queues(pub u8);

impl Queues {
    fn readings(self) -> String {
        format!("nl.{:02}.light", self.0)
    }

    fn commands(self) -> String {
        format!("nl.{:02}.commands", self.0)
    }
}

fn url(server: SocketAddr) -> String {
    format!("amqp://guest:guest@{server}")
}
