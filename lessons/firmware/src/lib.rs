//! What is under a nightlight that has no operating system: the machine, the line to its board,
//! TCP/IP, and MQTT.
//!
//! The machine is ARM's MPS2 board with its image AN386, a Cortex-M4 at 25 MHz. Another one has a
//! package of its own with the same names in it, which takes [`mqtt`] and [`settings`] from here.
#![no_std]

pub mod board;
mod console;
mod executor;
mod interrupt;
mod lamp;
mod lan9118;
pub mod mqtt;
pub mod network;
mod panic;
mod register;
mod serial;
pub mod settings;
mod systick;
mod uart;

pub use cortex_m_rt::entry;
pub use executor::{run, start};
