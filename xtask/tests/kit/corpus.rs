//! Every wrong program is caught and told what is wrong with it, and every other right one passes.

use std::sync::Arc;

use anyhow::ensure;
use arena::broker::BrokerChoice;
use checks::corpus::{self, Program};
use course::Step;
use libtest_mimic::Trial;

use super::puzzles::Puzzle;
use super::{play, puzzles, root, stage, test};

/// Fixed, so that a failure can be repeated.
const SEED: u64 = 2026;

pub fn tests(step: &'static Step) -> Vec<Trial> {
    let named = |program: &str| format!("corpus {} {program}", step.name());
    let programs = || {
        let root = root()?;
        anyhow::Ok((puzzles::quizzes(&root)?, corpus::programs(&root, step)?))
    };
    let (quizzes, programs) = match programs() {
        Ok(read) => read,
        Err(unreadable) => return vec![test(named("can be read"), || Err(unreadable))],
    };
    let tests = programs
        .into_iter()
        .map(|program| match puzzles::of(&quizzes, &program) {
            Ok(puzzle) => {
                let mark = if puzzle.is_some() { " (puzzle)" } else { "" };
                let name = named(&format!("{}{mark}", program.name));
                let parts = Arc::new((program, puzzle));
                play(name, move || as_expected(Arc::clone(&parts)))
            }
            Err(unreadable) => test(named(&program.name), || Err(unreadable)),
        });
    tests.collect()
}

async fn as_expected(parts: Arc<(Program, Option<Puzzle>)>) -> anyhow::Result<()> {
    let (program, puzzle) = &*parts;
    let stage = stage().await?;
    let built = stage.compile(program).await?;
    let outcome = stage
        .play(program, &built, SEED, &BrokerChoice::Embedded)
        .await?;
    ensure!(
        outcome.surprises.is_empty(),
        "{}",
        outcome.surprises.join("\n")
    );
    if let Some(puzzle) = puzzle {
        puzzle.compare(program, &outcome.verdict)?;
    }
    Ok(())
}
