//! The Grove Base Hat's analog-to-digital converter.
//!
//! The hat has a microcontroller of its own, with 16-bit registers that are read over SMBus. The
//! addresses and registers are those of Seeed's library grove.py (`grove/adc.py`) and of the
//! hat's page in Seeed's wiki.

use std::fmt::Display;

use crate::board::{BoardError, LightSensor};

/// Boards with an STM32 answer at the first address, those with an MM32 (since 2022) at the second.
const ADDRESSES: [u8; 2] = [0x04, 0x08];

/// The register that says which hat it is.
const ID: u8 = 0x00;

/// What the ID register says: the hat for the Pi, and the one for the Pi Zero.
const HAT_IDS: [u16; 2] = [4, 5];

/// The register with the voltage at socket A0, as a ratio to the supply voltage in 0.1 %.
const A0_RATIO: u8 = 0x30;

/// All of the supply voltage, in 0.1 %.
const HIGHEST_LEVEL: u16 = 1000;

/// The two SMBus calls that the hat understands (SMBus 3.1, sections 6.5.2 and 6.5.5).
pub(super) trait SmBus {
    /// Why a call can fail.
    type Error: Display;

    /// Sends one byte to the device at this address.
    fn smbus_send_byte(&mut self, address: u8, byte: u8) -> Result<(), Self::Error>;

    /// Reads a word, low byte first, from the device at this address.
    fn smbus_read_word(&mut self, address: u8, command: u8) -> Result<u16, Self::Error>;
}

/// A hat that was found on the bus.
#[derive(Debug)]
pub(super) struct GroveHat<B> {
    bus: B,
    address: u8,
}

impl<B: SmBus> GroveHat<B> {
    /// Asks at each address a hat can have whether one is there.
    pub(super) fn find(mut bus: B) -> Result<Self, BoardError> {
        let mut found = Vec::new();
        for address in ADDRESSES {
            match read_register(&mut bus, address, ID) {
                Ok(id) if HAT_IDS.contains(&id) => return Ok(Self { bus, address }),
                Ok(id) => found.push(format!("{address:#04x}: another device, with id {id:#06x}")),
                Err(error) => found.push(format!("{address:#04x}: {error}")),
            }
        }
        let found = found.join("; ");
        Err(BoardError::NoHat { found })
    }
}

impl<B: SmBus> LightSensor for GroveHat<B> {
    type Error = BoardError;

    fn light_level(&mut self) -> Result<u16, BoardError> {
        let Self { bus, address } = self;
        match read_register(bus, *address, A0_RATIO) {
            Ok(level @ 0..=HIGHEST_LEVEL) => Ok(level),
            Ok(level) => Err(BoardError::NoLightLevel {
                sensor: "socket A0 of the Grove Base Hat".to_owned(),
                level: level.to_string(),
                highest: HIGHEST_LEVEL,
            }),
            Err(error) => Err(BoardError::HatSilent {
                address: *address,
                register: A0_RATIO,
                reason: error.to_string(),
            }),
        }
    }
}

/// The hat wants to be told the register by a byte of its own before it is read.
fn read_register<B: SmBus>(bus: &mut B, address: u8, register: u8) -> Result<u16, B::Error> {
    bus.smbus_send_byte(address, register)?;
    bus.smbus_read_word(address, register)
}

#[cfg(test)]
mod tests;
