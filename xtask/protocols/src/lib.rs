//! What a message costs: the same readings and commands over one protocol after another, counted
//! between the two ends.
//!
//! A [`Relay`] stands between a device and its server. It counts what passes, on any system and
//! without privileges, outside of any encryption; it can delay, which shows round trips, and cut
//! the line. A [`Protocol`] says how to talk; [`cost`], [`commands`] and [`outage`] measure any of
//! them alike.
//!
//! This crate has MQTT over TCP, and is small. The other protocols need other people's clients and
//! servers; they are in `all/`, a workspace of its own.

pub mod commands;
pub mod cost;
pub mod mqtt;
pub mod outage;
pub mod protocol;
pub mod radio;
pub mod relay;
pub mod report;
mod segments;
pub mod traffic;

pub use protocol::{Device, Listener, Protocol, Service};
pub use relay::{Layer, Relay};
pub use traffic::{Flow, Traffic};

/// What a device tells: 13 bytes.
pub const READING: &[u8] = br#"{"light":299}"#;

/// What it is told: 15 bytes.
pub const COMMAND: &[u8] = br#"{"led_on":true}"#;
