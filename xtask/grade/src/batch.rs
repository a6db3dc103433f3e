//! A class from its submissions to its results.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use arena::broker::Broker;
use grading::class::Class;
use grading::import::{Submission, import};
use grading::journal::{Batch, Journal, Record, Recovered};
use grading::sheets::Platform;
use grading::verdict::Verdict;
use grading::{rubric, text};
use runner::course::{STEPS, Step};
use runner::interrupt::Interrupts;
use runner::report::say;
use runner::workspace::{self, shown};
use tokio::task::JoinSet;

use crate::cli::Arguments;
use crate::compile::Compiler;
use crate::course::{self, Course};
use crate::examine::{Examiner, RUNNING_PER_COMPILING};
use crate::progress::Progress;
use crate::results::{self, Download};
use crate::sandbox::Sandbox;
use crate::scratch::Scratch;
use crate::similar::alike;
use crate::table::table;

/// Exit status when something could not be graded.
const INCOMPLETE: u8 = 2;

/// What was recorded, on disk and here.
struct Account {
    journal: Journal,
    records: Vec<Record>,
}

/// One step of one learner that is still to be checked.
struct Task {
    learner: String,
    folder: PathBuf,
    step: &'static Step,
}

/// Grades, and writes the results.
///
/// # Errors
/// What keeps the batch from being graded at all.
pub async fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let root = workspace::root()?;
    let course = match &arguments.course {
        Some(file) => Course::read(file)?,
        None => Course::read(&root.join("xtask/grade/course.toml"))?,
    };
    let scratch = Scratch::open()?;
    let sandbox = Sandbox::open(arguments.trust_submissions, &scratch)?;
    say::out(&sandbox.words())?;
    drop(Broker::start(&arguments.broker).await?);

    let mut account = Account::open(arguments)?;
    let submissions = take_in(&arguments.submissions, &scratch)?;
    account.check_late(&course, &submissions)?;
    let seed = account.begin(arguments, &sandbox, submissions)?;
    say::out(&format!("Seed {seed}: everyone is asked the same.\n"))?;

    let tasks = account.open_tasks(&course);
    let finished = if tasks.is_empty() {
        true
    } else {
        let compiler = Compiler::new(&root, sandbox.wrapper.as_ref()).await?;
        let jobs = jobs(arguments);
        let broker = arguments.broker.clone();
        let examiner = Examiner::new(compiler, sandbox.wrapper, seed, broker, jobs);
        check_all(Arc::new(examiner), tasks, jobs, &mut account).await?
    };

    let mut class = account.class(&course);
    class.mark_late(&course.lateness);
    if let Some(scores) = &arguments.scores {
        let sheet = fs::File::open(scores).with_context(|| shown(scores))?;
        rubric::merge(&mut class, &course.comparisons, sheet)?;
    }
    let pairs = alike(&root, &class)?;
    results::write(&arguments.out, &class, &course.comparisons, &pairs)?;
    let mut text = table(&class);
    for download in downloads(arguments) {
        text += &results::fill(&arguments.out, &class, &download)?;
    }
    if !pairs.is_empty() {
        text += &format!(
            "{} pairs of submissions are alike; overview.html shows them.\n",
            pairs.len()
        );
    }
    text += &format!("Results are in {}.\n", shown(&arguments.out));
    say::out(&text)?;
    if !finished {
        bail!("interrupted. What is graded is kept: the same command with --resume goes on");
    }
    Ok(told(&class))
}

/// Lists what stayed blank because of us.
fn told(class: &Class) -> ExitCode {
    let mut complete = true;
    for (learner, verdict) in class.our_errors() {
        complete = false;
        let message = verdict.message.as_deref().unwrap_or("no reason is known");
        say::problem(&anyhow::anyhow!(
            "{}, {}: not graded, and no zero: {}",
            text::cell(&learner.name),
            verdict.step,
            text::cell(message)
        ));
    }
    if complete {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(INCOMPLETE)
    }
}

fn jobs(arguments: &Arguments) -> usize {
    let cores = std::thread::available_parallelism();
    match (arguments.jobs, cores) {
        (Some(jobs), _) | (None, Ok(jobs)) => jobs.get(),
        (None, Err(_)) => 1,
    }
}

fn take_in(submissions: &Path, scratch: &Scratch) -> anyhow::Result<Vec<Submission>> {
    let all = import(submissions, scratch.path(), &course::wanted())?;
    for submission in &all {
        open_tree(&submission.folder)?;
    }
    Ok(all)
}

/// Whatever this user's umask is, the jail's user must be able to read.
fn open_tree(folder: &Path) -> anyhow::Result<()> {
    crate::containment::open_to_all(folder)?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_tree(&entry.path())?;
        } else {
            crate::containment::open_to_all(&entry.path())?;
        }
    }
    Ok(())
}

fn downloads(arguments: &Arguments) -> Vec<Download<'_>> {
    let canvas = arguments.canvas.as_deref().map(|file| Download {
        platform: Platform::Canvas,
        file,
        column: &arguments.canvas_column,
    });
    let moodle = arguments.moodle.as_deref().map(|file| Download {
        platform: Platform::Moodle,
        file,
        column: &arguments.moodle_column,
    });
    canvas.into_iter().chain(moodle).collect()
}

