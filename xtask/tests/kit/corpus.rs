//! Every wrong program is caught and told what is wrong with it, and every other right one passes.
//!
//! What each is told is kept in a snapshot, so that a review sees when a message changes.

use std::fmt::Write as _;
use std::sync::Arc;

use arena::broker::BrokerChoice;
use checks::compile::Palette;
use checks::corpus::trial::{Outcome, Stage};
use checks::corpus::{self, Expectation, Program};
use tokio::sync::OnceCell;

use super::{root, step};

/// Fixed, so that a failure can be repeated.
const SEED: u64 = 2026;

/// Shared by all steps, so that they do not ask more of the machine together than each alone.
async fn stage() -> Arc<Stage> {
    static STAGE: OnceCell<Arc<Stage>> = OnceCell::const_new();
    let stage =
        STAGE.get_or_init(async || Arc::new(Stage::new(Palette::build(&root()).await.unwrap())));
    Arc::clone(stage.await)
}

async fn as_expected(number: u8) {
    if !root().join("solutions").is_dir() {
        eprintln!("skipped: a copy for learners has no corpus");
        return;
    }
    let stage = stage().await;
    let programs = corpus::programs(&root(), step(number)).unwrap();
    let trials: Vec<_> = programs
        .into_iter()
        .map(|program| {
            let stage = Arc::clone(&stage);
            tokio::spawn(async move {
                let built = stage.compile(&program).await.unwrap();
                let broker = BrokerChoice::Embedded;
                let outcome = stage.play(&program, &built, SEED, &broker).await.unwrap();
                (program, outcome)
            })
        })
        .collect();
    let mut told = String::new();
    let mut surprises = Vec::new();
    for trial in trials {
        let (program, outcome) = trial.await.unwrap();
        tell(&mut told, &program, &outcome);
        surprises.extend(
            outcome
                .surprises
                .into_iter()
                .map(|surprise| format!("{}: {surprise}", program.name)),
        );
    }
    assert!(surprises.is_empty(), "{surprises:#?}");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../corpus");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(step(number).name(), told));
}

fn tell(told: &mut String, program: &Program, outcome: &Outcome) {
    writeln!(
        told,
        "== {}: {}",
        program.name,
        outcome.verdict.status.name()
    )
    .unwrap();
    // What else it fails may be chance: how far it got, say. So may what it was seen to do instead.
    let Expectation::Fail {
        criterion: asked, ..
    } = &program.expected
    else {
        return;
    };
    for row in outcome.verdict.failed().filter(|row| row.id == *asked) {
        let hint = row.hint.as_deref().unwrap_or_default();
        writeln!(told, "{}: {}", row.id, hide_ids(hint)).unwrap();
    }
}

/// An id is `check-` and eight letters; some programs make another one of it.
fn hide_ids(words: &str) -> String {
    let mut parts = words.split("check-");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain += "<id>";
        plain += part.get(8..).unwrap_or_default();
    }
    plain
}

#[tokio::test(flavor = "multi_thread")]
async fn connect() {
    as_expected(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn telemetry() {
    as_expected(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn server() {
    as_expected(3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands() {
    as_expected(4).await;
}
