//! A nightlight that decides for itself: its LED is on in the dark, whatever becomes of the broker.

use std::time::Duration;

use arena::record::{Entry, Event, Missed};

use super::{missed, outage};
use crate::actor::Actor;
use crate::queries::Pacing;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// The LED is on when the light is below 300.
pub const LED: &str = "led";
/// It looks as often as asked.
pub const PACE: &str = "pace";

/// What a lamp was seen to do.
#[derive(Debug, Default)]
pub struct Lamp {
    /// The times in which the level stayed, as places in the record, and how the LED was then.
    steady: Vec<(usize, bool)>,
}

impl Lamp {
    /// Sets the light to `level` and waits for the LED. `when` says what is special about that
    /// moment, and `hint` what to try if the LED stands still then.
    ///
    /// # Errors
    /// [`Stop::Program`] when the LED is not as the level says.
    pub async fn follows(
        &mut self,
        stage: &mut Stage,
        actor: &Actor,
        level: u16,
        when: Option<(&str, &str)>,
    ) -> Result<(), Stop> {
        actor.board.set_light(level);
        let mut decided = obeys(actor, level).await;
        if decided.is_err() && when.is_some() && actor.has_ended() {
            return Err(outage::gave_up(stage, actor));
        }
        if let (Err(finding), Some((when, hint))) = (&mut decided, when) {
            finding.expected = format!("{when}, {}", finding.expected);
            finding.hint = Some(hint.to_owned());
        }
        // Where nothing had to change, whatever has changed was switched by something else.
        if self
            .steady
            .last()
            .is_some_and(|last| last.1 == (level < 300))
        {
            self.stayed(stage, actor);
        }
        if let Err(finding) = decided {
            return Err(stage.stop(actor, LED, finding));
        }
        self.steady.push((actor.record.len(), level < 300));
        Ok(())
    }

    /// The level is about to change, or the LED's life to end: up to here it had to stay as it was.
    pub fn stayed(&self, stage: &mut Stage, actor: &Actor) {
        let Some(&(since, on)) = self.steady.last() else {
            return;
        };
        let found = if actor.switched_from(on, since) {
            Err(Finding::new(
                format!(
                    "an LED that stays {} while the light does not change",
                    word(on)
                ),
                format!(
                    "the LED was switched {} for a moment or for good",
                    word(!on)
                ),
            )
            .hint(
                "Only the light level switches the LED: no error does, and no CONNACK. Where \
                 else does the program call `set_state`, `set_high` or `set_low`?",
            ))
        } else {
            Ok(())
        };
        stage.judge_seen(actor, LED, found);
    }
}

/// Looks that are not further apart belong to one round, in seconds: a program may read the sensor
/// more than once in it.
const SAME_ROUND: f64 = 0.4;

/// As many looks as nobody needs in one round.
const MANY_LOOKS: usize = 8;

/// How long another thread may take to switch the LED, while the one that looks waits.
const SECOND_THOUGHTS: Duration = Duration::from_millis(500);

/// Waits for the LED. The first round that has seen nothing but the new level decides.
async fn obeys(actor: &Actor, level: u16) -> Result<(), Finding> {
    let set = actor.record.len();
    for _ in 0..MANY_LOOKS {
        actor
            .look()
            .await
            .map_err(|why| unread(actor, level, &why))?;
        if is_right(actor, level) {
            return Ok(());
        }
        match actor.record.look(|entries| rounds(entries, set)) {
            (_, true) => {
                let switched = |_: &[Entry]| is_right(actor, level).then_some(());
                let switched = actor.record.when(set, SECOND_THOUGHTS, switched).await;
                return match switched {
                    Ok(()) => Ok(()),
                    Err(_) => Err(disobeys(actor, level).await),
                };
            }
            // Time that passes by the machine's clock may have torn a round in two.
            (over, false) if over > 1 => break,
            (_, false) => {}
        }
    }
    Err(disobeys(actor, level).await)
}

fn is_right(actor: &Actor, level: u16) -> bool {
    actor.board.led().unwrap_or(false) == (level < 300)
}

/// How many rounds have begun after this place and are over, and whether the program waits for the
/// next one.
fn rounds(entries: &[Entry], set: usize) -> (usize, bool) {
    let pacing = Pacing::of(entries);
    let mut last: Option<&Entry> = None;
    let mut begun = 0_usize;
    let mut waits = false;
    for (place, entry) in entries.iter().enumerate() {
        match entry.event {
            Event::LightRead(_) => {
                let same = |last| pacing.between(last, entry) <= SAME_ROUND;
                if place >= set && !last.is_some_and(same) {
                    begun += 1;
                }
                last = Some(entry);
                waits = false;
            }
            Event::WaitBegan(wait) => waits |= wait.as_secs_f64() > SAME_ROUND,
            _ => {}
        }
    }
    (begun.saturating_sub(1), begun > 0 && waits)
}

