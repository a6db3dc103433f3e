//! One step of one learner: compiled, played, judged. An error of ours is tried once more.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use arena::broker::BrokerChoice;
use grading::text;
use grading::verdict::Verdict;
use jail::Wrapper;
use runner::actor::{Call, Containment};
use runner::course::Step;
use runner::report::{human, json};
use runner::verdict::{self, Status};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::compile::{Compiled, Compiler};
use crate::containment::{Jails, Over};

/// Programs mostly wait for each other, so this many times more of them run than compile.
pub const RUNNING_PER_COMPILING: usize = 4;

/// What all of a batch's examinations share.
#[derive(Debug)]
pub struct Examiner {
    compiler: Compiler,
    wrapper: Option<Wrapper>,
    seed: u64,
    broker: BrokerChoice,
    compiling: Semaphore,
    running: Semaphore,
}

/// A verdict with what the runner's has no room for.
struct Outcome {
    verdict: verdict::Verdict,
    message: Option<String>,
    compiler_cpu: Duration,
}

impl Examiner {
    /// `jobs` compile at once.
    pub fn new(
        compiler: Compiler,
        wrapper: Option<Wrapper>,
        seed: u64,
        broker: BrokerChoice,
        jobs: usize,
    ) -> Self {
        Self {
            compiler,
            wrapper,
            seed,
            broker,
            compiling: Semaphore::new(jobs),
            running: Semaphore::new(jobs * RUNNING_PER_COMPILING),
        }
    }

    /// The verdict on a step in `folder`, which is laid out like `lessons/`.
    ///
    /// # Errors
    /// When a verdict cannot be written down, which does not happen.
    pub async fn examine(
        self: &Arc<Self>,
        learner: &str,
        folder: &Path,
        step: &'static Step,
    ) -> anyhow::Result<Verdict> {
        let mut outcome = self.attempt(folder, step).await;
        if let Status::InfraError(first) = outcome.verdict.status {
            outcome = self.attempt(folder, step).await;
            if let Status::InfraError(second) = &mut outcome.verdict.status {
                *second = format!("tried twice: {first}; then: {second}");
            }
        }
        written(learner, outcome)
    }

    /// A task of its own: if a check of ours crashes, the batch goes on. Dropped, it ends.
    async fn attempt(self: &Arc<Self>, folder: &Path, step: &'static Step) -> Outcome {
        let mut alone = JoinSet::new();
        let (this, folder) = (Arc::clone(self), folder.to_owned());
        alone.spawn(async move { this.compile_and_play(&folder, step).await });
        let error = match alone.join_next().await {
            Some(Ok(Ok(outcome))) => return outcome,
            Some(Ok(Err(error))) => format!("{error:#}"),
            Some(Err(crash)) => format!("a check of ours crashed: {crash}"),
            None => "a check of ours was lost".to_owned(),
        };
        let status = Status::InfraError(error);
        Outcome {
            verdict: verdict::unplayed(step, status, self.seed, &self.broker),
            message: None,
            compiler_cpu: Duration::ZERO,
        }
    }

    async fn compile_and_play(
        &self,
        folder: &Path,
        step: &'static Step,
    ) -> anyhow::Result<Outcome> {
        let turn = self.compiling.acquire().await?;
        let begin = Instant::now();
        let compiled = self.compiler.compile(folder, step).await?;
        let build_time = begin.elapsed();
        drop(turn);
        let programs = match compiled {
            Compiled::Ready(programs) => programs,
            Compiled::Rejected(status, words) => {
                let mut verdict = verdict::unplayed(step, status, self.seed, &self.broker);
                verdict.build_time = build_time;
                return Ok(Outcome {
                    verdict,
                    message: Some(words),
                    compiler_cpu: Duration::ZERO,
                });
            }
        };
        let _turn = self.running.acquire().await?;
        let jails = match &self.wrapper {
            Some(wrapper) => Some(Arc::new(
                Jails::new(wrapper).context("no temporary folder")?,
            )),
            None => None,
        };
        let call = Call {
            programs: programs.by_role.clone(),
            seed: self.seed,
            broker: self.broker.clone(),
            containment: jails.clone().map(|jails| jails as Arc<dyn Containment>),
        };
        let mut verdict = verdict::play(step, &call).await;
        verdict.build_time = build_time;
        let message = jails.and_then(|jails| heed(&jails, &mut verdict));
        Ok(Outcome {
            verdict,
            message,
            compiler_cpu: programs.compiler_cpu,
        })
    }
}

/// What the jails know and the scenes do not: who was ended at a limit, and what did not start.
fn heed(jails: &Jails, verdict: &mut verdict::Verdict) -> Option<String> {
    if let Some(problem) = jails.problem() {
        verdict.status = Status::InfraError(problem);
        return None;
    }
    let Over { status, words } = jails.over()?;
    // Who did everything that was asked and then met a limit has still done it.
    if verdict.status != Status::Fail {
        return None;
    }
    verdict.status = status;
    Some(format!("A program was ended: {words}."))
}

/// In the form that journals keep.
fn written(learner: &str, outcome: Outcome) -> anyhow::Result<Verdict> {
    let Outcome {
        verdict,
        message,
        compiler_cpu,
    } = outcome;
    let mut kept: Verdict = serde_json::from_str(&json::line(&verdict)?)?;
    kept.subject = learner.to_owned();
    kept.timings.compiler_cpu_ms = u64::try_from(compiler_cpu.as_millis()).unwrap_or(u64::MAX);
    if message.is_some() {
        kept.message = message;
    }
    if verdict.status == Status::Timeout && kept.message.is_none() {
        kept.message = Some("Its scenes did not come to an end in time.".to_owned());
    }
    if verdict.lanes.is_empty() {
        // It did not come to that: a list of criteria nobody looked at says nothing.
        kept.criteria.clear();
    }
    let difference = text::plain(&human::difference(&verdict));
    kept.difference = (!difference.trim().is_empty()).then_some(difference);
    Ok(kept)
}