/// Checks side by side and records each verdict as it comes. Tells whether all were checked.
async fn check_all(
    examiner: Arc<Examiner>,
    tasks: Vec<Task>,
    jobs: usize,
    account: &mut Account,
) -> anyhow::Result<bool> {
    let mut progress = Progress::new(tasks.len());
    let mut tasks = tasks.into_iter();
    let mut running = JoinSet::new();
    let mut interrupts = Interrupts::listen()?;
    loop {
        // No more than can run: what is compiled lies on the disk until it is played.
        while running.len() < jobs * (1 + RUNNING_PER_COMPILING) {
            let Some(task) = tasks.next() else { break };
            let examiner = Arc::clone(&examiner);
            running.spawn(async move {
                let checked = examiner.examine(&task.learner, &task.folder, task.step);
                let verdict = checked.await?;
                anyhow::Ok((task.learner, verdict))
            });
        }
        tokio::select! {
            done = running.join_next() => {
                let Some(done) = done else { return Ok(true) };
                let (learner, verdict) = done??;
                account.checked(learner, verdict)?;
                progress.step();
            }
            // Leaving drops what runs, and that ends it.
            () = interrupts.next() => return Ok(false),
        }
    }
}

impl Account {
    fn open(arguments: &Arguments) -> anyhow::Result<Self> {
        let out = &arguments.out;
        fs::create_dir_all(out).with_context(|| format!("creating {}", shown(out)))?;
        let (journal, Recovered { records, torn }) = Journal::open(&out.join("journal.jsonl"))?;
        if !records.is_empty() && !arguments.resume {
            bail!(
                "{} holds the results of a run before. Go on with it by --resume, or name another \
                 folder with --out",
                shown(out)
            );
        }
        if torn.is_some() {
            say::out("The last line of the journal was half written; it is left out.\n")?;
        }
        Ok(Self { journal, records })
    }

    /// Records the batch and what was taken in, and returns the seed.
    fn begin(
        &mut self,
        arguments: &Arguments,
        sandbox: &Sandbox,
        submissions: Vec<Submission>,
    ) -> anyhow::Result<u64> {
        let before = self.records.iter().find_map(|record| match record {
            Record::Batch(batch) => Some(batch.seed),
            _ => None,
        });
        let seed = match (before, arguments.seed) {
            (Some(before), Some(wanted)) if before != wanted => bail!(
                "the class was asked by seed {before} so far: leave --seed out, or name another \
                 folder with --out"
            ),
            (Some(seed), _) | (None, Some(seed)) => seed,
            (None, None) => fastrand::u64(1..1_000_000),
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        self.add(Record::Batch(Batch {
            seed,
            started: now.map_or(0, |since| since.as_secs()),
            reduced: sandbox.reduced.clone(),
        }))?;
        let before = self.verdicts();
        for submission in submissions {
            self.add(Record::Imported(submission))?;
        }
        match before - self.verdicts() {
            0 => {}
            1 => say::out("One step was changed since it was graded, and is graded again.\n")?,
            many => say::out(&format!(
                "{many} steps were changed since they were graded, and are graded again.\n"
            ))?,
        }
        Ok(seed)
    }

    /// Before anything is recorded: a slip in `course.toml` is mended, and the same command goes.
    fn check_late(&self, course: &Course, submissions: &[Submission]) -> anyhow::Result<()> {
        let new = submissions.iter().cloned().map(Record::Imported);
        let records = self.records.iter().cloned().chain(new);
        let unknown = Class::new(course.steps.clone(), records).mark_late(&course.lateness);
        if !unknown.is_empty() {
            bail!(
                "[late] names nobody's submission and no step of one: {}",
                unknown.join(", ")
            );
        }
        Ok(())
    }

    /// How many verdicts hold.
    fn verdicts(&self) -> usize {
        let class = Class::new(Vec::new(), self.records.iter().cloned());
        let learners = class.learners.iter();
        learners.map(|learner| learner.verdicts.len()).sum()
    }

    fn checked(&mut self, learner: String, verdict: Verdict) -> anyhow::Result<()> {
        self.add(Record::Checked { learner, verdict })
    }

    fn add(&mut self, record: Record) -> anyhow::Result<()> {
        self.journal.append(&record)?;
        self.records.push(record);
        Ok(())
    }

    fn class(&self, course: &Course) -> Class {
        Class::new(course.steps.clone(), self.records.iter().cloned())
    }

    /// What was handed in and is not graded yet.
    fn open_tasks(&self, course: &Course) -> Vec<Task> {
        let class = self.class(course);
        let mut tasks = Vec::new();
        for learner in &class.learners {
            let Some(submission) = &learner.submission else {
                continue;
            };
            for step in STEPS {
                let name = step.name();
                // Somebody's of an earlier run can have been taken away since.
                let is_here = submission.folder.is_dir();
                let is_done = class.is_graded(&learner.name, &name);
                if !is_here || is_done || submission.is_missing(&name) {
                    continue;
                }
                tasks.push(Task {
                    learner: learner.name.clone(),
                    folder: submission.folder.clone(),
                    step,
                });
            }
        }
        tasks
    }
}
