//! What happens to each step's programs, told as stories: given, when, then.

mod arrival;
pub mod commands;
pub mod connect;
mod outage;
mod payload;
pub mod server;
mod subscription;
pub mod telemetry;

use arena::record::{Missed, Record};

use crate::actor::{Actor, Call};
use crate::course::{Role, Step};
use crate::criterion::{Criterion, Finding, Judgement, Sheet};
use crate::sightings;
use crate::transcript::{Lane, Notes};

/// A scene that was played to its end, or as far as the program let it.
#[derive(Debug)]
pub struct Played {
    /// What was judged.
    pub rows: Vec<(&'static Criterion, Judgement)>,
    /// What was seen, readable.
    pub lanes: Vec<Lane>,
    /// Whether a program was ended because it printed without end.
    pub flooded: bool,
}

/// Why a scene ends before its last line.
#[derive(Debug)]
pub enum Stop {
    /// The program failed where the rest makes no sense any more.
    Program,
    /// The arena failed: never the learner's fault.
    Arena(anyhow::Error),
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Self {
        Self::Arena(error)
    }
}

/// Plays all scenes of a step, side by side.
///
/// # Errors
/// When the arena, not the program, does not work.
pub async fn play(step: &Step, call: &Call) -> anyhow::Result<Vec<Played>> {
    match step.number {
        1 => connect::play(call).await,
        2 => telemetry::play(call).await,
        3 => server::play(call).await,
        _ => commands::play(call).await,
    }
}

/// Ends a scene: the programs leave, and what was seen is written down.
async fn curtain(
    title: &'static str,
    told: Result<(), Stop>,
    sheet: Sheet,
    cast: Vec<(Actor, Notes)>,
) -> anyhow::Result<Played> {
    let mut lanes = Vec::new();
    let mut flooded = false;
    for (mut actor, notes) in cast {
        actor.settle().await;
        actor.leave().await;
        flooded |= actor.record.look(sightings::flooded);
        lanes.extend(notes.lanes(title, &actor));
    }
    match told {
        Ok(()) | Err(Stop::Program) => Ok(Played {
            rows: sheet.into_rows(),
            lanes,
            flooded,
        }),
        Err(Stop::Arena(error)) => Err(error),
    }
}

/// Turns what did not come into a finding: what the program did instead, as far as it was seen.
fn missed(record: &Record, expected: impl Into<String>, missed: &Missed) -> Finding {
    let panic = record.look(sightings::panic);
    let finding = Finding::new(expected, instead(record, missed, panic.as_deref()));
    match (panic, missed) {
        (Some(_), _) => finding.hint(
            "A panic ends the thread it happens in. Find the line it names; an `unwrap`, an \
             `expect` or an index there met something you did not count on.",
        ),
        (None, Missed::Ended(arena::process::End::Flooded)) => finding.hint(
            "The program prints without end. Look for a loop that goes round without waiting for \
             anything.",
        ),
        (None, Missed::Ended(_)) => finding.hint(
            "The program must keep running until Ctrl-C. Look at what ends `main`: a loop that is \
             left, a `?` that passes an error on, or no loop at all.",
        ),
        (None, Missed::TimeUp(_)) => finding,
    }
}

fn instead(record: &Record, missed: &Missed, panic: Option<&str>) -> String {
    let last = record.look(sightings::last_words);
    let last = last.map_or_else(String::new, |words| format!(". Its last words: {words}"));
    match (panic, missed) {
        (Some(panic), Missed::Ended(_)) => format!("it panicked: {panic}"),
        (Some(panic), Missed::TimeUp(_)) => format!("a thread of it panicked: {panic}"),
        (None, missed) => format!("{missed}{last}"),
    }
}

/// The client name a role must use, by the course's contract.
fn client_name(id: &str, role: Role) -> String {
    format!("{id}{}", role.client_suffix())
}
