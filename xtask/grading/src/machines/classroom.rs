//! The `result` that GitHub Classroom's graders hand on as a step's output: base64 of JSON.
//!
//! Of what becomes points there, one part adds the tests' scores (the notice), and the other counts the tests that
//! passed (the table). So that both tell the same, a step is written as many tests as it has points, as many of them
//! passed as were reached.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::class::{Cell, Class, Learner, Step};
use crate::text;

/// More tests than this nobody reads; then the table only comes near.
const MOST: f64 = 200.0;
/// How many there are where points are no whole numbers.
const PARTS: f64 = 100.0;

#[derive(Serialize)]
struct Payload {
    version: u32,
    status: &'static str,
    /// Zero where a step could not be graded: then no points are reported at all, instead of fewer.
    max_score: f64,
    tests: Vec<Test>,
}

#[derive(Serialize)]
struct Test {
    name: String,
    status: &'static str,
    score: f64,
    message: String,
    test_code: String,
    filename: String,
    line_no: u32,
    /// In milliseconds.
    duration: u64,
}

/// One learner's result.
///
/// # Errors
/// Never in practice: nothing in it cannot be JSON.
pub fn classroom(class: &Class, learner: &Learner) -> serde_json::Result<String> {
    let is_open = |step: &&Step| learner.points(step).is_none();
    let payload = if class.steps.iter().any(|step| is_open(&step)) {
        ungraded(class, learner)
    } else {
        graded(class, learner)
    };
    Ok(STANDARD.encode(serde_json::to_vec(&payload)?))
}

fn ungraded(class: &Class, learner: &Learner) -> Payload {
    let tests = class.steps.iter().map(|step| {
        let is_open = learner.points(step).is_none();
        let reason = learner.reason(&step.name).unwrap_or_default();
        let message = format!("{}: {reason}. That is no zero: run it again.", step.title);
        Test {
            message: text::plain(if is_open { &message } else { "" }),
            ..test(
                learner,
                step,
                if is_open {
                    "error"
                } else {
                    graded_as(learner, step)
                },
            )
        }
    });
    Payload {
        version: 1,
        status: "error",
        max_score: 0.0,
        tests: tests.collect(),
    }
}

fn graded(class: &Class, learner: &Learner) -> Payload {
    let most = class.max_points();
    let is_whole = most.fract() == 0.0 && most <= MOST;
    let parts = if is_whole { most } else { PARTS };
    let part = |points: f64| points / most * parts;
    let mut tests = Vec::new();
    let (mut possible, mut reached) = (0.0, 0.0);
    for step in &class.steps {
        // Up to here and not in this step alone: what is rounded never adds up.
        let (first, passed) = (part(possible).round(), part(reached).round());
        possible += step.points;
        reached += learner.points(step).unwrap_or_default();
        let count = part(possible).round() - first;
        let passed = (part(reached).round() - passed).min(count);
        // Who lacks half a point has not passed all.
        let is_full = graded_as(learner, step) == "pass";
        let passed = if is_full {
            passed
        } else {
            passed.min(count - 1.0).max(0.0)
        };
        tests.extend(of_step(learner, step, count as usize, passed as usize));
    }
    // One test has it all: a sum of decimals would have many more of them.
    if let Some(first) = tests.first_mut() {
        first.score = text::rounded(reached);
    }
    let passed = tests.iter().all(|test| test.status == "pass");
    Payload {
        version: 1,
        status: if passed { "pass" } else { "fail" },
        max_score: text::rounded(most),
        tests,
    }
}

