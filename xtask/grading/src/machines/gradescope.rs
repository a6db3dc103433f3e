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
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_score: Option<f64>,
    status: &'static str,
    name: String,
    number: String,
    output: String,
    output_format: &'static str,
    visibility: &'static str,
}

/// One learner's results. When a step could not be graded, there is no score, neither in all nor of any test: of those
/// that have one Gradescope would make a total of fewer points, and without any it shows an error of the grader.
///
/// # Errors
/// Never in practice: nothing in it cannot be JSON.
pub fn gradescope(class: &Class, learner: &Learner) -> serde_json::Result<String> {
    let mut tests = Vec::new();
    for (index, step) in class.steps.iter().enumerate() {
        let number = |criterion: usize| format!("{}.{}", index + 1, criterion + 1);
        let reason = learner.reason(&step.name).unwrap_or_default();
        if learner.is_decided(&step.name) {
            let words = learner.by_hand(&step.name).unwrap_or_default();
            let mut test = whole(step, number(0), &words);
            let points = learner.points(step).unwrap_or_default();
            test.score = Some(text::rounded(points));
            if points >= step.points {
                test.status = "passed";
            }
            tests.push(test);
            continue;
        }
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
            Cell::OurError(_) | Cell::Open => tests.push(whole(step, number(0), &reason)),
        }
    }
    let score = learner.total(&class.steps).map(text::rounded);
    if score.is_none() {
        for test in &mut tests {
            test.score = None;
            test.max_score = None;
        }
    }
    let reduced = class
        .batch
        .iter()
        .flat_map(|batch| &batch.reduced)
        .map(String::as_str);
    let ungraded = class.steps.iter().filter_map(|step| {
        let is_open = learner.points(step).is_none();
        let reason = learner.reason(&step.name).filter(|_| is_open)?;
        Some(format!("{}: {reason}. That is no zero.", step.title))
    });
    let late = class.steps.iter().flat_map(|step| {
        let by_hand = learner.by_hand(&step.name);
        let by_hand = by_hand.filter(|_| !learner.is_decided(&step.name));
        let said = [learner.lateness(&step.name), by_hand];
        let said = said.into_iter().flatten();
        said.map(|words| format!("{}: {words}", step.title))
    });
    let said: Vec<String> = ungraded.chain(late).collect();
    let output: Vec<&str> = said.iter().map(String::as_str).chain(reduced).collect();
    let milliseconds = learner
        .verdicts
        .values()
        .map(|verdict| verdict.timings.build_ms + verdict.timings.run_ms);
    serde_json::to_string_pretty(&Results {
        score,
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
        score: Some(text::rounded(f64::from(criterion.points) * scale)),
        max_score: Some(text::rounded(f64::from(criterion.max_points) * scale)),
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
        score: Some(0.0),
        max_score: Some(text::rounded(step.points)),
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

    /// Gradescope's documentation: a score in all, or one of each test; else it takes the autograder for broken.
    #[test]
    fn an_error_of_ours_gives_no_score_and_no_total_of_fewer_points() {
        let eve = results("eve");
        assert_eq!(eve.get("score"), None);
        let tests = eve["tests"].as_array().expect("tests");
        assert!(!tests.is_empty());
        for test in tests {
            assert_eq!((test.get("score"), test.get("max_score")), (None, None));
        }
        assert!(
            results("eve")["output"]
                .as_str()
                .expect("text")
                .contains("our error")
        );
    }

    /// The fields of the documentation's "Output format", their types and values, and no others.
    #[test]
    fn only_documented_fields_are_written() {
        let class = class();
        for learner in &class.learners {
            let results = results(&learner.name);
            for (name, value) in results.as_object().expect("an object") {
                let is_right = match name.as_str() {
                    "score" | "execution_time" => value.as_f64().is_some_and(f64::is_finite),
                    "output" => value.is_string(),
                    "output_format" => value == "text",
                    "visibility" => value == "visible",
                    "stdout_visibility" => value == "hidden",
                    "tests" => value.is_array(),
                    _ => false,
                };
                assert!(is_right, "{name}: {value}");
            }
            for test in results["tests"].as_array().expect("tests") {
                for (name, value) in test.as_object().expect("an object") {
                    let is_right = match name.as_str() {
                        "score" | "max_score" => value.as_f64().is_some_and(|score| score >= 0.0),
                        "name" | "output" | "number" => value.is_string(),
                        "status" => value == "passed" || value == "failed",
                        "output_format" => value == "text",
                        "visibility" => value == "visible",
                        _ => false,
                    };
                    assert!(is_right, "{name}: {value}");
                }
            }
        }
    }

    #[test]
    fn points_are_rounded() {
        let mut class = class();
        class.steps[0].points = 7.0 / 3.0;
        let bob = class.learners.iter().find(|learner| learner.name == "bob");
        let written = gradescope(&class, bob.expect("bob")).expect("JSON");
        let bob: Value = serde_json::from_str(&written).expect("JSON");
        assert_eq!(bob["score"], json!(1.17));
        assert_eq!(bob["tests"][0]["max_score"], json!(1.17));
    }

    #[test]
    fn terminal_escapes_are_gone() {
        assert!(!results("=cmd").to_string().contains("\\u001b"));
    }
}
