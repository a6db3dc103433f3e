//! Every solution passes at any seed, and its run always reads the same.

use checks::subject::Subject;
use course::verdict::Status;

use super::{check, failures};

/// Fixed, so that a failure can be repeated.
const SEEDS: [u64; 3] = [1, 2026, 987_654_321];

async fn solution_passes(number: u8) {
    let (first, second, third) = tokio::join!(
        check(&Subject::Solutions, number, SEEDS[0]),
        check(&Subject::Solutions, number, SEEDS[1]),
        check(&Subject::Solutions, number, SEEDS[2]),
    );
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../transcripts");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for verdict in [first, second, third] {
        assert_eq!(
            verdict.status,
            Status::Pass,
            "seed {}: {:#?}",
            verdict.seed,
            failures(&verdict)
        );
        assert_eq!(verdict.points, verdict.max_points);
        settings.bind(|| insta::assert_snapshot!(verdict.step.as_str(), verdict.transcript));
    }
}

#[tokio::test]
async fn connect() {
    solution_passes(1).await;
}

#[tokio::test]
async fn telemetry() {
    solution_passes(2).await;
}

#[tokio::test]
async fn server() {
    solution_passes(3).await;
}

#[tokio::test]
async fn commands() {
    solution_passes(4).await;
}
