//! Every solution passes at any seed, and its run always reads the same.

use anyhow::ensure;
use arena::broker::BrokerChoice;
use checks::corpus::solution;
use course::Step;
use libtest_mimic::Trial;

use super::{play, root, stage};

/// Fixed, so that a failure can be repeated.
const SEEDS: [u64; 3] = [1, 2026, 987_654_321];

pub fn tests(step: &'static Step) -> Vec<Trial> {
    let test = |seed| {
        let name = format!("solution {} seed {seed}", step.name());
        play(name, move || passes(step, seed))
    };
    SEEDS.map(test).into()
}

/// A criterion that no scene judges is among the surprises, by its name.
async fn passes(step: &'static Step, seed: u64) -> anyhow::Result<()> {
    let stage = stage().await?;
    let solution = solution(&root()?, step)?;
    let built = stage.compile(&solution).await?;
    let outcome = stage
        .play(&solution, &built, seed, &BrokerChoice::Embedded)
        .await?;
    ensure!(
        outcome.surprises.is_empty(),
        "{}",
        outcome.surprises.join("\n")
    );
    let verdict = outcome.verdict;
    ensure!(
        verdict.points == verdict.max_points,
        "it gets {} of {} points",
        verdict.points,
        verdict.max_points
    );
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../transcripts");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(step.name(), verdict.transcript));
    Ok(())
}
