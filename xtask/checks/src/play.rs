//! From a subject to a verdict.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arena::broker::BrokerChoice;
use arena::patience::patience;
use course::Step;
use course::transcript;
use course::verdict::{Outcome, Status, Verdict};

use crate::backtrace::{self, Backtraces};
use crate::call::Call;
use crate::capture::Capture;
use crate::compile::{self, Built, CompileError, compile};
use crate::findings::payload::visible;
use crate::scenario::{self, ReadingsTally, TasksTally, Weather};
use crate::sheet::Sheet;
use crate::stage::Played;
use crate::subject::Subject;

/// No program needs longer than this for all its scenes, even one that sleeps in real time. On a
/// busy machine it gets longer.
const LIMIT: Duration = Duration::from_secs(180);

/// Compiles a step of a subject and plays it.
///
/// # Errors
/// When the sources are not there or cargo does not work: nothing has been checked then.
pub async fn compile_and_play(
    root: &Path,
    subject: &Subject,
    step: &'static Step,
    seed: u64,
    broker: &BrokerChoice,
) -> anyhow::Result<Verdict> {
    compile_and_capture(root, subject, step, seed, broker, None).await
}

/// As [`compile_and_play`], and keeps the packets.
///
/// # Errors
/// As [`compile_and_play`].
pub async fn compile_and_capture(
    root: &Path,
    subject: &Subject,
    step: &'static Step,
    seed: u64,
    broker: &BrokerChoice,
    capture: Option<Arc<Capture>>,
) -> anyhow::Result<Verdict> {
    let begin = Instant::now();
    let built = compile(root, subject, step).await;
    let build_time = begin.elapsed();
    let mut verdict = match built {
        Ok(built) => {
            let call = Call {
                capture,
                ..Call::new(step, &built, seed, broker)
            };
            let mut verdict = play(&call).await;
            if backtrace::is_wanted(&verdict) {
                own_lines(root, subject, &call, &mut verdict).await;
            }
            Verdict {
                warnings: built.warnings.clone(),
                ..verdict
            }
        }
        Err(CompileError::Rejected(words)) => Verdict {
            message: Some(words),
            ..not_played(step, Status::CompileError, seed, broker)
        },
        Err(CompileError::Environment(error)) => return Err(error),
    };
    verdict.subject = subject.name();
    verdict.timings.build_ms = milliseconds(build_time);
    Ok(verdict)
}

/// Plays once more, to name the learner's own lines that led to a panic inside a library.
async fn own_lines(root: &Path, subject: &Subject, call: &Call, verdict: &mut Verdict) {
    let Some(built) = compile::with_lines(root, subject, call.step).await else {
        return;
    };
    let backtraces = Arc::new(Backtraces::new(&call.step.folder));
    let again = Call {
        programs: built.programs.clone(),
        capture: None,
        backtraces: Some(Arc::clone(&backtraces)),
        ..call.clone()
    };
    play(&again).await;
    let home = match subject {
        Subject::Folder(_) => String::new(),
        ours => format!("{}/", ours.name()),
    };
    backtraces.explain(verdict, &home);
}

/// Plays a step's scenes with programs that are already there.
pub async fn play_built(
    step: &'static Step,
    built: &Built,
    seed: u64,
    broker: &BrokerChoice,
) -> Verdict {
    play(&Call::new(step, built, seed, broker)).await
}

/// Plays outages on a step's programs, as its scenes do, and counts what became of the readings.
///
/// # Errors
/// When the arena does not work, or a program does not come back from an outage.
pub async fn play_outages(
    step: &'static Step,
    built: &Built,
    seed: u64,
    broker: &BrokerChoice,
    weather: Weather,
) -> anyhow::Result<ReadingsTally> {
    scenario::outages(&Call::new(step, built, seed, broker), weather).await
}

/// Plays cuts, kills and lost answers on a step's programs, as its scene does, and counts what became
/// of the tasks.
///
/// # Errors
/// When the arena does not work, or a program does not come back.
pub async fn play_kills_and_cuts(
    step: &'static Step,
    built: &Built,
    seed: u64,
    broker: &BrokerChoice,
    faults: usize,
) -> anyhow::Result<TasksTally> {
    scenario::kills_and_cuts(&Call::new(step, built, seed, broker), faults).await
}

/// Plays a step's scenes as this call says.
pub async fn play(call: &Call) -> Verdict {
    let begin = Instant::now();
    let played = tokio::select! {
        played = scenario::play(call) => played.and_then(|played| judged(call, played)),
        () = patience(LIMIT) => Ok(not_played(
            call.step,
            Status::Timeout,
            call.seed,
            &call.broker,
        )),
    };
    let mut verdict = played.unwrap_or_else(|error| Verdict {
        message: Some(format!("{error:#}")),
        ..not_played(call.step, Status::InfraError, call.seed, &call.broker)
    });
    verdict.timings.run_ms = milliseconds(begin.elapsed());
    verdict
}

fn judged(call: &Call, scenes: Vec<Played>) -> anyhow::Result<Verdict> {
    let flooded = scenes.iter().any(|scene| scene.flooded);
    let mut sheet = Sheet::new(call.step);
    let mut sections = Vec::new();
    let mut seen = Vec::new();
    for scene in scenes {
        sheet.merge(scene.sheet);
        for mut lane in scene.lanes {
            if lane.section.lines.is_empty() {
                continue;
            }
            for line in &mut lane.section.lines {
                *line = harmless(line, "\t");
            }
            let since = |at: &Instant| at.saturating_duration_since(scene.began);
            seen.push(lane.seen.iter().map(since).map(microseconds).collect());
            sections.push(lane.section);
        }
    }
    let mut criteria = sheet.into_rows()?;
    for row in &mut criteria {
        for said in [&mut row.expected, &mut row.actual].into_iter().flatten() {
            *said = harmless(said, "\n");
        }
    }
    let passed = criteria.iter().all(|row| row.status == Outcome::Pass);
    let failed = criteria.iter().any(|row| row.status == Outcome::Fail);
    if let Some(unseen) = criteria.iter().find(|row| row.status == Outcome::Skip)
        && !failed
    {
        // Who is failed is told why. A scene that leaves out what is asked is our mistake.
        anyhow::bail!("no scene has judged `{}`", unseen.id);
    }
    Ok(Verdict {
        points: criteria.iter().map(|row| row.points).sum(),
        transcript: transcript::text(&sections),
        seen,
        status: match (passed, flooded) {
            (true, _) => Status::Pass,
            (false, true) => Status::ResourceLimit,
            (false, false) => Status::Fail,
        },
        criteria,
        ..not_played(call.step, Status::Pass, call.seed, &call.broker)
    })
}

/// What a program prints, and what it calls itself and its topics, does nothing to the terminal of who reads of it, and
/// is no line of the transcript's own. `kept` may stand in it.
fn harmless(text: &str, kept: &str) -> String {
    let parts: Vec<String> = text.split(kept).map(visible).collect();
    parts.join(kept)
}

/// The verdict on a step that was not played.
pub fn not_played(step: &Step, status: Status, seed: u64, broker: &BrokerChoice) -> Verdict {
    Verdict::not_played(step, status, seed, broker.to_string())
}

fn microseconds(time: Duration) -> u32 {
    u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
