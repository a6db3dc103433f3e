//! Waiting, by the board's own clock where it has one.

use std::thread;
use std::time::Duration;

use embedded_hal::delay::DelayNs;

use super::counterfit::VirtualClock;

/// Waits for a while, the embedded way: `board.delay.delay_ms(1_000)`.
///
/// On the kit's virtual board, time is the board's: in a check, minutes of it pass in an instant.
/// On every other board this sleeps. Clone it to wait in several threads.
#[derive(Debug, Clone)]
pub struct BoardDelay {
    clock: Option<VirtualClock>,
}

impl BoardDelay {
    /// Waits by the board's clock, if it turns out to have one.
    pub(super) fn by(clock: VirtualClock) -> Self {
        Self { clock: Some(clock) }
    }

    /// Waits by the clock on the wall.
    #[cfg(all(feature = "pi", target_os = "linux"))]
    pub(super) fn real() -> Self {
        Self { clock: None }
    }

    fn wait(&self, time: Duration) {
        if time.is_zero() {
            return;
        }
        let waited = self.clock.as_ref().is_some_and(|clock| clock.wait(time));
        if !waited {
            thread::sleep(time);
        }
    }
}

impl DelayNs for BoardDelay {
    fn delay_ns(&mut self, ns: u32) {
        self.wait(Duration::from_nanos(ns.into()));
    }

    // The trait's own versions of these two would wait in pieces of at most 4 s.

    fn delay_us(&mut self, us: u32) {
        self.wait(Duration::from_micros(us.into()));
    }

    fn delay_ms(&mut self, ms: u32) {
        self.wait(Duration::from_millis(ms.into()));
    }
}
