//! A starter compiles without a warning, fails for the reason it was made to fail, and has each TODO
//! that a hint points at.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use arena::broker::BrokerChoice;
use checks::corpus::{Expectation, Program};
use course::starters::{self, Starter};
use course::verdict::Status;
use course::{Step, Todo};
use libtest_mimic::Trial;
use tempfile::TempDir;
use xtask::report::human::place;

use super::{failures, play, root, stage, test};

/// Fixed, so that a failure can be repeated.
const SEED: u64 = 7;

pub fn tests(step: &'static Step) -> Vec<Trial> {
    let fails = play(format!("starter {}", step.name()), move || fails(step));
    let todos = step.criteria.iter().filter_map(|criterion| {
        let todo = criterion.todo.as_ref()?;
        let name = format!("todo {} {}", step.name(), criterion.id);
        Some(test(name, move || is_there(step, todo)))
    });
    [fails].into_iter().chain(todos).collect()
}

fn fresh(step: &Step) -> anyhow::Result<Vec<Starter>> {
    starters::of_step(&root()?.join("solutions"), step)
}

async fn fails(step: &'static Step) -> anyhow::Result<()> {
    let mut program = Program {
        step,
        name: "starter".to_owned(),
        about: String::new(),
        expected: Expectation::Pass,
        sources: Default::default(),
        unchanged: Vec::new(),
    };
    for Starter { file, text } in fresh(step)? {
        let within: PathBuf = file.components().skip(1).collect();
        program.sources.insert(within, text);
    }
    let stage = stage().await?;
    let built = stage.compile(&program).await?;
    ensure!(
        built.warnings.is_empty(),
        "it compiles with warnings:\n{}",
        built.warnings
    );
    let outcome = stage
        .play(&program, &built, SEED, &BrokerChoice::Embedded)
        .await?;
    let verdict = outcome.verdict;
    let failed: Vec<&str> = verdict.failed().map(|row| row.id.as_str()).collect();
    ensure!(
        verdict.status == Status::Fail && failed == step.starter_fails,
        "it should fail {:?}, and ends with {}, failing {failed:?}\n{}{}",
        step.starter_fails,
        verdict.status.name(),
        failures(&verdict),
        verdict.message.as_deref().unwrap_or_default()
    );
    Ok(())
}

fn is_there(step: &Step, todo: &Todo) -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    starters::write(&fresh(step)?, folder.path())?;
    let sources = folder.path().join(&step.folder);
    let found = place(&sources, todo);
    found.with_context(|| format!("the starter's {} has no TODO {}", todo.file, todo.number))?;
    Ok(())
}
