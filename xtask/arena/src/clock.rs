//! Virtual time: how a check runs minutes of a program's life in milliseconds.
//!
//! A program that waits through the board's delay asks the board, and is answered when the clock
//! is moved on. Until then it stands still, so nothing it does can be missed.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

/// A clock that moves only when told to.
#[derive(Debug, Default)]
pub struct Clock {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    now: Duration,
    waiting: Vec<Waiter>,
}

#[derive(Debug)]
struct Waiter {
    until: Duration,
    wake: oneshot::Sender<()>,
}

impl Clock {
    /// Virtual time since the arena began.
    pub fn now(&self) -> Duration {
        self.lock().now
    }

    /// Begins a wait; the receiver is told when it is over.
    pub fn begin_wait(&self, wait: Duration) -> oneshot::Receiver<()> {
        let (wake, woken) = oneshot::channel();
        let mut state = self.lock();
        let until = state.now.saturating_add(wait);
        state.waiting.push(Waiter { until, wake });
        woken
    }

    /// Whether somebody waits.
    pub fn is_waited_on(&self) -> bool {
        let mut state = self.lock();
        state.waiting.retain(|waiter| !waiter.wake.is_closed());
        !state.waiting.is_empty()
    }

    /// Moves on to the end of the shortest wait that somebody is still in, and ends it. Does
    /// nothing when nobody waits.
    pub fn advance(&self) {
        let mut state = self.lock();
        state.waiting.retain(|waiter| !waiter.wake.is_closed());
        let Some(until) = state.waiting.iter().map(|waiter| waiter.until).min() else {
            return;
        };
        state.now = state.now.max(until);
        let (over, waiting) = std::mem::take(&mut state.waiting)
            .into_iter()
            .partition(|waiter: &Waiter| waiter.until <= until);
        state.waiting = waiting;
        for waiter in over {
            // A program that is gone does not mind.
            let _ = waiter.wake.send(());
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_end_in_order_and_none_early() {
        let clock = Clock::default();
        let mut long = clock.begin_wait(Duration::from_secs(5));
        let mut short = clock.begin_wait(Duration::from_secs(1));
        assert!(short.try_recv().is_err());

        clock.advance();
        assert_eq!(clock.now(), Duration::from_secs(1));
        assert!(short.try_recv().is_ok());
        assert!(long.try_recv().is_err());

        clock.advance();
        assert_eq!(clock.now(), Duration::from_secs(5));
        assert!(long.try_recv().is_ok());

        clock.advance();
        assert_eq!(
            clock.now(),
            Duration::from_secs(5),
            "nobody waits: time stands still"
        );
    }

    #[test]
    fn a_waiter_that_left_is_not_waited_for() {
        let clock = Clock::default();
        drop(clock.begin_wait(Duration::from_secs(1)));
        let mut stays = clock.begin_wait(Duration::from_secs(2));
        clock.advance();
        assert!(stays.try_recv().is_ok());
    }
}
