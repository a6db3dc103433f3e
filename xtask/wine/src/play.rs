//! Judges all programs, and tells what came of each.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use arena::broker::BrokerChoice;
use checks::compile::Built;
use checks::corpus::trial::Stage;
use checks::corpus::{Expectation, Program};
use terminal::exit::FAILED;
use terminal::say;
use tokio::sync::Semaphore;

use crate::programs;

/// Fixed, so that a failure can be repeated.
const SEED: u64 = 2026;

/// Programs on stage at once. All that Wine's programs do goes through one process of its own: with more
/// of them each is the slower.
const AT_ONCE: usize = 4;

/// Plays those in `folder` that have `only` in their names, side by side.
///
/// # Errors
/// When a program is missing, or nothing can be printed.
pub async fn all(root: &Path, folder: &Path, only: &str) -> anyhow::Result<ExitCode> {
    let stage = Arc::new(Stage::new(root));
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut plays = Vec::new();
    for program in programs::all(root)? {
        if !format!("{} {}", program.step.name(), program.name).contains(only) {
            continue;
        }
        let built = Built::found(&programs::place(folder, &program), program.step)?;
        let (stage, turns) = (Arc::clone(&stage), Arc::clone(&turns));
        plays.push(tokio::spawn(async move {
            let _turn = turns.acquire().await;
            let told = twice(&stage, &program, &built).await;
            (program, told)
        }));
    }
    let mut odd = 0;
    for play in plays {
        let (program, told) = play.await?;
        let (mark, words) = match told? {
            Ok(words) => ("ok ", words),
            Err(words) => {
                odd += 1;
                ("NOT", words)
            }
        };
        let step = program.step.name();
        say::out(&format!("{mark}  {step} {}  {words}\n", program.name))?;
    }
    Ok(if odd == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FAILED)
    })
}

/// What came of a program, or what is not as expected. Such a one is played again, as the kit's own tests
/// do it: a machine that builds beside this is a busy one.
async fn twice(
    stage: &Stage,
    program: &Program,
    built: &Built,
) -> anyhow::Result<Result<String, String>> {
    let first = match once(stage, program, built).await? {
        Ok(words) => return Ok(Ok(words)),
        Err(first) => first,
    };
    let second = once(stage, program, built).await?;
    Ok(second.map(|words| format!("{words}, when it was played again. First: {first}")))
}

async fn once(
    stage: &Stage,
    program: &Program,
    built: &Built,
) -> anyhow::Result<Result<String, String>> {
    let outcome = stage
        .play(program, built, SEED, &BrokerChoice::Embedded)
        .await?;
    if !outcome.surprises.is_empty() {
        return Ok(Err(outcome.surprises.join("\n     ")));
    }
    let tenths = outcome.verdict.timings.run_ms / 100;
    let came = match &program.expected {
        Expectation::Pass => "passes".to_owned(),
        Expectation::Fail { criterion, .. } => format!("fails `{criterion}`, with its hint"),
    };
    Ok(Ok(format!("{came} ({}.{} s)", tenths / 10, tenths % 10)))
}
