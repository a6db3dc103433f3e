//! Time on a busy machine: what is observed takes longer there, and is given the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

/// A time limit in many naps. On a machine so busy that each nap takes longer, a program under
/// observation takes longer too, and is given the time.
pub async fn patience(limit: Duration) {
    const NAPS: u32 = 20;
    const SHORTEST: Duration = Duration::from_millis(10);
    const LONGEST: Duration = Duration::from_millis(50);
    // What is shorter than that is meant to the millisecond.
    let nap = match limit / NAPS {
        nap if nap < SHORTEST => limit,
        nap => nap.min(LONGEST),
    };
    let mut left = limit;
    while !left.is_zero() {
        let nap = left.min(nap);
        tokio::time::sleep(nap).await;
        left -= nap;
    }
}

/// Measures how busy the machine is, by short naps, until it is dropped.
#[derive(Debug)]
pub struct Metronome {
    begun: Instant,
    naps: Arc<AtomicU32>,
    /// The longest nap so far, in milliseconds.
    longest: Arc<AtomicU32>,
    beating: JoinHandle<()>,
}

/// Long enough to cost nothing, and short beside the pauses that anybody is judged by.
const NAP: Duration = Duration::from_millis(10);

/// A timer is late by as much on a machine that has nothing else to do.
const USUALLY_LATE: f64 = 2.0;

impl Metronome {
    /// Begins to measure.
    pub fn start() -> Self {
        let naps = Arc::<AtomicU32>::default();
        let longest = Arc::<AtomicU32>::default();
        let (counted, measured) = (Arc::clone(&naps), Arc::clone(&longest));
        let beating = tokio::spawn(async move {
            loop {
                let begun = Instant::now();
                tokio::time::sleep(NAP).await;
                counted.fetch_add(1, Ordering::Relaxed);
                let nap = u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX);
                measured.fetch_max(nap, Ordering::Relaxed);
            }
        });
        Self {
            begun: Instant::now(),
            naps,
            longest,
            beating,
        }
    }

    /// The longest that a nap of ten milliseconds has taken since then.
    pub fn longest_nap(&self) -> Duration {
        Duration::from_millis(self.longest.load(Ordering::Relaxed).into())
    }

    /// How many times as long as usual everything has taken since then: 1 or more.
    pub fn slowness(&self) -> f64 {
        let naps = self.naps.load(Ordering::Relaxed);
        slowness(self.begun.elapsed(), naps)
    }
}

impl Drop for Metronome {
    fn drop(&mut self) {
        self.beating.abort();
    }
}

/// Waits for a second in which no nap of ten milliseconds takes as long as `late`, at most for `limit`.
pub async fn lull(late: Duration, limit: Duration) {
    const SECOND: Duration = Duration::from_secs(1);
    let begun = Instant::now();
    while begun.elapsed() < limit {
        let metronome = Metronome::start();
        tokio::time::sleep(SECOND).await;
        if metronome.longest_nap() < late {
            break;
        }
    }
}

fn slowness(elapsed: Duration, naps: u32) -> f64 {
    // One is under way.
    let meant = NAP * (naps + 1);
    (elapsed.as_secs_f64() / meant.as_secs_f64() / USUALLY_LATE).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_naps_that_are_very_late_make_a_machine_slow() {
        let second = Duration::from_secs(1);
        assert_eq!(slowness(second, 99), 1.0, "in time");
        assert_eq!(slowness(second, 59), 1.0, "as usual");
        assert_eq!(slowness(second, 9), 5.0, "ten times as long");
    }

    #[tokio::test]
    async fn a_lull_lasts_a_second_and_is_not_waited_for_without_end() {
        let begun = Instant::now();
        lull(Duration::MAX, Duration::from_secs(60)).await;
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "all naps are shorter"
        );
        lull(Duration::ZERO, Duration::from_millis(1)).await;
    }

    #[tokio::test]
    async fn who_keeps_the_others_from_their_turn_is_noticed() {
        const BLOCKED: Duration = Duration::from_millis(60);
        let metronome = Metronome::start();
        tokio::task::yield_now().await;
        std::thread::sleep(BLOCKED);
        tokio::time::sleep(NAP).await;
        assert!(metronome.longest_nap() >= BLOCKED);
    }
}
