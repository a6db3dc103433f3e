//! One step of one learner: compiled, played, judged.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use arena::broker::{Broker, BrokerChoice};
use checks::call::{Call, Containment};
use checks::capture::Capture;
use checks::difference::{self, Whose};
use checks::play;
use course::Step;
use course::verdict::{Outcome, Status, Verdict};
use grading::{excerpt, text};
use jail::Wrapper;
use terminal::say;
use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};

use crate::account::Task;
use crate::captures::Captures;
use crate::compile::{Compiled, Compiler};
use crate::containment::{Jails, Over};
use crate::neighbours::{Company, Examined, Neighbours, too_busy};

/// Programs mostly wait for each other, so this many times more of them run than compile.
pub const RUNNING_PER_COMPILING: usize = 4;

/// How often a step is played alone before an error of ours is told.
const ATTEMPTS: usize = 2;
/// Bytes of memory of this process beyond which nothing more is played beside what plays.
const ROOM: u64 = 128 << 20;

/// Compiles and checks the steps of a batch.
#[derive(Debug)]
pub struct Examiner {
    compiler: Compiler,
    wrapper: Option<Wrapper>,
    seed: u64,
    broker: BrokerChoice,
    compiling: Semaphore,
    running: Semaphore,
    neighbours: Arc<Neighbours>,
    /// Where the packets are kept, if they are.
    pub captures: Option<Captures>,
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
            neighbours: Arc::default(),
            captures: None,
        }
    }

    /// The verdict on a step, and in what company it came about.
    pub async fn examine(self: &Arc<Self>, task: Task) -> Examined<Task> {
        let (verdict, company) = self.attempt(&task).await;
        Examined {
            verdict: for_the_journal(&task.learner, task.step, verdict).await,
            task,
            company,
        }
    }

    /// The verdict on a step that is played while nothing else is. An error of ours is tried once more.
    pub async fn examine_alone(self: &Arc<Self>, task: Task) -> Examined<Task> {
        let mut reasons = Vec::new();
        let mut last = self.attempt(&task).await;
        while let Some(reason) = in_our_way(&last) {
            reasons.push(reason);
            // Whether it was our arena, or what the program did to it.
            let is_well = is_well(&self.broker).await;
            if reasons.len() < ATTEMPTS {
                last = self.attempt(&task).await;
                continue;
            }
            let (status, message) = if is_well && reasons.iter().all(|why| is_the_brokers(why)) {
                (Status::ResourceLimit, told_off(&reasons))
            } else {
                (Status::InfraError, tried(&reasons))
            };
            last.0 = self.not_played(task.step, status, message);
            break;
        }
        let (verdict, company) = last;
        Examined {
            verdict: for_the_journal(&task.learner, task.step, verdict).await,
            task,
            company,
        }
    }

    /// A task of its own: if a check of ours crashes, the batch goes on. Dropped, it ends.
    async fn attempt(self: &Arc<Self>, task: &Task) -> Attempt {
        let mut alone = JoinSet::new();
        let (this, folder, step) = (Arc::clone(self), task.folder.clone(), task.step);
        let capture = self.captures.is_some().then(Captures::begin).map(Arc::new);
        let taken = capture.clone();
        alone.spawn(async move { this.compile_and_play(&folder, step, taken).await });
        let attempt = self.outcome(alone.join_next().await, step);
        if let Some(captures) = &self.captures {
            let capture = capture.filter(|_| attempt.1.is_some());
            let kept = captures.keep(&task.shown, step, capture.as_deref());
            // A verdict is a verdict, also where the disk is full.
            if let Err(error) = kept {
                say::problem(&error.context("a capture is not kept"));
            }
        }
        attempt
    }

    fn outcome(
        &self,
        played: Option<Result<anyhow::Result<Attempt>, JoinError>>,
        step: &Step,
    ) -> Attempt {
        let error = match played {
            Some(Ok(Ok(attempt))) => return attempt,
            Some(Ok(Err(error))) => format!("{error:#}"),
            Some(Err(crash)) => format!("a check of ours crashed: {crash}"),
            None => "a check of ours was lost".to_owned(),
        };
        (self.not_played(step, Status::InfraError, error), None)
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
        capture: Option<Arc<Capture>>,
    ) -> anyhow::Result<Attempt> {
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
                return Ok((verdict, None));
            }
        };
        let _turn = self.running.acquire().await?;
        self.room().await;
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
            capture,
            backtraces: None,
        };
        let played = self.neighbours.beside(play::play(&call), resident);
        let (verdict, company) = played.await;
        let mut verdict = verdict.unwrap_or_else(|| {
            let words = "the broker does not have the memory that this would take".to_owned();
            self.not_played(step, Status::InfraError, words)
        });
        verdict.timings.build_ms = build_ms;
        verdict.timings.compiler_cpu_ms = milliseconds(programs.compiler_cpu);
        if let Some(jails) = jails {
            heed(&jails, &mut verdict);
        }
        Ok((verdict, Some(company)))
    }

    /// Waits while what plays already fills the memory: it will end, and be forgotten.
    async fn room(&self) {
        while resident() > ROOM && !self.neighbours.are_gone() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// A verdict, and beside whom the program was played, if it was.
type Attempt = (Verdict, Option<Company>);

/// What kept us from a verdict.
fn in_our_way((verdict, company): &Attempt) -> Option<String> {
    match verdict.status {
        Status::InfraError => Some(verdict.message.clone().unwrap_or_default()),
        _ => too_busy(verdict, company.as_ref()),
    }
}

/// Whether the broker of the scenes works when nobody but us is there.
async fn is_well(choice: &BrokerChoice) -> bool {
    match Broker::start(choice).await {
        Ok(broker) => broker.probe().await.is_ok(),
        Err(_) => false,
    }
}

/// Whether an error of ours is one that a program can bring about by what it asks of the broker.
fn is_the_brokers(reason: &str) -> bool {
    ["the broker does not", "the checker heard fewer"]
        .iter()
        .any(|words| reason.contains(words))
}

fn tried(reasons: &[String]) -> String {
    format!(
        "tried {} times, alone: {}",
        reasons.len(),
        reasons.join("; then: ")
    )
}

/// For who would choose an error of ours rather than a verdict.
fn told_off(reasons: &[String]) -> String {
    format!(
        "Each time this program ran, alone on the machine, the broker stopped answering, and without it \
         it answers at once: the program asks too much of it. ({})",
        reasons.join("; then: ")
    )
}

/// Bytes of memory that this process holds, where the system tells.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
    kilobytes.unwrap_or(0) * 1024
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
