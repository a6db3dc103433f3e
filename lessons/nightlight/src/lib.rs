//! Where the nightlight's settings and its board are.
//!
//! Two things differ from one desk to the next: which broker and id the programs use, and which
//! board carries the light sensor and the LED. This crate hides only that. [`Settings`] reads the
//! first, [`Board`] opens the second. There is no MQTT in here: that part is yours.
//!
//! ```no_run
//! use embedded_hal::delay::DelayNs;
//! use embedded_hal::digital::OutputPin;
//! use nightlight::{Board, LightSensor, Settings};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let settings = Settings::load()?;
//! let mut board = Board::open(&settings)?;
//!
//! loop {
//!     let light = board.light_sensor.light_level()?;
//!     println!("Light level: {light}");
//!     board.led.set_state((light < 300).into())?;
//!     board.delay.delay_ms(1_000);
//! }
//! # }
//! ```

mod board;
mod settings;

pub use board::{Board, BoardDelay, BoardError, GroveLed, GroveLightSensor, LightSensor};
pub use settings::{AddressError, BoardAddress, BrokerAddress, Origin, Settings, SettingsError};
