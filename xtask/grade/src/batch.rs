//! A class from its submissions to its results.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use ::course::wording::counted;
use anyhow::{Context, bail};
use arena::broker::Broker;
use checks::compile::Shelf;
use grading::class::Class;
use grading::import::{Imported, import};
use grading::sheets::Platform;
use grading::similarity::clusters;
use grading::text;
use terminal::say;
use terminal::workspace::{self, shown};

use crate::account::Account;
use crate::captures::Captures;
use crate::cli::Arguments;
use crate::compile::Compiler;
use crate::course::{self, Course};
use crate::examine::Examiner;
use crate::parts;
use crate::results::{self, Download};
use crate::rounds::check_all;
use crate::sandbox::Sandbox;
use crate::scratch::Scratch;
use crate::similar::alike;
use crate::table::{table, without_a_row};

/// Exit status when something could not be graded.
const INCOMPLETE: u8 = 2;

/// Grades, and writes the results.
///
/// # Errors
/// What keeps the batch from being graded at all.
pub async fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let root = workspace::root()?;
    let mut course = match &arguments.course {
        Some(file) => Course::read(file)?,
        None => Course::read(&root.join("xtask/grade/course.toml"))?,
    };
    if arguments.is_merge() {
        let records = parts::together(&arguments.parts)?;
        let mut account = Account::open(arguments)?;
        account.adopt(records)?;
        account.take_in(arguments, &mut course)?;
        return publish(arguments, &root, &course, account, true);
    }
    if let Some(part) = arguments.parts.first() {
        bail!(
            "{} is one folder too many: only `merge` takes several",
            shown(part)
        );
    }
    // Before anything is written anywhere.
    fs::read_dir(&arguments.submissions).with_context(|| {
        format!(
            "cannot read the submissions in {}",
            shown(&arguments.submissions)
        )
    })?;
    let captures = arguments.pcap.as_deref().map(Captures::open).transpose()?;
    let scratch = Scratch::open()?;
    let sandbox = Sandbox::open(arguments.trust_submissions, &scratch)?;
    say::out(&sandbox.words())?;
    drop(Broker::start(&arguments.broker).await?);

    let mut account = Account::open(arguments)?;
    let mut imported = take_in(&root, &arguments.submissions, &scratch)?;
    account.check_late(&course, &imported)?;
    if let Some(shard) = arguments.shard {
        shard.deal(&mut imported, &arguments.out)?;
    }
    let seed = account.begin(arguments, &sandbox, imported)?;
    say::out(&format!("Seed {seed}: everyone is asked the same.\n"))?;

    account.take_in(arguments, &mut course)?;

    let tasks = account.open_tasks(&arguments.only, arguments.anonymous)?;
    let finished = if tasks.is_empty() {
        true
    } else {
        let shelves = tasks.iter().map(|task| Shelf::of(task.step));
        let compiler = Compiler::new(&root, sandbox.wrapper.as_ref(), shelves).await?;
        let jobs = jobs(arguments);
        let broker = arguments.broker.clone();
        let mut examiner = Examiner::new(compiler, sandbox.wrapper, seed, broker, jobs);
        examiner.captures = captures;
        check_all(Arc::new(examiner), tasks, jobs, &mut account).await?
    };

    publish(arguments, &root, &course, account, finished)
}

/// Writes the results, and tells of them.
fn publish(
    arguments: &Arguments,
    root: &Path,
    course: &Course,
    account: Account,
    finished: bool,
) -> anyhow::Result<ExitCode> {
    let mut class = account.class(course);
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    class.mark_late(&course.lateness, now.map_or(0, |since| since.as_secs()));
    // With their names: the platforms know their learners.
    let mut platforms = String::new();
    for download in downloads(arguments) {
        platforms += &results::fill(&arguments.out, &class, &download, arguments.anonymous)?;
    }
    platforms += &results::stale(&arguments.out, &downloads(arguments));
    let without = without_a_row(&class, arguments.anonymous);
    if arguments.anonymous {
        results::key(&arguments.out, &class, arguments.csv_delimiter)?;
        class = class.anonymous();
    }
    let pairs = alike(root, &class, &arguments.out)?;
    let rubric_kept = results::write(
        &arguments.out,
        &class,
        &course.comparisons,
        arguments.csv_delimiter,
        &pairs,
    )?;
    let mut text = table(&class);
    text += &without;
    text += &platforms;
    if !pairs.is_empty() {
        text += &format!(
            "{}, in {}; overview.html shows them.\n",
            counted(
                pairs.len(),
                "pair of submissions is alike",
                "pairs of submissions are alike"
            ),
            counted(clusters(&pairs).len(), "group", "groups")
        );
    }
    if rubric_kept {
        text += "rubric.csv is as you left it: name it with --scores, and what was typed into it counts.\n";
    }
    text += &format!("Results are in {}.\n", shown(&arguments.out));
    say::out(&text)?;
    if !finished {
        bail!("interrupted. What is graded is kept: the same command with --resume goes on");
    }
    Ok(told(&class))
}

/// Reports the steps that the kit failed to grade, and returns the exit status.
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

fn take_in(root: &Path, submissions: &Path, scratch: &Scratch) -> anyhow::Result<Imported> {
    let imported = import(submissions, scratch.path(), &course::wanted(root))?;
    for submission in &imported.submissions {
        open_tree(&submission.folder)?;
    }
    Ok(imported)
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
