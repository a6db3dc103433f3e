//! A step's result.

use std::path::Path;
use std::time::{Duration, Instant};

use arena::broker::BrokerChoice;

use crate::actor::Call;
use crate::compile::{Built, CompileError, compile};
use crate::course::Step;
use crate::criterion::{Criterion, Judgement};
use crate::scenario;
use crate::subject::Subject;
use crate::transcript::Lane;

/// No program needs longer than this for all its scenes, even one that sleeps in real time.
const LIMIT: Duration = Duration::from_secs(180);

/// What came of checking one step.
#[derive(Debug)]
pub struct Verdict {
    /// The step.
    pub step: &'static Step,
    /// Whose programs.
    pub subject: String,
    /// In one word.
    pub status: Status,
    /// What the random ids and levels followed from.
    pub seed: u64,
    /// The broker it was played on.
    pub broker: String,
    /// Every criterion's judgement, in the step's order.
    pub rows: Vec<(&'static Criterion, Judgement)>,
    /// What was seen.
    pub lanes: Vec<Lane>,
    /// How long compiling took.
    pub build_time: Duration,
    /// How long playing took.
    pub run_time: Duration,
}

/// The result in one word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Every criterion is met.
    Pass,
    /// One is not.
    Fail,
    /// The sources do not compile; in rustc's own words.
    CompileError(String),
    /// The scenes took too long.
    Timeout,
    /// The program took more than its share, of output say.
    ResourceLimit,
    /// The kit's own failure, never the learner's.
    InfraError(String),
}

impl Status {
    /// As in the JSON contract.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::CompileError(_) => "compile_error",
            Self::Timeout => "timeout",
            Self::ResourceLimit => "resource_limit",
            Self::InfraError(_) => "infra_error",
        }
    }
}

impl Verdict {
    /// The points of the criteria that are met.
    pub fn points(&self) -> u32 {
        let met = self
            .rows
            .iter()
            .filter(|(_, judgement)| *judgement == Judgement::Pass);
        met.map(|(criterion, _)| criterion.points).sum()
    }
}

/// Compiles a step of a subject and plays it.
///
/// # Errors
/// When the sources are not there or cargo does not work: nothing has been checked then.
pub async fn check(
    root: &Path,
    subject: &Subject,
    step: &'static Step,
    seed: u64,
    broker: &BrokerChoice,
) -> anyhow::Result<Verdict> {
    let begin = Instant::now();
    let built = compile(root, subject, step).await;
    let build_time = begin.elapsed();
    let verdict = match built {
        Ok(built) => judge(step, &built, seed, broker).await,
        Err(CompileError::Rejected(words)) => {
            unplayed(step, Status::CompileError(words), seed, broker)
        }
        Err(CompileError::Environment(error)) => return Err(error),
    };
    Ok(Verdict {
        subject: subject.name(),
        build_time,
        ..verdict
    })
}

/// Plays a step's scenes with programs that are already there.
pub async fn judge(
    step: &'static Step,
    built: &Built,
    seed: u64,
    broker: &BrokerChoice,
) -> Verdict {
    let call = Call {
        programs: built.programs.clone(),
        seed,
        broker: broker.clone(),
        containment: None,
    };
    play(step, &call).await
}

/// Plays a step's scenes as this call says.
pub async fn play(step: &'static Step, call: &Call) -> Verdict {
    let begin = Instant::now();
    let played = tokio::time::timeout(LIMIT, scenario::play(step, call)).await;
    let mut verdict = unplayed(step, Status::Pass, call.seed, &call.broker);
    match played {
        Ok(Ok(scenes)) => {
            let flooded = scenes.iter().any(|scene| scene.flooded);
            for scene in scenes {
                for (criterion, judgement) in scene.rows {
                    merge(&mut verdict.rows, criterion, judgement);
                }
                verdict.lanes.extend(scene.lanes);
            }
            let all = verdict
                .rows
                .iter()
                .all(|(_, judgement)| *judgement == Judgement::Pass);
            verdict.status = match (all, flooded) {
                (true, _) => Status::Pass,
                (false, true) => Status::ResourceLimit,
                (false, false) => Status::Fail,
            };
        }
        Ok(Err(error)) => verdict.status = Status::InfraError(format!("{error:#}")),
        Err(_) => verdict.status = Status::Timeout,
    }
    verdict.run_time = begin.elapsed();
    verdict
}

/// A criterion that several scenes judged is met when none of them says otherwise.
fn merge(
    rows: &mut [(&'static Criterion, Judgement)],
    criterion: &Criterion,
    judgement: Judgement,
) {
    let row = rows.iter_mut().find(|(known, _)| known.id == criterion.id);
    let Some((_, known)) = row else { return };
    if *known == Judgement::Skip || matches!(judgement, Judgement::Fail(_)) {
        *known = judgement;
    }
}

/// The verdict on a step that was not played.
pub fn unplayed(step: &'static Step, status: Status, seed: u64, broker: &BrokerChoice) -> Verdict {
    Verdict {
        step,
        subject: String::new(),
        status,
        seed,
        broker: broker.to_string(),
        rows: step
            .criteria
            .iter()
            .map(|criterion| (*criterion, Judgement::Skip))
            .collect(),
        lanes: Vec::new(),
        build_time: Duration::ZERO,
        run_time: Duration::ZERO,
    }
}
