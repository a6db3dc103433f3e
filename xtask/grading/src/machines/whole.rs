//! The whole class as one JSON object.

use std::io;

use serde::Serialize;

use crate::class::Class;
use crate::json;

#[derive(Serialize)]
struct Whole<'a> {
    schema: u32,
    #[serde(flatten)]
    class: &'a Class,
    results: Vec<Totals<'a>>,
}

/// Points of one learner, computed from the class's data.
#[derive(Serialize)]
struct Totals<'a> {
    learner: &'a str,
    steps: Vec<Option<f64>>,
    total: Option<f64>,
}

/// The class as JSON, totals included. A blank is `null`.
///
/// # Errors
/// When `to` cannot be written.
pub fn json(class: &Class, to: impl io::Write) -> serde_json::Result<()> {
    let results = class.learners.iter().map(|learner| {
        let steps = class
            .steps
            .iter()
            .map(|step| learner.points(step))
            .collect();
        Totals {
            learner: &learner.name,
            steps,
            total: learner.total(&class.steps),
        }
    });
    let whole = Whole {
        schema: 1,
        class,
        results: results.collect(),
    };
    json::pretty(&whole, to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::examples::class;

    #[test]
    fn a_blank_is_null() {
        let mut text = Vec::new();
        json(&class(), &mut text).expect("JSON");
        let value: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
        let eve = value["results"]
            .as_array()
            .expect("a list")
            .iter()
            .find(|row| row["learner"] == "eve");
        assert_eq!(
            eve.expect("she is there")["steps"],
            serde_json::json!([10.0, null])
        );
        assert_eq!(value["batch"]["reduced"][0], "No namespaces.");
    }

    #[test]
    fn what_programs_printed_keeps_no_parser_from_reading() {
        let mut class = class();
        for learner in &mut class.learners {
            for verdict in learner.verdicts.values_mut() {
                verdict.transcript += "\u{fffe}";
            }
        }
        let mut text = Vec::new();
        json(&class, &mut text).expect("JSON");
        let text = String::from_utf8(text).expect("text");
        assert!(text.contains(r"\ufffe") && !text.contains('\u{fffe}'));
    }
}
