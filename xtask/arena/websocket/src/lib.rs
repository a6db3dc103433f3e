//! MQTT over WebSocket (MQTT 3.1.1, section 6; RFC 6455) between a program and the line.

mod bytes_of;
mod link;

pub use link::WebSocket;
