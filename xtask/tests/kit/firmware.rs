//! The firmware: as the steps, and beside step 4's own server. It takes a target and an emulator that
//! nothing else of the kit needs.

mod lamp;

use std::env;
use std::sync::Arc;

use anyhow::ensure;
use arena::broker::BrokerChoice;
use checks::compile::{self, Built, firmware};
use checks::corpus::trial::Outcome;
use checks::corpus::{self, Expectation, Program};
use checks::play::play_built;
use checks::subject::Subject;
use course::starters;
use course::verdict::Status;
use course::{DEVICE, FOLDER_OF_FIRMWARE, SERVER};
use libtest_mimic::Trial;

use super::{failures, play, root, stage, test};

/// Fixed, so that a failure can be repeated.
const SEED: u64 = 2026;

pub fn tests() -> Vec<Trial> {
    let named = |what: &str| format!("{FOLDER_OF_FIRMWARE} {what}");
    if !can_be_played() {
        return Vec::new();
    }
    let programs = root().and_then(|root| corpus::programs(&root, course::firmware()));
    let programs = match programs {
        Ok(programs) => programs,
        Err(unreadable) => return vec![test(named("can be read"), || Err(unreadable))],
    };
    let of_corpus = programs.into_iter().map(|program| {
        let name = named(&program.name);
        let program = Arc::new(program);
        play(name, move || as_expected(Arc::clone(&program)))
    });
    let mut tests: Vec<Trial> = of_corpus.collect();
    tests.push(play(named("lamp"), lamp::shines_as_told));
    tests.push(play(named("solution"), with_step_4s_server));
    tests.push(play(named("starter"), starter_fails));
    tests
}

/// Where this is to be had, a test that skips is a test that fails.
fn can_be_played() -> bool {
    let missing = root().ok().and_then(|root| firmware::missing(&root));
    let Some(missing) = missing else { return true };
    assert!(env::var_os("NIGHTLIGHT_NO_SKIP").is_none(), "{missing}");
    eprintln!("The firmware is not tested: {missing}");
    false
}

async fn as_expected(program: Arc<Program>) -> anyhow::Result<()> {
    let surprises = tried(&program).await?.1.surprises;
    ensure!(surprises.is_empty(), "{}", surprises.join("\n"));
    Ok(())
}

async fn tried(program: &Program) -> anyhow::Result<(Built, Outcome)> {
    let stage = stage().await?;
    let built = stage.compile(program).await?;
    let outcome = stage
        .play(program, &built, SEED, &BrokerChoice::Embedded)
        .await?;
    Ok((built, outcome))
}

/// The very scenes, findings and verdict of step 4, with the device on a microcontroller.
async fn with_step_4s_server() -> anyhow::Result<()> {
    let root = root()?;
    let step4 = course::find("step4")?;
    let of_step_4 = corpus::solution(&root, step4)?;
    let mut pair = stage().await?.compile(&of_step_4).await?;
    let subject = Subject::Solutions;
    let firmware = compile::compile(&root, &subject, course::firmware()).await?;
    ensure!(firmware.warnings.is_empty(), "{}", firmware.warnings);
    pair.programs.retain(|(id, _)| *id == SERVER);
    let pair = pair.and(firmware);
    ensure!(pair.programs.iter().any(|(id, _)| *id == DEVICE));
    let verdict = play_built(step4, &pair, SEED, &BrokerChoice::Embedded).await;
    ensure!(verdict.status == Status::Pass, "{}", failures(&verdict));
    Ok(())
}

async fn starter_fails() -> anyhow::Result<()> {
    let step = course::firmware();
    let mut starter = Program {
        step,
        name: "starter".to_owned(),
        about: String::new(),
        expected: Expectation::Pass,
        sources: Default::default(),
        unchanged: Vec::new(),
    };
    for made in starters::of_firmware(&root()?.join("solutions"))? {
        let within = made.file.components().skip(1).collect();
        starter.sources.insert(within, made.text);
    }
    let (built, outcome) = tried(&starter).await?;
    ensure!(built.warnings.is_empty(), "{}", built.warnings);
    let verdict = outcome.verdict;
    let failed: Vec<&str> = verdict.failed().map(|row| row.id.as_str()).collect();
    ensure!(
        verdict.status == Status::Fail && failed == step.starter_fails,
        "it fails {failed:?}\n{}",
        failures(&verdict)
    );
    Ok(())
}
