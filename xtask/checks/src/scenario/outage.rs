//! The line goes dead, the broker restarts, the line comes back: does the program?

use std::time::{Duration, Instant};

use arena::broker::Broker;
use arena::record::{Entry, Event, Missed};

use super::{Stop, missed};
use crate::actor::{Actor, ROUND};
use crate::queries;
use crate::sheet::{Finding, Sheet};

/// A pause shorter than this between two attempts is none. Every moment that counts as an end of
/// a connection is noted before the program can know of it, so on a slow machine pauses only seem
/// longer than they are.
const PAUSE: Duration = Duration::from_millis(45);

/// After how many refusals the watch is over: who does not pause makes them at once.
const REFUSALS: usize = 8;

/// The criteria of an outage.
pub struct Outage {
    /// It connects again.
    pub returns: &'static str,
    /// It leaves the broker in peace between two attempts.
    pub patience: &'static str,
}

impl Outage {
    /// Takes the line down, restarts the broker and waits until the program is back. Returns
    /// where in the record its second life begins.
    ///
    /// It takes two pauses of the program: one before it is refused, one before it is welcome.
    ///
    /// # Errors
    /// [`Stop::Program`] when it does not come back.
    pub async fn judge(
        &self,
        actor: &Actor,
        broker: &mut Broker,
        sheet: &mut Sheet,
    ) -> Result<usize, Stop> {
        let down = actor.record.len();
        let cut = Moment::now(actor);
        actor.line.down();
        broker.restart().await?;
        actor.line.lead_to(broker.address());

        // Before and after the first refusal: while it is watched, no virtual time passes that
        // could be taken for its pause.
        watch(actor, down).await;
        let first = actor.drive(down, ROUND, |entries| {
            entries.iter().any(is_refusal).then_some(())
        });
        if let Err(why) = first.await {
            actor.line.up();
            let finding = gone(actor, &why);
            sheet.fail(
                self.returns,
                match why {
                    Missed::TimeUp(_) => finding.hint(
                        "It did not even try: the event loop is no longer polled. Nothing may end \
                         the loop over `connection.iter()` or keep it waiting.",
                    ),
                    Missed::Ended(_) => finding,
                },
            );
            return Err(Stop::Program);
        }
        watch(actor, down).await;

        let up = actor.record.len();
        actor.line.up();
        let back = actor.drive(up, ROUND, |entries| {
            entries.iter().any(queries::is_accepted).then_some(())
        });
        match back.await {
            Ok(()) => sheet.pass(self.returns),
            Err(why) => {
                sheet.fail(self.returns, gone(actor, &why));
                return Err(Stop::Program);
            }
        }
        let pause = actor
            .record
            .look(|entries| shortest_pause(cut, &entries[down..]));
        sheet.judge(
            self.patience,
            match pause {
                Some(pause) if pause < PAUSE => Err(Finding::new(
                    "a pause between two attempts to connect, say a second",
                    format!(
                        "the next attempt {} ms after the last failure",
                        pause.as_millis()
                    ),
                )),
                _ => Ok(()),
            },
        );
        Ok(up)
    }
}

/// Lets who does not pause be refused again and again. On a busy machine even they are slow, so it
/// goes on until this task was woken in time itself.
async fn watch(actor: &Actor, down: usize) {
    loop {
        let begun = Instant::now();
        let often = actor.record.when(down, PAUSE, |entries| {
            let refusals = entries.iter().filter(|entry| is_refusal(entry));
            (refusals.count() >= REFUSALS).then_some(())
        });
        let seen_enough = !matches!(often.await, Err(Missed::TimeUp(_)));
        if seen_enough || begun.elapsed() < PAUSE * 5 / 4 {
            return;
        }
    }
}

/// When something was, by both clocks.
#[derive(Clone, Copy)]
struct Moment {
    real: Instant,
    of_the_board: Duration,
}

impl Moment {
    fn now(actor: &Actor) -> Self {
        Self {
            real: Instant::now(),
            of_the_board: actor.clock.now(),
        }
    }

    fn of(entry: &Entry) -> Self {
        Self {
            real: entry.at,
            of_the_board: entry.virtual_at,
        }
    }

    /// Who waits in real time may have another thread that waits on the virtual clock, and the
    /// other way round: the longer of the two counts.
    fn until(self, later: Self) -> Duration {
        let real = later.real.saturating_duration_since(self.real);
        real.max(later.of_the_board.saturating_sub(self.of_the_board))
    }
}

/// The shortest time from a failure, the cut or a refusal, to the next attempt to connect, up to
/// the one that is welcome.
fn shortest_pause(cut: Moment, since: &[Entry]) -> Option<Duration> {
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

fn is_refusal(entry: &Entry) -> bool {
    matches!(entry.event, Event::Dialled { accepted, .. } if !accepted)
}

fn gone(actor: &Actor, why: &Missed) -> Finding {
    let expected = "a new CONNECT after the line was dead and came back";
    let finding = missed(&actor.record, expected, why);
    match why {
        Missed::Ended(_) if actor.record.look(queries::panic).is_none() => finding.hint(
            "One lost connection must not end the program. When the event loop yields an `Err`, \
             report it, wait a little, and go on with the loop: it connects again by itself.",
        ),
        _ => finding,
    }
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
