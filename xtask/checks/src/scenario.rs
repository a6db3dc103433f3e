//! What happens to each step's programs, told as stories: given, when, then.

mod arrival;
pub mod commands;
pub mod connect;
mod outage;
mod payload;
pub mod server;
mod subscription;
pub mod telemetry;

use arena::record::{End, Missed, Record};

use crate::actor::{Actor, Call};
use crate::queries;
use crate::sheet::{Finding, Sheet};
use crate::transcript::Redaction;
use course::transcript::Section;

/// A scene that was played to its end, or as far as the program let it.
#[derive(Debug)]
pub struct Played {
    /// What was judged.
    pub sheet: Sheet,
    /// What was seen, readable.
    pub sections: Vec<Section<String>>,
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
pub async fn play(call: &Call) -> anyhow::Result<Vec<Played>> {
    match call.step.number {
        1 => connect::play(call).await,
        2 => telemetry::play(call).await,
        3 => server::play(call).await,
        4 => commands::play(call).await,
        _ => anyhow::bail!("{} has no scenes", call.step.name()),
    }
}

/// Ends a scene: the programs leave, and what was seen is written down.
async fn curtain(
    title: &'static str,
    told: Result<(), Stop>,
    sheet: Sheet,
    cast: Vec<(Actor, Redaction)>,
) -> anyhow::Result<Played> {
    let mut sections = Vec::new();
    let mut flooded = false;
    for (mut actor, notes) in cast {
        actor.settle().await;
        actor.leave().await;
        if let Some(error) = actor.line.broker_failed() {
            return Err(error);
        }
        flooded |= actor.record.look(queries::flooded);
        sections.extend(notes.sections(title, &actor));
    }
    match told {
        Ok(()) | Err(Stop::Program) => Ok(Played {
            sheet,
            sections,
            flooded,
        }),
        Err(Stop::Arena(error)) => Err(error),
    }
}

/// Turns what did not come into a finding: what the program did instead, as far as it was seen.
fn missed(record: &Record, expected: impl Into<String>, missed: &Missed) -> Finding {
    let panic = record.look(queries::panic);
    let finding = Finding::new(expected, instead(record, missed, panic.as_deref()));
    match (panic, missed) {
        (Some(_), _) => finding.hint(
            "A panic ends the thread it happens in. Find the line it names; an `unwrap`, an \
             `expect` or an index there met something you did not count on.",
        ),
        (None, Missed::Ended(End::Flooded(_))) => finding.hint(
            "The program does this without end. Look for a loop that goes round without waiting \
             for anything.",
        ),
        (None, Missed::Ended(_)) => finding.hint(
            "The program must keep running until Ctrl-C. Look at what ends `main`: a loop that is \
             left, a `?` that passes an error on, or no loop at all.",
        ),
        (None, Missed::TimeUp(_)) => finding,
    }
}

fn instead(record: &Record, missed: &Missed, panic: Option<&str>) -> String {
    let last = record.look(queries::last_words);
    let last = last.map_or_else(String::new, |words| format!(". Its last words: {words}"));
    match (panic, missed) {
        (Some(panic), Missed::Ended(_)) => format!("it panicked: {panic}"),
        (Some(panic), Missed::TimeUp(_)) => format!("a thread of it panicked: {panic}"),
        (None, missed) => format!("{missed}{last}"),
    }
}
