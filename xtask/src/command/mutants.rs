//! `cargo xtask check --mutants`: is every wrong program caught, and every right one let through?

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use arena::broker::BrokerChoice;

use crate::cli::Check;
use checks::corpus::trial::Stage;
use checks::corpus::{self, Expectation, Program};
use course::wording::counted;
use course::{Step, steps};
use terminal::exit::FAILED;
use terminal::say::{self, BAD, FAINT, GOOD, paint};

pub async fn run(root: &Path, arguments: &Check) -> anyhow::Result<ExitCode> {
    let steps: Vec<&'static Step> = match arguments.step.as_deref() {
        None | Some("all") => steps().iter().collect(),
        Some(name) => vec![course::find_or_firmware(name)?],
    };
    let mut programs = Vec::new();
    for step in steps {
        programs.extend(corpus::programs(root, step)?);
    }
    let seed = arguments
        .seed
        .unwrap_or_else(|| fastrand::u64(1..1_000_000));
    let count = counted(programs.len(), "program", "programs");
    say::out(&format!("{count}, seed {seed}\n"))?;

    let stage = Arc::new(Stage::new(root));
    // Many at once, and told in order.
    let trials: Vec<_> = programs
        .into_iter()
        .map(|program| {
            let (stage, broker) = (Arc::clone(&stage), arguments.broker.clone());
            tokio::spawn(async move {
                let told = one(&stage, &program, seed, &broker).await;
                (program, told)
            })
        })
        .collect();
    let mut odd = 0;
    for trial in trials {
        let (program, told) = trial.await?;
        odd += usize::from(told.is_err());
        say::out(&line(&program, told))?;
    }
    Ok(if odd == 0 {
        say::out("All as expected.\n")?;
        ExitCode::SUCCESS
    } else {
        say::out(&format!("{odd} not as expected.\n"))?;
        ExitCode::from(FAILED)
    })
}

/// What came of it, as it should, or else what is not as expected.
async fn one(
    stage: &Stage,
    program: &Program,
    seed: u64,
    broker: &BrokerChoice,
) -> Result<String, String> {
    let outcome = async {
        let built = stage.compile(program).await?;
        stage.play(program, &built, seed, broker).await
    };
    let outcome = outcome.await.map_err(|error| format!("{error:#}"))?;
    if outcome.surprises.is_empty() {
        let failed: Vec<&str> = outcome
            .verdict
            .failed()
            .map(|row| row.id.as_str())
            .collect();
        let seconds = outcome.verdict.timings.run_ms / 100;
        let seconds = format!("{}.{}", seconds / 10, seconds % 10);
        Ok(match program.expected {
            Expectation::Pass => format!("passes ({seconds} s)"),
            Expectation::Fail { .. } => format!("fails {} ({seconds} s)", failed.join(", ")),
        })
    } else {
        Err(outcome.surprises.join("; "))
    }
}

fn line(program: &Program, told: Result<String, String>) -> String {
    let name = format!("{} {}", program.step.name(), program.name);
    match told {
        Ok(came) => format!("{}  {name}  {}\n", paint(GOOD, "ok "), paint(FAINT, came)),
        Err(why) => format!("{}  {name}  {why}\n", paint(BAD, "NOT")),
    }
}
