//! The LED, and what puts it out when the program ends.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use embedded_hal::digital::{ErrorType, OutputPin, PinState};

use super::BoardError;

type Pin = Box<dyn OutputPin<Error = BoardError> + Send>;

/// The LED of a [`Board`](crate::Board): high is on, low is off.
///
/// On a Raspberry Pi it goes out when this value and its guards are dropped, so keep it for as long
/// as it is to shine. A thread that never ends drops nothing: there a [`LedGuard`] helps.
pub struct GroveLed(Arc<Mutex<Option<Pin>>>);

impl GroveLed {
    pub(super) fn on(pin: impl OutputPin<Error = BoardError> + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Some(Box::new(pin)))))
    }

    /// What puts this LED out when it is dropped, at the end of `main` say, wherever the LED itself
    /// is by then.
    pub fn guard(&self) -> LedGuard {
        LedGuard(Self(Arc::clone(&self.0)))
    }

    /// The pin, unless it was let go.
    fn pin(&self) -> MutexGuard<'_, Option<Pin>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(
        &self,
        order: impl FnOnce(&mut Pin) -> Result<(), BoardError>,
    ) -> Result<(), BoardError> {
        self.pin().as_mut().map_or(Ok(()), order)
    }
}

impl ErrorType for GroveLed {
    type Error = BoardError;
}

impl OutputPin for GroveLed {
    fn set_low(&mut self) -> Result<(), BoardError> {
        self.tell(|pin| pin.set_low())
    }

    fn set_high(&mut self) -> Result<(), BoardError> {
        self.tell(|pin| pin.set_high())
    }

    fn set_state(&mut self, state: PinState) -> Result<(), BoardError> {
        self.tell(|pin| pin.set_state(state))
    }
}

impl fmt::Debug for GroveLed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroveLed").finish_non_exhaustive()
    }
}

/// Puts an LED out when it is dropped, and for good: whoever sets the LED afterwards changes
/// nothing.
///
/// ```no_run
/// use std::thread;
///
/// use embedded_hal::digital::OutputPin;
/// use nightlight::{Board, Settings};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let board = Board::open(&Settings::load()?)?;
/// let _guard = board.led.guard();
///
/// let mut led = board.led;
/// thread::spawn(move || loop {
///     let _ = led.set_high();
/// });
/// # Ok(())
/// # } // here `_guard` is dropped, and the LED goes out
/// ```
///
/// Give it a name like `_guard`: what is called just `_` is dropped at once. A process that is
/// killed, or that calls [`std::process::exit`], drops nothing; before that, call
/// [`LedGuard::put_out`].
#[must_use = "the LED goes out when this is dropped"]
#[derive(Debug)]
pub struct LedGuard(GroveLed);

impl LedGuard {
    /// Puts the LED out now. If the board cannot be reached, standard error says so; a board that
    /// does not answer is waited for, but not longer than five seconds.
    pub fn put_out(&self) {
        // Held until it is out: who ends the process next waits for that.
        let mut held = self.0.pin();
        if let Some(Err(error)) = held.as_mut().map(|pin| pin.set_low()) {
            eprintln!("The LED may still be on. {error}");
        }
        // A pin of a Raspberry Pi is also released here.
        *held = None;
    }
}

impl Drop for LedGuard {
    fn drop(&mut self) {
        self.put_out();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// Tells what it was set to, and that it was dropped.
    struct Pin(Sender<&'static str>);

    impl Drop for Pin {
        fn drop(&mut self) {
            let _ = self.0.send("released");
        }
    }

    impl ErrorType for Pin {
        type Error = BoardError;
    }

    impl OutputPin for Pin {
        fn set_low(&mut self) -> Result<(), BoardError> {
            let _ = self.0.send("low");
            Ok(())
        }

        fn set_high(&mut self) -> Result<(), BoardError> {
            let _ = self.0.send("high");
            Ok(())
        }
    }

    fn led() -> (GroveLed, Receiver<&'static str>) {
        let (tell, told) = channel();
        (GroveLed::on(Pin(tell)), told)
    }

    #[test]
    fn a_guard_puts_it_out_for_good() {
        let (mut led, told) = led();
        let guard = led.guard();
        led.set_high().unwrap();
        drop(guard);
        assert_eq!(told.iter().collect::<Vec<_>>(), ["high", "low", "released"]);
        led.set_high().unwrap();
        led.guard().put_out();
    }

    #[test]
    fn without_a_guard_it_is_only_released() {
        let (mut led, told) = led();
        led.set_high().unwrap();
        drop(led);
        assert_eq!(told.iter().collect::<Vec<_>>(), ["high", "released"]);
    }

    #[test]
    fn a_guard_outlives_the_thread_that_had_the_led() {
        let (mut led, told) = led();
        let guard = led.guard();
        let lit = std::thread::spawn(move || {
            led.set_high().unwrap();
            panic!("the sensor's thread ends");
        });
        assert!(lit.join().is_err());
        drop(guard);
        assert_eq!(told.iter().collect::<Vec<_>>(), ["high", "low", "released"]);
    }
}
