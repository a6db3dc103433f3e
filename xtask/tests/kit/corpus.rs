//! Every wrong program is caught and told what is wrong with it, and every other right one passes.

use std::sync::Arc;

use anyhow::{anyhow, ensure};
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
    match root().and_then(|root| corpus::programs(&root, step)) {
        Ok(programs) => programs
            .into_iter()
            .map(
                |program| match root().and_then(|root| puzzles::of(&root, &program)) {
                    Ok(puzzle) => {
                        let mark = if puzzle.is_some() { " (puzzle)" } else { "" };
                        let name = named(&format!("{}{mark}", program.name));
                        let parts = Arc::new((program, puzzle));
                        play(name, move || as_expected(Arc::clone(&parts)))
                    }
                    Err(unreadable) => test(named(&program.name), || Err(unreadable)),
                },
            )
            .collect(),
        Err(unreadable) => vec![test(named("can be read"), || Err(anyhow!(unreadable)))],
    }
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
