//! One step of one learner: compiled, played, judged. An error of ours is tried once more.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use arena::broker::BrokerChoice;
use checks::call::{Call, Containment};
use checks::difference::{self, Whose};
use checks::play;
use course::Step;
use course::verdict::{Outcome, Status, Verdict};
use grading::{excerpt, text};
use jail::Wrapper;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::compile::{Compiled, Compiler};
use crate::containment::{Jails, Over};

/// Programs mostly wait for each other, so this many times more of them run than compile.
pub const RUNNING_PER_COMPILING: usize = 4;

/// Compiles and checks the steps of a batch.
#[derive(Debug)]
pub struct Examiner {
    compiler: Compiler,
    wrapper: Option<Wrapper>,
    seed: u64,
    broker: BrokerChoice,
    compiling: Semaphore,
    running: Semaphore,
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
    pub async fn examine(
        self: &Arc<Self>,
        learner: &str,
        folder: &Path,
        step: &'static Step,
    ) -> Verdict {
        let mut verdict = self.attempt(folder, step).await;
        if verdict.status == Status::InfraError {
            let first = verdict.message;
            verdict = self.attempt(folder, step).await;
            if verdict.status == Status::InfraError {
                let [first, second] = [first, verdict.message].map(Option::unwrap_or_default);
                verdict.message = Some(format!("tried twice: {first}; then: {second}"));
            }
        }
        for_the_journal(learner, step, verdict).await
    }

    /// A task of its own: if a check of ours crashes, the batch goes on. Dropped, it ends.
    async fn attempt(self: &Arc<Self>, folder: &Path, step: &'static Step) -> Verdict {
        let mut alone = JoinSet::new();
        let (this, folder) = (Arc::clone(self), folder.to_owned());
        alone.spawn(async move { this.compile_and_play(&folder, step).await });
        let error = match alone.join_next().await {
            Some(Ok(Ok(verdict))) => return verdict,
            Some(Ok(Err(error))) => format!("{error:#}"),
            Some(Err(crash)) => format!("a check of ours crashed: {crash}"),
            None => "a check of ours was lost".to_owned(),
        };
        self.not_played(step, Status::InfraError, error)
    }

    fn not_played(&self, step: &Step, status: Status, message: String) -> Verdict {
        Verdict {
            message: Some(message),
            ..play::not_played(step, status, self.seed, &self.broker)
        }
    }

    async fn compile_and_play(
        &self,
        folder: &Path,
        step: &'static Step,
    ) -> anyhow::Result<Verdict> {
        let turn = self.compiling.acquire().await?;
        let begin = Instant::now();
        let compiled = self.compiler.compile(folder, step).await?;
        let build_ms = milliseconds(begin.elapsed());
        drop(turn);
        let programs = match compiled {
            Compiled::Ready(programs) => programs,
            Compiled::Rejected(status, words) => {
                let mut verdict = self.not_played(step, status, words);
                verdict.timings.build_ms = build_ms;
                return Ok(verdict);
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
            step,
            programs: programs.files.clone(),
            seed: self.seed,
            broker: self.broker.clone(),
            containment: jails.clone().map(|jails| jails as Arc<dyn Containment>),
            capture: None,
        };
        let mut verdict = play::play(&call).await;
        verdict.timings.build_ms = build_ms;
        verdict.timings.compiler_cpu_ms = milliseconds(programs.compiler_cpu);
        if let Some(jails) = jails {
            heed(&jails, &mut verdict);
        }
        Ok(verdict)
    }
}

/// What the jails know and the scenes do not: who was ended at a limit, and what did not start.
fn heed(jails: &Jails, verdict: &mut Verdict) {
    if let Some(problem) = jails.problem() {
        verdict.status = Status::InfraError;
        verdict.message = Some(problem);
        return;
    }
    let Some(Over { status, words }) = jails.over() else {
        return;
    };
    // Who did everything that was asked and then met a limit has still done it.
    if verdict.status == Status::Fail {
        verdict.status = status;
        verdict.message = Some(format!("A program was ended: {words}."));
    }
}

/// As journals keep it: with the learner's name, and the difference that the pages show.
async fn for_the_journal(learner: &str, step: &'static Step, mut verdict: Verdict) -> Verdict {
    learner.clone_into(&mut verdict.subject);
    if verdict.status == Status::Timeout && verdict.message.is_none() {
        verdict.message = Some("Its scenes did not come to an end in time.".to_owned());
    }
    // A program that does nothing leaves an empty transcript, and is judged all the same.
    if verdict
        .criteria
        .iter()
        .all(|row| row.status == Outcome::Skip)
    {
        // It did not come to that: a list of criteria nobody looked at says nothing.
        verdict.criteria.clear();
    }
    excerpt::cut(&mut verdict);
    if verdict.status != Status::Pass {
        // What is long takes long, and the runtime's workers are there for the scenes.
        let transcript = verdict.transcript.clone();
        let compared = tokio::task::spawn_blocking(move || from_the_solution(step, &transcript));
        verdict.difference = compared.await.unwrap_or_default();
        excerpt::cut(&mut verdict);
    }
    verdict
}

/// The run against the solution's, where they differ.
fn from_the_solution(step: &Step, transcript: &str) -> Option<String> {
    let mut difference = String::new();
    for differing in difference::from_the_solution(step, transcript) {
        difference += &format!("  {}\n", differing.heading);
        for (whose, line) in differing.lines {
            let mark = match whose {
                Whose::Both => ' ',
                Whose::Solution => '-',
                Whose::Program => '+',
            };
            difference += &format!("  {mark} {line}\n");
        }
    }
    let heading = "What was seen (+), and what a solution does (-):";
    (!difference.is_empty()).then(|| text::plain(&format!("{heading}\n{difference}")))
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
