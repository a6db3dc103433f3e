//! The line goes dead, the broker restarts, the line comes back: does the program?

use std::time::{Duration, Instant};

use arena::record::{End, Entry, Event, Missed, Stream};

use super::missed;
use crate::actor::{Actor, PROMPT, ROUND};
use crate::queries;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// It connects again.
pub const RETURNS: &str = "returns";
/// It leaves the broker in peace between two attempts.
pub const PATIENCE: &str = "patience";
/// It says on standard error that there is no connection.
pub const SAYS: &str = "says-no-connection";

/// A pause shorter than this between two attempts is none. Every moment that counts as an end of
/// a connection is noted before the program can know of it, so on a slow machine pauses only seem
/// longer than they are.
const PAUSE: Duration = Duration::from_millis(45);

/// After how many refusals the watch is over: who does not pause makes them at once.
const REFUSALS: usize = 8;

/// How long a line may take that another thread still has to print.
const SECOND_THOUGHTS: Duration = Duration::from_millis(500);

/// How often a program is refused that must not give up: more often than anybody counts to who
/// means "a few times".
const NEVER_GIVE_UP: usize = 25;

/// How long that may take. Who pauses for a second of real time is refused less often.
const REFUSED_FOR: Duration = Duration::from_millis(5_500);

/// Takes the line down and restarts the broker. Returns where in the record that was.
///
/// # Errors
/// When the arena does not work.
pub async fn go_down(stage: &mut Stage, actor: &Actor) -> Result<Down, Stop> {
    let down = Down {
        place: actor.record.len(),
        cut: Moment::now(actor),
    };
    actor.take_down();
    stage.broker.restart().await?;
    actor.line.lead_to(stage.broker.address());
    Ok(down)
}

/// A line that is down.
#[derive(Clone, Copy, Debug)]
pub struct Down {
    /// Where in the record it went down.
    pub place: usize,
    cut: Moment,
}

impl Down {
    /// A line that was down before the program was started.
    pub fn from_the_start(actor: &Actor) -> Self {
        actor.take_down();
        Self {
            place: 0,
            cut: Moment::now(actor),
        }
    }

    /// Waits until the program has been refused, and watches whether it pauses before it tries
    /// again.
    ///
    /// # Errors
    /// [`Stop::Program`] when it does not even try.
    pub async fn is_refused(&self, stage: &mut Stage, actor: &Actor) -> Result<(), Stop> {
        // Before and after the first refusal: while it is watched, no virtual time passes that
        // could be taken for its pause.
        watch(actor, self.place).await;
        let first = actor.drive(self.place, ROUND, |entries| {
            entries.iter().any(is_refusal).then_some(())
        });
        if let Err(why) = first.await {
            actor.line.up();
            let finding = gone(actor, &why);
            let finding = match why {
                Missed::TimeUp(_) => finding.hint(
                    "It did not even try: the event loop is no longer polled. Nothing may end the \
                     loop over `connection.iter()` or keep it waiting.",
                ),
                _ => finding,
            };
            return Err(stage.stop(actor, RETURNS, finding));
        }
        watch(actor, self.place).await;
        if !stage.has_failed(actor, SAYS) {
            stage.judge(actor, SAYS, says_so(actor, self.place).await);
        }
        Ok(())
    }

    /// Waits until the program has been refused once more, as it was before: it says so again.
    ///
    /// # Errors
    /// [`Stop::Program`] when it does not even try.
    pub async fn is_noticed(&self, stage: &mut Stage, actor: &Actor) -> Result<(), Stop> {
        let refused = actor.drive(self.place, ROUND, |entries| {
            entries.iter().any(is_refusal).then_some(())
        });
        let refused = refused.await.map_err(|why| gone(actor, &why));
        stage.insist(actor, RETURNS, refused)?;
        if !stage.has_failed(actor, SAYS) {
            stage.judge(actor, SAYS, says_so(actor, self.place).await);
        }
        Ok(())
    }

    /// Refuses the program again and again, as a broker that is away for long does.
    ///
    /// # Errors
    /// [`Stop::Program`] when it gives up.
    pub async fn is_refused_for_long(&self, stage: &mut Stage, actor: &Actor) -> Result<(), Stop> {
        let enough = actor.record.when(self.place, REFUSED_FOR, |entries| {
            (refusals(entries) >= NEVER_GIVE_UP).then_some(())
        });
        match enough.await {
            Err(Missed::Ended(_)) => Err(gave_up(stage, actor)),
            Ok(()) | Err(Missed::TimeUp(_)) => Ok(()),
        }
    }

    /// Lets the line work again and waits until the program is back. Returns where in the record
    /// its next life begins.
    ///
    /// # Errors
    /// [`Stop::Program`] when it does not come back.
    pub async fn is_over(&self, stage: &mut Stage, actor: &Actor) -> Result<usize, Stop> {
        let up = actor.record.len();
        actor.line.up();
        let back = actor.drive(up, ROUND, |entries| {
            entries.iter().any(queries::is_accepted).then_some(())
        });
        let back = back.await.map_err(|why| gone(actor, &why));
        stage.insist(actor, RETURNS, back)?;
        let pause = actor
            .record
            .look(|entries| shortest_pause(self.cut, &entries[self.place..]));
        let patient = match pause {
            Some(pause) if pause < PAUSE => Err(Finding::new(
                "a pause between two attempts to connect, say a second",
                format!(
                    "the next attempt {} ms after the last failure",
                    pause.as_millis()
                ),
            )),
            _ => Ok(()),
        };
        if stage.pauses_count() {
            stage.judge(actor, PATIENCE, patient);
        }
        Ok(up)
    }
}

/// The program has ended because it could not connect.
pub fn gave_up(stage: &mut Stage, actor: &Actor) -> Stop {
    let (times, end) = actor
        .record
        .look(|entries| (refusals(entries), queries::end(entries)));
    let end = end.unwrap_or(End::Stopped);
    let mut finding = gone(actor, &Missed::Ended(end));
    finding.actual = match times {
        0 => finding.actual,
        1 => format!("after one attempt in vain: {}", finding.actual),
        _ => format!("after {times} attempts in vain: {}", finding.actual),
    };
    if times > 1 && actor.record.look(queries::panic).is_none() {
        finding = finding.hint(
            "It gives up. Only Ctrl-C ends a nightlight: however often connecting fails, it reports \
             that, waits, and tries again.",
        );
    }
    stage.stop(actor, RETURNS, finding)
}

fn refusals(entries: &[Entry]) -> usize {
    entries.iter().filter(|entry| is_refusal(entry)).count()
}

/// Whether it has said on standard error that there is no connection: in which words is free.
async fn says_so(actor: &Actor, since: usize) -> Result<(), Finding> {
    let expected = "a line on standard error that says why there is no connection";
    let is_said = |entries: &[Entry]| {
        queries::printed(entries)
            .any(|(stream, line)| stream == Stream::Err && !line.trim().is_empty())
            .then_some(())
    };
    // Who tries once more without a word has nothing to say.
    let next = actor.record.when(since, PROMPT, |entries| {
        is_said(entries).or_else(|| (refusals(entries) > 2).then_some(()))
    });
    let said = match next.await {
        Ok(()) => actor.record.when(since, SECOND_THOUGHTS, is_said).await,
        missed => missed,
    };
    said.map_err(|why| match why {
        Missed::TimeUp(_) => Finding::new(expected, "not a word about it"),
        why => missed(&actor.record, expected, &why),
    })
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
#[derive(Clone, Copy, Debug)]
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

pub(super) fn is_refusal(entry: &Entry) -> bool {
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
