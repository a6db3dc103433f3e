//! Verdicts for machines: one object a step, each on its own line.

use serde::Serialize;

use crate::criterion::Judgement;
use crate::transcript;
use crate::verdict::{Status, Verdict};

/// Counts up when a field changes its meaning or goes away.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    step: String,
    subject: &'a str,
    status: &'static str,
    seed: u64,
    points: u32,
    max_points: u32,
    criteria: Vec<Row<'a>>,
    transcript: String,
    timings: Timings,
    broker: &'a str,
    /// rustc's words, or the kit's own failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

#[derive(Serialize)]
struct Row<'a> {
    id: &'static str,
    title: &'static str,
    status: &'static str,
    points: u32,
    max_points: u32,
    expected: Option<&'a str>,
    actual: Option<&'a str>,
    hint: Option<&'a str>,
    chapter: &'static str,
}

#[derive(Serialize)]
struct Timings {
    build_ms: u128,
    run_ms: u128,
}

/// The verdict as one line of JSON, with its line end.
///
/// # Errors
/// Never in practice: nothing in it cannot be JSON.
pub fn line(verdict: &Verdict) -> serde_json::Result<String> {
    let criteria = verdict.rows.iter().map(|(criterion, judgement)| {
        let finding = match judgement {
            Judgement::Fail(finding) => Some(finding),
            Judgement::Pass | Judgement::Skip => None,
        };
        Row {
            id: criterion.id,
            title: criterion.title,
            status: match judgement {
                Judgement::Pass => "pass",
                Judgement::Fail(_) => "fail",
                Judgement::Skip => "skip",
            },
            points: if *judgement == Judgement::Pass {
                criterion.points
            } else {
                0
            },
            max_points: criterion.points,
            expected: finding.map(|finding| finding.expected.as_str()),
            actual: finding.map(|finding| finding.actual.as_str()),
            hint: finding.map(|finding| finding.hint.as_deref().unwrap_or(criterion.hint)),
            chapter: criterion.chapter,
        }
    });
    let report = Report {
        schema: SCHEMA,
        step: verdict.step.name(),
        subject: &verdict.subject,
        status: verdict.status.name(),
        seed: verdict.seed,
        points: verdict.points(),
        max_points: verdict.step.max_points(),
        criteria: criteria.collect(),
        transcript: transcript::text(&verdict.lanes),
        timings: Timings {
            build_ms: verdict.build_time.as_millis(),
            run_ms: verdict.run_time.as_millis(),
        },
        broker: &verdict.broker,
        message: match &verdict.status {
            Status::CompileError(words) | Status::InfraError(words) => Some(words),
            _ => None,
        },
    };
    Ok(serde_json::to_string(&report)? + "\n")
}
