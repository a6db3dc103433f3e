//! What is under a nightlight on an ESP32-C3: the chip, its light sensor, LED and button, and Wi-Fi.
//!
//! All that the program uses has the same name as in the emulated machine. So the program is the same
//! file, and MQTT and the settings are the same modules.
#![no_std]

pub mod board;
mod executor;
pub mod network;
mod panic;
mod parts;

/// What no machine has a say in.
#[path = "../../src"]
mod firmware {
    pub mod mqtt;
    pub mod settings;
}

pub use esp_hal::main as entry;
pub use executor::{run, start};
pub use firmware::{mqtt, settings};

// The boot loader starts no program that does not say what it is.
esp_bootloader_esp_idf::esp_app_desc!();
