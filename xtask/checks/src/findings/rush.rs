//! Many messages at once: whoever waits for something at each of them is slow, or silent for ever.

use std::time::{Duration, Instant};

use arena::patience::Metronome;
use arena::record::{Entry, Missed};

use super::missed;
use crate::actor::{Actor, PROMPT};
use crate::queries;
use crate::sheet::Finding;
use crate::stage::Stop;

/// A pause like this at most of the messages is no chance: on a machine however busy, some of what
/// a program does at once is seen at once.
const PAUSE: Duration = Duration::from_millis(100);

/// How slow a machine may excuse that there is never less than a pause.
const SLOW: f64 = 1.9;

/// What a program sends may leave in bundles. So long it takes for each on the whole, if it waits.
const ON_THE_WHOLE: Duration = Duration::from_millis(150);

const WAITS_AT_EACH: &str = "Something in the event loop waits at each message. Nothing in there \
                             may wait for anything but the network: while it waits, nobody is \
                             heard.";

/// Looks at when each of many messages at once was dealt with, on a machine as busy as the
/// metronome has measured.
///
/// # Errors
/// The inner one when there was a pause at most of them; [`Stop::Busy`] when there was one that the
/// machine excuses.
pub fn at_once(
    expected: &str,
    done: &[Instant],
    metronome: &Metronome,
) -> Result<Result<(), Finding>, Stop> {
    judged(expected, done, metronome.slowness())
}

fn judged(expected: &str, done: &[Instant], slowness: f64) -> Result<Result<(), Finding>, Stop> {
    let found = paused(expected, done, slowness);
    if found.is_ok() && paused(expected, done, 1.0).is_err() {
        return Err(Stop::Busy);
    }
    Ok(found)
}

fn paused(expected: &str, done: &[Instant], slowness: f64) -> Result<(), Finding> {
    let mut pauses: Vec<Duration> = done
        .windows(2)
        .map(|pair| pair[1].saturating_duration_since(pair[0]))
        .collect();
    pauses.sort();
    let rank = |part: usize| pauses.get(pauses.len() / part).copied().unwrap_or_default();
    let (shortest, short) = (rank(20), rank(4));
    let number = u32::try_from(pauses.len()).unwrap_or(u32::MAX).max(1);
    let mean = pauses.iter().sum::<Duration>() / number;
    // However busy a machine is, some of what a program does at once is seen sooner than that.
    let never_at_once = shortest >= PAUSE.mul_f64(slowness.min(SLOW));
    let paused = short >= PAUSE.mul_f64(slowness) || mean >= ON_THE_WHOLE.mul_f64(slowness);
    if !never_at_once && !paused {
        return Ok(());
    }
    let actual = format!("{} ms from one to the next", mean.as_millis());
    Err(Finding::new(expected, actual).hint(WAITS_AT_EACH))
}

/// What became of the rest, when a program has not done from `start` on what many messages at once
/// ask for. `count` says how many it has dealt with, and `silent` what to try when there are no
/// more, if it is not what the criterion says.
pub async fn too_few(
    actor: &Actor,
    start: usize,
    why: &Missed,
    expected: impl Into<String>,
    silent: Option<&str>,
    count: impl Fn(&[Entry]) -> usize,
) -> Finding {
    let life = |entries: &[Entry]| (count(entries), queries::printed(entries).count());
    let (so_far, lines) = actor.record.look(|entries| life(&entries[start..]));
    // What it sends may leave only when all are dealt with: what it prints shows that it goes on.
    let more = actor.record.when(start, PROMPT, |entries| {
        let (now, printed) = life(entries);
        (now > so_far || printed > lines).then_some(())
    });
    let goes_on = more.await.is_ok();
    let finding = missed(&actor.record, expected, why);
    if finding.hint.is_some() {
        return finding;
    }
    if goes_on {
        let seconds = PROMPT.as_secs();
        return Finding {
            actual: format!("{so_far} of them after {seconds} s, and it is still at it"),
            ..finding
        }
        .hint(WAITS_AT_EACH);
    }
    Finding {
        actual: format!("{so_far} of them, then silence"),
        hint: silent.map(str::to_owned),
        ..finding
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_at_most_messages_is_no_chance() {
        let begun = Instant::now();
        let each_on = |slowness: f64, pause: &dyn Fn(u64) -> u64| {
            let done = (0..30).scan(begun, |at, number| {
                *at += Duration::from_millis(pause(number));
                Some(*at)
            });
            match judged("", &done.collect::<Vec<_>>(), slowness) {
                Ok(found) => Some(found.is_ok()),
                Err(_) => None,
            }
        };
        let each = |pause: &dyn Fn(u64) -> u64| each_on(1.0, pause) == Some(true);
        assert!(!each(&|_| 200), "who sleeps at each");
        assert_eq!(
            each_on(3.0, &|_| 200),
            Some(false),
            "on a busy machine, too"
        );
        let busy = |number: u64| if number.is_multiple_of(9) { 60 } else { 200 };
        assert_eq!(
            each_on(3.0, &busy),
            None,
            "where all takes three times as long, nobody can say"
        );
        assert!(!each(&busy), "as long as that where it does not");
        assert!(
            !each(&|number| if number % 9 == 0 { 1_800 } else { 0 }),
            "in bundles"
        );
        assert!(
            each(&|number| if number % 9 == 0 { 900 } else { 0 }),
            "a busy machine"
        );
        assert!(each(&|_| 20), "a slow one");
        assert!(paused("", &[begun], 1.0).is_ok());
    }
}
