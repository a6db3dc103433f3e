//! The virtual board's clock, which CounterFit does not have.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;

use super::http::Http;

/// A clock that only the board lets go on.
///
/// `POST /nightlight/wait` with `{"ns": 1000000000}` is answered, with status 200, when that many
/// nanoseconds of the board's time have passed.
#[derive(Debug, Clone)]
pub(in crate::board) struct VirtualClock {
    http: Http,
    /// Set once the board has said that it has no clock, so that it is not asked each time.
    absent: Arc<AtomicBool>,
}

impl VirtualClock {
    pub(super) fn new(http: Http) -> Self {
        let absent = Arc::default();
        Self { http, absent }
    }

    /// Waits for the board to let this time pass. `false` if the board does not do that.
    pub(in crate::board) fn wait(&self, time: Duration) -> bool {
        if self.absent.load(Ordering::Relaxed) {
            return false;
        }
        // 64 bits are 584 years; the longest delay there is takes 50 days.
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let body = json!({ "ns": nanoseconds }).to_string();
        let Ok(reply) = self.http.post_and_wait("/nightlight/wait", &body) else {
            return false;
        };
        if reply.status == 404 {
            self.absent.store(true, Ordering::Relaxed);
        }
        reply.status == 200
    }
}

#[cfg(test)]
mod tests;