/// What is wrong with the LED: does it come right with the next look?
async fn disobeys(actor: &Actor, level: u16) -> Finding {
    let led = actor.board.led();
    let expected = format!("light {level}: LED {}", word(level < 300));
    if actor.look().await.is_ok() && is_right(actor, level) {
        let actual = format!(
            "light {level}: LED {} until the next look",
            word(level >= 300)
        );
        return Finding::new(expected, actual).hint(if is_late_again(actor, level).await {
            "The LED comes a round late. Decide by the level that `light_level` has just returned, \
             and not by one of the round before."
        } else {
            "The LED came a round late, and not at the next level. Only the light level decides, \
             and nothing else: not whether there is a connection, and not what was so before."
        });
    }
    let finding = Finding::new(
        expected,
        match led {
            Some(on) => format!("light {level}: LED {}", word(on)),
            None => format!("light {level}: the LED was never switched"),
        },
    );
    match (level, led) {
        (_, None) => finding.hint("Tell the LED what you have decided: `board.led.set_state(…)`."),
        (0, Some(false)) => finding.hint(
            "In the dark the light belongs on. Is the comparison the other way round, or the LED \
             never switched on?",
        ),
        (1023, Some(true)) => finding.hint(
            "The LED stays on. Is it always switched on, whatever the level? `light < 300` is the \
             whole decision.",
        ),
        (300, Some(true)) => {
            finding.hint("Below 300 means `light < 300`: at exactly 300 it is off.")
        }
        _ => finding,
    }
}

/// Whether the LED comes a round late at another level, too: what is late only once had to wait for
/// something else.
async fn is_late_again(actor: &Actor, level: u16) -> bool {
    let other = if level < 300 { 1023 } else { 0 };
    actor.board.set_light(other);
    actor.look().await.is_ok() && !is_right(actor, other)
}

/// The sensor was not read any more.
pub fn unread(actor: &Actor, level: u16, why: &Missed) -> Finding {
    let expected = format!("the light sensor read again (its level is {level})");
    let mut finding = missed(&actor.record, expected, why);
    if let (Missed::TimeUp(_), None) = (why, &finding.hint) {
        "it was not read any more".clone_into(&mut finding.actual);
        let waits = actor.record.look(waits_without_looking);
        return finding.hint(if waits {
            "The sensor is read in each round: `light_level` belongs inside the loop."
        } else {
            "The event loop waits for the network, for a minute if nothing comes. Whoever reads the \
             sensor in there stands still as long: the sensor needs a thread of its own."
        });
    }
    finding
}

/// Whether it goes round and round, and looks no more.
fn waits_without_looking(entries: &[Entry]) -> bool {
    let since = entries
        .iter()
        .rposition(|entry| matches!(entry.event, Event::LightRead(_)))
        .unwrap_or_default();
    let waits = |entry: &&Entry| matches!(entry.event, Event::WaitBegan(_));
    entries[since..].iter().filter(waits).count() > 1
}

/// A pause shorter than this between two rounds is none, in seconds.
const NO_PAUSE: f64 = 0.05;

/// Whether it looked at the light once a second from `begin` on. Nothing, when it did not look
/// often enough to tell.
pub fn pace(actor: &Actor, begin: usize) -> Option<Result<(), Finding>> {
    let (looks, pacing, pauses) = actor.record.look(|entries| {
        let is_look = |entry: &&Entry| matches!(entry.event, Event::LightRead(_));
        let looks: Vec<_> = entries[begin..].iter().filter(is_look).collect();
        let pacing = Pacing::of(entries);
        (looks.len(), pacing, pauses(&looks, pacing))
    });
    let expected = "one look a second";
    let found = match pauses.iter().find(|pause| !pacing.is(**pause, 1.0)) {
        None if !pauses.is_empty() => Ok(()),
        Some(odd) if *odd > NO_PAUSE => {
            Err(Finding::new(expected, format!("a pause of {odd:.1} s")))
        }
        _ => Err(
            Finding::new(expected, "looks without any pause between them").hint(
                "`board.delay.delay_ms(1_000)` at the end of each round. It counts in \
                 milliseconds: a second has a thousand.",
            ),
        ),
    };
    (looks >= 2).then_some(found)
}

/// From the beginning of each round to that of the next one. Looks that follow each other without
/// end make no round: between them lies what lies between two of them.
fn pauses(looks: &[&Entry], pacing: Pacing) -> Vec<f64> {
    let mut begin = looks.first();
    let mut pauses = Vec::new();
    for pair in looks.windows(2) {
        let apart = pacing.between(pair[0], pair[1]);
        let round = begin.map_or(apart, |begin| pacing.between(begin, pair[1]));
        if round > SAME_ROUND {
            pauses.push(if apart > SAME_ROUND { round } else { apart });
            begin = Some(&pair[1]);
        }
    }
    pauses
}

/// On or off, in words.
pub fn word(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}
