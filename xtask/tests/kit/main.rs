//! The kit checks itself, step by step: solutions pass, starters fail as they should, wrong programs
//! are told what is wrong with them, and no part of a step is missing.
//!
//! One named test for each thing that the course's data asks for: a new step has all of them, and
//! fails them until it has its parts. Nothing here depends on what stands in `lessons/`, where
//! learners work.

mod carry;
mod comparison;
mod corpus;
mod firmware;
mod hints;
mod lineage;
mod offline;
mod parts;
mod puzzles;
mod signals;
mod solutions;
mod starters;

use std::num::NonZero;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;

use anyhow::{Context, anyhow};
use checks::corpus::trial::Stage;
use course::verdict::Verdict;
use course::{Step, steps};
use libtest_mimic::{Arguments, Trial};
use tokio::runtime::Builder;
use tokio::sync::OnceCell;

/// Tests at once, for each core: most of their time they wait, for a turn on the stage above all,
/// which bounds how many programs are compiled and played together.
const TESTS_PER_CORE: usize = 16;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    let cores = available_parallelism().map_or(1, NonZero::get);
    arguments.test_threads.get_or_insert(cores * TESTS_PER_CORE);
    // Those that take longest come first.
    let tests = [
        corpus::tests,
        solutions::tests,
        starters::tests,
        signals::tests,
    ]
    .map(of_all_steps);
    let quick = [lineage::tests, parts::tests, carry::tests, hints::tests].map(of_all_steps);
    let tests = tests.into_iter().chain(quick).flatten();
    let tests = tests.chain(lineage::of_the_comparison());
    let tests = tests.chain(comparison::tests());
    let tests = tests.chain(offline::tests()).chain(firmware::tests());
    let tests = tests.collect();
    libtest_mimic::run(&arguments, tests).exit_code()
}

fn of_all_steps(tests: fn(&'static Step) -> Vec<Trial>) -> Vec<Trial> {
    steps().iter().rev().flat_map(tests).collect()
}

/// A named test.
fn test(name: String, test: impl FnOnce() -> anyhow::Result<()> + Send + 'static) -> Trial {
    Trial::test(name, || test().map_err(|error| format!("{error:#}").into()))
}

/// How many of the tests on stage may come out well only when they are played again: half a percent.
/// They are some thousand plays of real programs beside each other: what is asked of them here is to
/// be right, and whether they are right each time, `cargo xtask bench steadiness` counts.
const UNSTEADY: usize = 5;

/// A named test that goes on stage. Each has a runtime of its own: a busy neighbour cannot keep it
/// from seeing what happens in time.
fn play<F: Future<Output = anyhow::Result<()>>>(
    name: String,
    play: impl Fn() -> F + Send + 'static,
) -> Trial {
    static PLAYED_AGAIN: AtomicUsize = AtomicUsize::new(0);
    let shown = name.clone();
    test(name, move || {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.context("no runtime")?;
        // Who compares with a recorded run panics.
        let once = || panic::catch_unwind(AssertUnwindSafe(|| runtime.block_on(play())));
        let first = match once() {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(first)) => first,
            Err(_) => anyhow!("another run than the recorded one, as shown above"),
        };
        runtime.block_on(play())?;
        if PLAYED_AGAIN.fetch_add(1, Ordering::Relaxed) < UNSTEADY {
            eprintln!("{shown}: right only when it was played again. First: {first:#}");
            return Ok(());
        }
        Err(first.context("right when played again, as others before: the checks are unsteady"))
    })
}

/// Shared by all tests, so that they do not ask more of the machine together than it bears.
async fn stage() -> anyhow::Result<&'static Stage> {
    static STAGE: OnceCell<Stage> = OnceCell::const_new();
    let set_up = || async { anyhow::Ok(Stage::new(&root()?)) };
    STAGE.get_or_try_init(set_up).await
}

/// The kit's root folder, as cargo names it now: the one it was built in may have been moved.
fn root() -> anyhow::Result<PathBuf> {
    terminal::workspace::root()
}

/// The failed criteria and their findings, a line each.
fn failures(verdict: &Verdict) -> String {
    let shown = |words: &Option<String>| words.clone().unwrap_or_default();
    let failed = verdict.failed().map(|row| {
        let (expected, actual) = (shown(&row.expected), shown(&row.actual));
        format!("{}: expected {expected}; saw {actual}\n", row.id)
    });
    failed.collect()
}
