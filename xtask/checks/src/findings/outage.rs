//! The line goes dead, the broker restarts, the line comes back: does the program?

mod pause;

use std::time::{Duration, Instant};

use arena::record::{End, Entry, Event, Missed};

use super::{introduction, missed};
use crate::actor::{Actor, PROMPT, ROUND};
use crate::queries;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};
use pause::shortest_pause;

pub use pause::Moment;

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
    actor.lead_to(&stage.broker);
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
        watch(actor, self.place, is_refusal).await;
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
        watch(actor, self.place, is_refusal).await;
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
        introduction::claims_no_more(stage, actor, self.place);
        let up = actor.record.len();
        actor.line.up();
        let back = actor.drive(up, ROUND, |entries| {
            let is_back = entries.iter().any(queries::is_accepted);
            (is_back || introduction::is_in_vain(entries)).then_some(is_back)
        });
        let back = match back.await {
            Ok(true) => Ok(()),
            Ok(false) => Err(gone(actor, &Missed::TimeUp(ROUND))),
            Err(why) => Err(gone(actor, &why)),
        };
        stage.insist(actor, RETURNS, back)?;
        let pause = actor
            .record
            .look(|entries| shortest_pause(self.cut, &entries[self.place..]));
        let patient = pause.map_or(Ok(()), |pause| is_patient(pause, "after the last failure"));
        if stage.pauses_count() {
            stage.judge(actor, PATIENCE, patient);
        }
        Ok(up)
    }
}

/// Whether a pause between two attempts is one. `since` says what came before it.
///
/// # Errors
/// When it is too short.
pub fn is_patient(pause: Duration, since: &str) -> Result<(), Finding> {
    if pause >= PAUSE {
        return Ok(());
    }
    Err(Finding::new(
        "a pause between two attempts to connect, say a second",
        format!("the next attempt {} ms {since}", pause.as_millis()),
    ))
}

/// The program has ended because it could not connect.
pub fn gave_up(stage: &mut Stage, actor: &Actor) -> Stop {
    let end = actor.record.look(queries::end).unwrap_or(End::Stopped);
    let finding = gone(actor, &Missed::Ended(end));
    stage.stop(actor, RETURNS, finding)
}

fn refusals(entries: &[Entry]) -> usize {
    entries.iter().filter(|entry| is_refusal(entry)).count()
}

/// How often the program was refused since it was last online.
fn last_refusals(entries: &[Entry]) -> usize {
    let online = entries.iter().rposition(queries::is_accepted);
    refusals(&entries[online.unwrap_or_default()..])
}

/// Whether it has come back from an outage already.
fn was_back(entries: &[Entry]) -> bool {
    entries
        .iter()
        .filter(|entry| queries::is_accepted(entry))
        .count()
        > 1
}

/// Whether it has said on standard error that there is no connection: in which words is free.
async fn says_so(actor: &Actor, since: usize) -> Result<(), Finding> {
    let expected = "a line on standard error that says why there is no connection";
    let is_said = |entries: &[Entry]| queries::errors(entries).next().map(drop);
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

/// Lets who does not pause be refused again and again, which `is_refusal` tells. On a busy machine even they are slow, so it
/// goes on until this task was woken in time itself.
pub async fn watch(actor: &Actor, down: usize, is_refusal: fn(&Entry) -> bool) {
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

pub(super) fn is_refusal(entry: &Entry) -> bool {
    matches!(entry.event, Event::Dialled { accepted, .. } if !accepted)
}

/// Since this place the program comes online again.
///
/// # Errors
/// [`Stop::Program`] when it does not.
pub async fn comes_back(stage: &mut Stage, actor: &Actor, since: usize) -> Result<(), Stop> {
    let online = actor.drive(since, ROUND, |entries| {
        entries.iter().any(queries::is_accepted).then_some(())
    });
    let online = online.await.map_err(|why| gone(actor, &why));
    stage.insist(actor, RETURNS, online)
}

/// Why a program is not back when the line is.
pub fn gone(actor: &Actor, why: &Missed) -> Finding {
    let expected = "a new CONNECT after the line was dead and came back";
    let mut finding = missed(&actor.record, expected, why);
    if !matches!(why, Missed::Ended(_)) {
        return finding;
    }
    let times = actor.record.look(last_refusals);
    match times {
        0 => {}
        1 => finding.actual = format!("after one attempt in vain: {}", finding.actual),
        _ => finding.actual = format!("after {times} attempts in vain: {}", finding.actual),
    }
    if actor.record.look(queries::panic).is_some() {
        finding
    } else if times > 1 || actor.record.look(was_back) {
        finding.hint(
            "It gives up. Only Ctrl-C ends a nightlight: however often connecting fails, it reports \
             that, waits, and tries again.",
        )
    } else {
        finding.hint(
            "One lost connection must not end the program. When the event loop yields an `Err`, \
             report it, wait a little, and go on with the loop: it connects again by itself.",
        )
    }
}
