//! The `result` that GitHub Classroom's graders hand on as a step's output: base64 of JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::class::{Cell, Class, Learner};
use crate::text;
use course::verdict::{Outcome, Status};

#[derive(Serialize)]
struct Payload {
    version: u32,
    status: &'static str,
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

/// One learner's result, a test for each step.
///
/// # Errors
/// Never in practice: nothing in it cannot be JSON.
pub fn classroom(class: &Class, learner: &Learner) -> serde_json::Result<String> {
    let tests: Vec<Test> = class
        .steps
        .iter()
        .map(|step| {
            let reason = learner.reason(&step.name).unwrap_or_default();
            let (status, message, duration) = match learner.cell(&step.name) {
                Cell::Graded(verdict) => {
                    let status = if verdict.status == Status::Pass {
                        "pass"
                    } else {
                        "fail"
                    };
                    let failed = verdict
                        .criteria
                        .iter()
                        .filter(|criterion| criterion.status == Outcome::Fail);
                    let failed: Vec<&str> =
                        failed.map(|criterion| criterion.title.as_str()).collect();
                    let words = format!("{}\n{}", verdict.status.words(), failed.join("\n"));
                    (
                        status,
                        words,
                        verdict.timings.build_ms + verdict.timings.run_ms,
                    )
                }
                Cell::Missing => ("fail", reason, 0),
                Cell::OurError(_) | Cell::Open => ("error", reason, 0),
            };
            Test {
                name: text::plain(&step.title),
                status,
                score: learner.points(step).unwrap_or_default(),
                message: text::plain(message.trim()),
                test_code: format!("cargo xtask check {}", step.name),
                filename: String::new(),
                line_no: 0,
                duration,
            }
        })
        .collect();
    let status = ["error", "fail"]
        .into_iter()
        .find(|status| tests.iter().any(|test| test.status == *status));
    let payload = Payload {
        version: 1,
        status: status.unwrap_or("pass"),
        max_score: class.max_points(),
        tests,
    };
    Ok(STANDARD.encode(serde_json::to_vec(&payload)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::examples::class;
    use serde_json::{Value, json};

    #[test]
    fn the_payload_decodes_to_what_classroom_reads() {
        let class = class();
        let decoded = |name: &str| -> Value {
            let learner = class
                .learners
                .iter()
                .find(|learner| learner.name == name)
                .expect("a learner");
            let bytes = STANDARD
                .decode(classroom(&class, learner).expect("a result"))
                .expect("base64");
            serde_json::from_slice(&bytes).expect("JSON")
        };
        assert_eq!(decoded("ada")["status"], "pass");
        assert_eq!(decoded("ada")["max_score"], json!(30.0));
        assert_eq!(decoded("bob")["status"], "fail");
        assert_eq!(decoded("bob")["tests"][0]["score"], json!(5.0));
        assert_eq!(decoded("bob")["tests"][0]["duration"], json!(1500));
        assert_eq!(decoded("eve")["status"], "error");
    }
}
