//! The chip's parts, from the start until they are taken to where they are used.

use core::cell::Cell;

use embassy_sync::blocking_mutex::CriticalSectionMutex;
use esp_hal::peripherals::{ADC1, GPIO3, GPIO5, GPIO9, WIFI};

/// The Wi-Fi.
pub static RADIO: Part<WIFI<'static>> = Part::none();

/// The converter, and the pin at which it measures. The chip's second one is the Wi-Fi's.
pub static SENSOR: Part<(ADC1<'static>, GPIO3<'static>)> = Part::none();

/// The pin of the LED.
pub static LED: Part<GPIO5<'static>> = Part::none();

/// The pin of the button that boards call BOOT.
pub static BUTTON: Part<GPIO9<'static>> = Part::none();

/// A part that there is once.
pub struct Part<T>(CriticalSectionMutex<Cell<Option<T>>>);

impl<T> Part<T> {
    const fn none() -> Self {
        Self(CriticalSectionMutex::new(Cell::new(None)))
    }

    /// Lays it ready.
    pub fn put(&self, part: T) {
        self.0.lock(|place| place.set(Some(part)));
    }

    /// Takes it away.
    ///
    /// # Panics
    /// The second time.
    pub fn take(&self) -> T {
        match self.0.lock(Cell::take) {
            Some(part) => part,
            None => panic!("a part of the chip is wanted twice"),
        }
    }
}
