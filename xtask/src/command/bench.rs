//! `cargo xtask bench`: what the kit promises, measured.

mod desk;
mod floor;
mod outages;
mod saving;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use arena::broker::BrokerChoice;
use tokio::task::JoinSet;

use super::package::{FLEET, GRADE, PROTOCOLS};
use crate::cli::Bench;
use checks::compile::Built;
use checks::corpus::load::Load;
use checks::corpus::trial::Stage;
use checks::corpus::{self, Program};
use course::steps;
use outages::Outages;
use terminal::exit::FAILED;
use terminal::say;

pub async fn run(root: &Path, bench: Bench) -> anyhow::Result<ExitCode> {
    match bench {
        Bench::Broker { arguments } => FLEET.run(root, "fleet", &arguments),
        Bench::Protocols { arguments } => PROTOCOLS.run(root, "bench-protocols", &arguments),
        Bench::Grade { arguments } => GRADE.run(root, "throughput", &arguments),
        Bench::Floor { rounds } => {
            floor::run(root, rounds).await?;
            Ok(ExitCode::SUCCESS)
        }
        Bench::Saving { rounds } => {
            saving::run(root, rounds).await?;
            Ok(ExitCode::SUCCESS)
        }
        Bench::Steadiness {
            runs,
            load,
            seed,
            only,
        } => steadiness(root, runs, load, seed, &only).await,
        Bench::Outages {
            step,
            qos_1,
            runs,
            seed,
            broker,
        } => {
            let outages = Outages {
                runs,
                seed,
                broker,
                step,
            };
            if qos_1 {
                outages::run_qos_1(root, outages).await
            } else {
                outages::run(root, outages).await
            }
        }
    }
}

/// Checks the solutions and the corpus over and over while the machine is busy, and counts the
/// verdicts that are not as they should be.
async fn steadiness(
    root: &Path,
    runs: usize,
    load: usize,
    seed: Option<u64>,
    only: &str,
) -> anyhow::Result<ExitCode> {
    let seed = seed.unwrap_or_else(|| fastrand::u64(1..1_000_000));
    let stage = Arc::new(Stage::new(root));
    let cast = compiled(root, &stage, only).await?;
    say::out(&format!(
        "{runs} runs of {} programs, {load} busy threads, seeds from {seed}\n",
        cast.len()
    ))?;

    let begin = Instant::now();
    let busy = Load::start(load);
    let mut trials = JoinSet::new();
    for (run, (program, built)) in cast.iter().cycle().take(runs).enumerate() {
        let (stage, program, built) = (Arc::clone(&stage), program.clone(), built.clone());
        // Each run draws other ids and levels.
        let seed = seed.wrapping_add(run as u64);
        trials.spawn(async move {
            let outcome = stage
                .play(&program, &built, seed, &BrokerChoice::Embedded)
                .await;
            (program, seed, outcome)
        });
    }
    let mut differing = 0;
    while let Some(trial) = trials.join_next().await {
        let (program, seed, outcome) = trial?;
        let surprises = outcome?.surprises;
        if !surprises.is_empty() {
            differing += 1;
            say::out(&format!(
                "{}, seed {seed}: {}\n",
                full_name(&program),
                surprises.join("; ")
            ))?;
        }
    }
    drop(busy);
    say::out(&format!(
        "{differing} of {runs} verdicts differ from what is expected ({} s)\n",
        begin.elapsed().as_secs()
    ))?;
    Ok(if differing == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FAILED)
    })
}

fn full_name(program: &Program) -> String {
    format!("{} {}", program.step.name(), program.name)
}

/// All solutions and the corpus, or those with `only` in their names, compiled before the machine
/// gets busy.
async fn compiled(
    root: &Path,
    stage: &Arc<Stage>,
    only: &str,
) -> anyhow::Result<Vec<(Program, Built)>> {
    let mut programs = Vec::new();
    for step in steps() {
        programs.push(corpus::solution(root, step)?);
        programs.extend(corpus::programs(root, step)?);
    }
    programs.retain(|program| full_name(program).contains(only));
    anyhow::ensure!(!programs.is_empty(), "no program has `{only}` in its name");
    let compiling: Vec<_> = programs
        .into_iter()
        .map(|program| {
            let stage = Arc::clone(stage);
            tokio::spawn(async move {
                let built = stage.compile(&program).await?;
                anyhow::Ok((program, built))
            })
        })
        .collect();
    let mut cast = Vec::new();
    for program in compiling {
        cast.push(program.await??);
    }
    Ok(cast)
}
