//! Points that a human gives for the written assignment, typed into a spreadsheet and merged into the results.

mod typed;

use std::io;

use serde::Serialize;

use crate::class::Class;
use crate::sheets::Dialect;
use crate::text;

pub use typed::{RubricError, Scored, is_typed_into, typed};

/// The first column of the sheet.
const LEARNER: &str = "learner";
/// The last column of the sheet, free text.
const COMMENT: &str = "comment";

/// One thing a human scores, with what each level asks for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The column's name, such as `amqp`.
    pub id: String,
    /// The question.
    pub title: String,
    /// Maximum of points.
    pub points: f64,
    /// From the best to the worst: the level's name and what it asks for.
    pub levels: Vec<(String, String)>,
}

/// Writes the sheet to type scores into, with what was scored so far.
///
/// # Errors
/// When `to` cannot be written.
pub fn sheet(
    class: &Class,
    comparisons: &[Comparison],
    dialect: Dialect,
    to: impl io::Write,
) -> Result<(), csv::Error> {
    let mut table = dialect.table(to)?;
    let columns = comparisons.iter().map(|comparison| comparison.id.as_str());
    table.write_record([LEARNER].into_iter().chain(columns).chain([COMMENT]))?;
    for learner in &class.learners {
        let scores = learner.scores.clone().unwrap_or_default();
        let points = comparisons.iter().map(|comparison| {
            scores
                .points
                .get(&comparison.id)
                .map(|points| dialect.points(*points))
                .unwrap_or_default()
        });
        let row = [text::cell(&learner.name)]
            .into_iter()
            .chain(points)
            .chain([text::cell(&scores.comment)]);
        table.write_record(row)?;
    }
    table.flush()?;
    Ok(())
}

#[cfg(test)]
pub(crate) mod examples {
    use super::Comparison;

    pub(crate) fn comparisons() -> Vec<Comparison> {
        ["amqp", "http"]
            .map(|id| Comparison {
                id: id.into(),
                title: format!("Compare {id} with MQTT"),
                points: 5.0,
                levels: vec![("exemplary".into(), "covers all three".into())],
            })
            .into()
    }
}
