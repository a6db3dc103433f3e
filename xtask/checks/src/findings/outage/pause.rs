//! How long a program waits before it tries to connect again.

use std::time::{Duration, Instant};

use arena::record::{Entry, Event};

use crate::actor::Actor;

/// When something was, by both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    real: Instant,
    of_the_board: Duration,
}

impl Moment {
    /// Now.
    pub fn now(actor: &Actor) -> Self {
        Self {
            real: Instant::now(),
            of_the_board: actor.clock.now(),
        }
    }

    /// Of something that was seen.
    pub fn of(entry: &Entry) -> Self {
        Self {
            real: entry.at,
            of_the_board: entry.virtual_at,
        }
    }

    /// Who waits in real time may have another thread that waits on the virtual clock, and the
    /// other way round: the longer of the two counts.
    pub fn until(self, later: Self) -> Duration {
        let real = later.real.saturating_duration_since(self.real);
        real.max(later.of_the_board.saturating_sub(self.of_the_board))
    }
}

/// The shortest time from a failure, the cut or a refusal, to the next attempt to connect, up to
/// the one that is welcome.
pub fn shortest_pause(cut: Moment, since: &[Entry]) -> Option<Duration> {
    let mut failed = cut;
    let mut shortest = None;
    for entry in since {
        let Event::Dialled { accepted, .. } = entry.event else {
            continue;
        };
        let attempt = Moment::of(entry);
        let pause = failed.until(attempt);
        shortest = Some(shortest.map_or(pause, |shortest: Duration| shortest.min(pause)));
        if accepted {
            break;
        }
        failed = attempt;
    }
    shortest
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELCOME: bool = true;
    const REFUSED: bool = false;

    /// The shortest pause, in milliseconds, of attempts at these moments of the real and of the
    /// board's clock after the cut.
    fn shortest(attempts: &[(u64, u64, bool)]) -> Option<u128> {
        let cut = Moment {
            real: Instant::now(),
            of_the_board: Duration::from_secs(100),
        };
        let entries: Vec<Entry> = attempts
            .iter()
            .map(|&(real, of_the_board, accepted)| Entry {
                at: cut.real + Duration::from_millis(real),
                virtual_at: cut.of_the_board + Duration::from_millis(of_the_board),
                event: Event::Dialled { link: 1, accepted },
            })
            .collect();
        shortest_pause(cut, &entries).map(|pause| pause.as_millis())
    }

    #[test]
    fn the_first_attempt_and_the_welcome_one_end_pauses_too() {
        assert_eq!(
            shortest(&[(50, 0, REFUSED), (100, 0, WELCOME)]),
            Some(50),
            "a patient one"
        );
        assert_eq!(
            shortest(&[(3, 0, REFUSED), (90, 0, WELCOME)]),
            Some(3),
            "hasty at first"
        );
        assert_eq!(
            shortest(&[(60, 0, REFUSED), (64, 0, WELCOME)]),
            Some(4),
            "hasty at last"
        );
        assert_eq!(shortest(&[]), None);
    }

    #[test]
    fn a_pause_by_the_boards_clock_is_one() {
        let by_the_board = [(1, 1_000, REFUSED), (2, 2_000, WELCOME)];
        assert_eq!(shortest(&by_the_board), Some(1_000));
    }

    #[test]
    fn what_comes_after_the_outage_does_not_count() {
        let later = [(50, 0, REFUSED), (100, 0, WELCOME), (101, 0, WELCOME)];
        assert_eq!(shortest(&later), Some(50));
    }
}