/// The tests of a step, the passed ones first; the first that did not pass says why.
fn of_step(
    learner: &Learner,
    step: &Step,
    count: usize,
    passed: usize,
) -> impl Iterator<Item = Test> {
    let failed = match learner.cell(&step.name) {
        Cell::Graded(verdict) => {
            let titles: Vec<&str> = verdict.failed().map(|row| row.title.as_str()).collect();
            titles.join("; ")
        }
        _ => String::new(),
    };
    let reason = learner.reason(&step.name);
    let why = [reason, Some(failed), learner.lateness(&step.name)];
    let why: Vec<String> = why
        .into_iter()
        .flatten()
        .filter(|why| !why.is_empty())
        .collect();
    let why = why.join("; ");
    (0..count).map(move |place| {
        let status = if place < passed { "pass" } else { "fail" };
        let mut test = test(learner, step, status);
        test.name += &format!(", part {} of {count}", place + 1);
        if place == passed && !why.is_empty() {
            test.name += &format!(": {}", text::plain(&why).replace('\n', " "));
        }
        if place > 0 {
            test.test_code = String::new();
            test.duration = 0;
        }
        test
    })
}

fn test(learner: &Learner, step: &Step, status: &'static str) -> Test {
    let timings = learner
        .verdicts
        .get(&step.name)
        .map(|verdict| verdict.timings);
    Test {
        name: text::plain(&step.title),
        status,
        score: 0.0,
        message: String::new(),
        test_code: format!("cargo xtask check {}", step.name),
        filename: String::new(),
        line_no: 0,
        duration: timings.map_or(0, |timings| timings.build_ms + timings.run_ms),
    }
}

fn graded_as(learner: &Learner, step: &Step) -> &'static str {
    let is_full = learner
        .points(step)
        .is_some_and(|points| points >= step.points);
    if is_full { "pass" } else { "fail" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::examples::class;
    use serde_json::Value;

    /// What `autograding-grading-reporter` makes of a result: points of the notice, of the table, and of how many.
    fn reported(class: &Class, name: &str) -> (f64, f64, f64, Value) {
        let mut learners = class.learners.iter();
        let learner = learners.find(|learner| learner.name == name);
        let result = classroom(class, learner.expect("a learner")).expect("a result");
        let bytes = STANDARD.decode(result).expect("base64");
        let payload: Value = serde_json::from_slice(&bytes).expect("JSON");
        let tests = payload["tests"].as_array().expect("tests");
        let most = payload["max_score"].as_f64().expect("a number");
        let scores = tests.iter().filter_map(|test| test["score"].as_f64());
        let passed = tests.iter().filter(|test| test["status"] == "pass");
        let table = passed.count() as f64 / tests.len() as f64 * most;
        (scores.sum(), table, most, payload)
    }

    #[test]
    fn notice_and_table_tell_the_points() {
        let mut class = class();
        let (notice, table, most, payload) = reported(&class, "ada");
        assert_eq!((notice, table, most), (30.0, 30.0, 30.0));
        assert_eq!(payload["status"], "pass");
        let (notice, table, _, payload) = reported(&class, "bob");
        assert_eq!((notice, table), (5.0, 5.0));
        assert_eq!(payload["status"], "fail");
        let tests = payload["tests"].as_array().expect("tests");
        assert_eq!(
            tests[5]["name"],
            "Connect, part 6 of 10: Criterion number 1"
        );
        assert_eq!(tests[10]["name"], "Telemetry, part 1 of 20: not handed in");

        // Of which no whole number of points comes out: 5 of 10 and 0 of 17.5.
        class.steps[1].points = 17.5;
        let (notice, table, most, _) = reported(&class, "bob");
        assert_eq!((notice, most), (5.0, 27.5));
        assert!((table - 5.0).abs() < 0.2, "{table}");

        class.steps[0].points = 40.0 / 11.0;
        class.steps[1].points = 1_000.0;
        let (notice, table, most, _) = reported(&class, "bob");
        assert_eq!((notice, most), (1.82, 1_003.64));
        assert!(table < 11.0, "{table}");
    }

    #[test]
    fn an_error_of_ours_reports_no_points() {
        let class = class();
        let (notice, table, most, payload) = reported(&class, "eve");
        assert_eq!((notice, table, most), (0.0, 0.0, 0.0));
        assert_eq!(payload["status"], "error");
        let message = payload["tests"][1]["message"].as_str().expect("text");
        assert!(message.contains("our error"), "{message}");
    }
}
