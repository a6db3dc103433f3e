//! What a nightlight's device says and understands: names, topics and payloads.
//!
//! There is no standard library in here and no heap, so this runs on a microcontroller as well as on
//! a computer, and its tests run where you are. Texts lie in memory of a fixed size, which the
//! longest id fills.
#![no_std]

mod command;
mod names;
mod telemetry;

pub use command::{BadCommand, Command};
pub use names::{ClientName, LONGEST_ID, Topic, client_name, commands_topic, telemetry_topic};
pub use telemetry::{Telemetry, is_dark};
