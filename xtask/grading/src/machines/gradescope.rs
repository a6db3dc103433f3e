//! Gradescope's `results.json`, one a learner (gradescope-autograders.readthedocs.io, "Output Format").

use serde::Serialize;

use crate::class::{Cell, Class, Learner, Step};
use crate::text;
use course::verdict::{Outcome, Row};

#[derive(Serialize)]
struct Results {
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    /// In seconds.
    execution_time: f64,
    output: String,
    output_format: &'static str,
    visibility: &'static str,
    stdout_visibility: &'static str,
    tests: Vec<Test>,
}

#[derive(Serialize)]
struct Test {
    score: f64,
    max_score: f64,
    status: &'static str,
    name: String,
    number: String,
    output: String,
    output_format: &'static str,
    visibility: &'static str,
}

/// One learner's results. Without a score when a step could not be graded: Gradescope then shows an error
/// of the grader and no zero.
///
/// # Errors
/// Never in practice: nothing in it cannot be JSON.
pub fn gradescope(class: &Class, learner: &Learner) -> serde_json::Result<String> {
    let mut tests = Vec::new();
    for (index, step) in class.steps.iter().enumerate() {
        let number = |criterion: usize| format!("{}.{}", index + 1, criterion + 1);
        let reason = learner.reason(&step.name).unwrap_or_default();
        match learner.cell(&step.name) {
            Cell::Graded(verdict) if verdict.criteria.is_empty() => {
                let words = verdict.message.as_deref().unwrap_or_default();
                tests.push(whole(step, number(0), &format!("{reason}\n{words}")));
            }
            Cell::Graded(verdict) => {
                let scale = step.points / f64::from(verdict.max_points.max(1));
                let criteria = verdict.criteria.iter().enumerate();
                tests.extend(
                    criteria.map(|(place, criterion)| test(step, criterion, number(place), scale)),
                );
            }
            Cell::Missing => tests.push(whole(step, number(0), &reason)),
            Cell::OurError(_) | Cell::Open => {}
        }
    }
    let reduced = class
        .batch
        .iter()
        .flat_map(|batch| &batch.reduced)
        .map(String::as_str);
    let ours = class
        .steps
        .iter()
        .filter(|step| matches!(learner.cell(&step.name), Cell::OurError(_)));
    let ours: Vec<String> = ours
        .map(|step| format!("{} could not be graded (our error).", step.title))
        .collect();
    let late = class.steps.iter().filter_map(|step| {
        let words = learner.lateness(&step.name)?;
        Some(format!("{}: {words}", step.title))
    });
    let said: Vec<String> = ours.into_iter().chain(late).collect();
    let output: Vec<&str> = said.iter().map(String::as_str).chain(reduced).collect();
    let milliseconds = learner
        .verdicts
        .values()
        .map(|verdict| verdict.timings.build_ms + verdict.timings.run_ms);
    serde_json::to_string_pretty(&Results {
        score: learner.total(&class.steps),
        execution_time: milliseconds.sum::<u64>() as f64 / 1000.0,
        output: text::plain(&output.join("\n")),
        output_format: "text",
        visibility: "visible",
        // A learner's program could print what it likes there.
        stdout_visibility: "hidden",
        tests,
    })
}

fn test(step: &Step, criterion: &Row, number: String, scale: f64) -> Test {
    let said = [
        ("Expected", &criterion.expected),
        ("Actual", &criterion.actual),
        ("Hint", &criterion.hint),
    ];
    let said = said
        .into_iter()
        .filter_map(|(name, words)| Some(format!("{name}: {}", words.as_ref()?)));
    Test {
        score: f64::from(criterion.points) * scale,
        max_score: f64::from(criterion.max_points) * scale,
        status: if criterion.status == Outcome::Pass {
            "passed"
        } else {
            "failed"
        },
        name: text::plain(&format!("{}: {}", step.title, criterion.title)),
        number,
        output: text::plain(&said.collect::<Vec<_>>().join("\n")),
        output_format: "text",
        visibility: "visible",
    }
}

fn whole(step: &Step, number: String, words: &str) -> Test {
    Test {
        score: 0.0,
        max_score: step.points,
        status: "failed",
        name: text::plain(&step.title),
        number,
        output: text::plain(words),
        output_format: "text",
        visibility: "visible",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::examples::class;
    use serde_json::{Value, json};

    fn results(name: &str) -> Value {
        let class = class();
        let learner = class
            .learners
            .iter()
            .find(|learner| learner.name.starts_with(name))
            .expect("a learner");
        serde_json::from_str(&gradescope(&class, learner).expect("JSON")).expect("JSON")
    }

    #[test]
    fn points_add_up_on_the_instructors_scale() {
        let bob = results("bob");
        assert_eq!(bob["score"], json!(5.0));
        let sum: f64 = bob["tests"]
            .as_array()
            .expect("tests")
            .iter()
            .filter_map(|test| test["score"].as_f64())
            .sum();
        assert_eq!(sum, 5.0);
        assert_eq!(bob["tests"][1]["status"], "failed");
        assert_eq!(bob["tests"][1]["number"], "1.2");
        assert_eq!(bob["tests"][2]["output"], "not handed in");
    }

    #[test]
    fn an_error_of_ours_gives_no_score() {
        assert_eq!(results("eve").get("score"), None);
        assert!(
            results("eve")["output"]
                .as_str()
                .expect("text")
                .contains("our error")
        );
    }

    #[test]
    fn terminal_escapes_are_gone() {
        assert!(!results("=cmd").to_string().contains("\\u001b"));
    }
}
