//! MQTT over WebSocket (MQTT 3.1.1, section 6; RFC 6455) between a program and the line, or a broker.

mod bytes_of;
mod gate;
mod link;

pub use gate::{Gate, Guests};
pub use link::WebSocket;
