//! The board: a light sensor, an LED, and the time between two readings.

mod counterfit;
mod delay;
mod error;
mod led;
mod pi;

use std::fmt;

pub use delay::BoardDelay;
pub use error::BoardError;
pub use led::{GroveLed, LedGuard};

use crate::{BoardAddress, Settings};

/// Says how bright it is.
///
/// `embedded-hal` has no trait for a sensor like this one, so this is the nightlight's own.
pub trait LightSensor {
    /// Why a reading can fail.
    type Error;

    /// The light level now: 0 is dark, more is brighter.
    ///
    /// The scale has no unit. It ends at 1023 on a virtual board, and at 1000 on a Grove Base Hat.
    ///
    /// # Errors
    ///
    /// When the sensor cannot be reached, or what it gives is no light level. The next call asks
    /// again.
    fn light_level(&mut self) -> Result<u16, Self::Error>;
}

/// A board, as the parts that are plugged into it.
///
/// Each part can be moved to where it is used, another thread included.
#[derive(Debug)]
pub struct Board {
    /// The light sensor in the analog socket A0.
    pub light_sensor: GroveLightSensor,
    /// The LED in the digital socket D5.
    pub led: GroveLed,
    /// The time between two readings.
    pub delay: BoardDelay,
}

impl Board {
    /// Opens the board that the settings name.
    ///
    /// The LED of a Raspberry Pi starts off; that of a virtual board stays as it is.
    ///
    /// # Errors
    ///
    /// When the board is not there, or one of its parts is not. The message says what to do.
    pub fn open(settings: &Settings) -> Result<Board, BoardError> {
        match &settings.board {
            address @ BoardAddress::Virtual { .. } => counterfit::open(address.to_string()),
            BoardAddress::Pi => pi::open(),
        }
    }
}

/// The light sensor of a [`Board`].
///
/// Its scale ends at 1023 on a virtual board, and at 1000 on a Raspberry Pi.
pub struct GroveLightSensor(Box<dyn LightSensor<Error = BoardError> + Send>);

impl LightSensor for GroveLightSensor {
    type Error = BoardError;

    fn light_level(&mut self) -> Result<u16, BoardError> {
        self.0.light_level()
    }
}

impl fmt::Debug for GroveLightSensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroveLightSensor").finish_non_exhaustive()
    }
}
