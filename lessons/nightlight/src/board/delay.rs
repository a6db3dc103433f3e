//! Waiting, by the board's own clock where it has one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use embedded_hal::delay::DelayNs;

use super::http::Http;

/// Waits, as embedded programs do.
///
/// On a virtual board with a clock of its own, time is the board's: a test can let minutes pass in
/// an instant. Everywhere else this sleeps.
#[derive(Debug, Clone)]
pub struct BoardDelay {
    clock: Option<VirtualClock>,
}

impl BoardDelay {
    /// Waits by the clock of this board, if it has one.
    pub(super) fn virtual_clock(http: Http) -> Self {
        let absent = Arc::default();
        let clock = Some(VirtualClock { http, absent });
        Self { clock }
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

    // The trait's own versions would wait in pieces of at most 4 s.
    fn delay_us(&mut self, us: u32) {
        self.wait(Duration::from_micros(us.into()));
    }

    fn delay_ms(&mut self, ms: u32) {
        self.wait(Duration::from_millis(ms.into()));
    }
}

#[derive(Debug, Clone)]
struct VirtualClock {
    http: Http,
    /// Set once the board has said that it has no clock, so that it is not asked each time.
    absent: Arc<AtomicBool>,
}

impl VirtualClock {
    /// Whether the board has let this time pass.
    fn wait(&self, time: Duration) -> bool {
        if self.absent.load(Ordering::Relaxed) {
            return false;
        }
        let body = format!("{{\"ns\": {}}}", time.as_nanos());
        match self.http.post_patiently("/nightlight/wait", &body) {
            Ok(reply) => {
                if reply.status == 404 {
                    self.absent.store(true, Ordering::Relaxed);
                }
                reply.status == 200
            }
            Err(_) => false,
        }
    }
}
