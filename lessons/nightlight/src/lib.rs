//! Where the nightlight's settings and its board are.
//!
//! Two things differ from one desk to the next: which id and broker the programs use, and which
//! board carries the light sensor and the LED. This crate hides these two, and nothing else.
//! There is no MQTT in it: that part is yours.
//!
//! A nightlight that decides for itself, once a second:
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
//!
//!     if light < 300 {
//!         board.led.set_high()?;
//!     } else {
//!         board.led.set_low()?;
//!     }
//!
//!     board.delay.delay_ms(1_000);
//! }
//! # }
//! ```
//!
//! # Settings
//!
//! [`Settings::load`] reads your id, the broker and the board from environment variables or from
//! the file `nightlight.toml`. Only the id has no default.
//!
//! A broker may ask for a user and a password; [`BrokerAddress::login`] has them for your
//! `MqttOptions`. It may also be encrypted, or one over WebSocket: build your program with the
//! feature `tls` or `websocket`, and your code stays as it is.
//!
//! # The board
//!
//! [`Board::open`] opens the board that the settings name.
//!
//! | part | socket | what you call | on a virtual board | on a Raspberry Pi |
//! |---|---|---|---|---|
//! | [`light_sensor`](Board::light_sensor) | A0 | [`light_level`](LightSensor::light_level) | 0 to 1023 | 0 to 1000 |
//! | [`led`](Board::led) | D5 | `set_high`, `set_low`, `set_state` of [`OutputPin`] | the LED on its page | GPIO 5, 3.3 V when high |
//! | [`delay`](Board::delay) | | `delay_ms` and others of [`DelayNs`] | the board's clock, if it has one | a real sleep |
//!
//! [`OutputPin`] and [`DelayNs`] are traits of [`embedded_hal`], in which Rust programs for
//! microcontrollers are written too. A trait has to be in scope before its methods can be called,
//! which is what the `use` lines above are for.
//!
//! Each part is a value of its own. Move it to the place that uses it, be that another thread:
//!
//! ```no_run
//! use std::thread;
//!
//! use embedded_hal::digital::OutputPin;
//! use nightlight::{Board, LightSensor, Settings};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let Board { mut light_sensor, mut led, .. } = Board::open(&Settings::load()?)?;
//! let lamp = thread::spawn(move || led.set_high());
//! println!("Light level: {}", light_sensor.light_level()?);
//! # drop(lamp);
//! # Ok(())
//! # }
//! ```
//!
//! A program that ends leaves a virtual board's LED as it is. [`GroveLed::guard`] puts it out.
//!
//! # A virtual board
//!
//! `cargo xtask board` starts one. So does [CounterFit], which has the same HTTP interface: this
//! crate adds a light sensor on pin 0 and an LED on pin 5 there if they are missing. A board that
//! goes away makes each call fail, until it is back.
//!
//! # A Raspberry Pi
//!
//! Put a Grove Base Hat on a Raspberry Pi, the light sensor into socket A0 and the LED into D5.
//! Build your program with the feature `pi` (`cargo run --features pi`), and set
//! `NIGHTLIGHT_BOARD=pi`. This works on Linux only; elsewhere the program builds, and says so when
//! it is run.
//!
//! # Errors
//!
//! [`SettingsError`] and [`BoardError`] say in whole sentences what happened and what to do next.
//! Print them, or return them from `main`.
//!
//! [CounterFit]: https://github.com/CounterFit-IoT/CounterFit
//! [`OutputPin`]: embedded_hal::digital::OutputPin
//! [`DelayNs`]: embedded_hal::delay::DelayNs

mod board;
mod settings;
#[cfg(feature = "tls")]
mod tunnel;

pub use board::{Board, BoardDelay, BoardError, GroveLed, GroveLightSensor, LedGuard, LightSensor};
pub use settings::{
    AddressError, BoardAddress, BrokerAddress, Login, Origin, Settings, SettingsError,
};
#[cfg(feature = "tls")]
pub use tunnel::{Tunnel, TunnelError};
