//! Points that a human gives for the written assignment, typed into a spreadsheet and merged into the results.

use std::io;

use serde::Serialize;

use crate::class::{Class, Scores};
use crate::text;

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

/// What is wrong with a sheet of scores.
#[derive(Debug, thiserror::Error)]
pub enum RubricError {
    /// The sheet is not CSV.
    #[error("the scores cannot be read: {0}")]
    Table(#[from] csv::Error),
    /// A column is missing.
    #[error(
        "the scores have no column `{0}`. The first line must name learner, each comparison, and comment."
    )]
    NoColumn(String),
    /// A cell holds something other than a number of points within the maximum.
    #[error(
        "line {line} of the scores: `{cell}` for {id} is no number from 0 to {most}. Leave it empty if it is not scored yet."
    )]
    NoPoints {
        /// Line number, counted from 1.
        line: u64,
        /// Id of the comparison.
        id: String,
        /// Content of the cell.
        cell: String,
        /// Maximum of points.
        most: String,
    },
    /// A name that no submission has.
    #[error("line {line} of the scores: there is no submission of `{learner}`")]
    NoLearner {
        /// Line number, counted from 1.
        line: u64,
        /// Content of the cell.
        learner: String,
    },
}

/// Writes the sheet to type scores into, with what was scored so far.
///
/// # Errors
/// When `to` cannot be written.
pub fn sheet(
    class: &Class,
    comparisons: &[Comparison],
    to: impl io::Write,
) -> Result<(), csv::Error> {
    let mut table = csv::Writer::from_writer(to);
    let columns = comparisons.iter().map(|comparison| comparison.id.as_str());
    table.write_record([LEARNER].into_iter().chain(columns).chain([COMMENT]))?;
    for learner in &class.learners {
        let scores = learner.scores.clone().unwrap_or_default();
        let points = comparisons.iter().map(|comparison| {
            scores
                .points
                .get(&comparison.id)
                .map(|points| text::points(*points))
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

/// Merges a sheet that a human filled in. Nothing is merged when a line is wrong.
///
/// # Errors
/// See [`RubricError`]; each names the line.
pub fn merge(
    class: &mut Class,
    comparisons: &[Comparison],
    sheet: impl io::Read,
) -> Result<(), RubricError> {
    let mut table = csv::ReaderBuilder::new().flexible(true).from_reader(sheet);
    let header = table.headers()?.clone();
    let column = |name: &str| {
        let found = header
            .iter()
            .position(|cell| cell.trim_start_matches('\u{feff}').trim() == name);
        found.ok_or_else(|| RubricError::NoColumn(name.to_owned()))
    };
    let learner_column = column(LEARNER)?;
    let comment_column = column(COMMENT).ok();
    let columns: Vec<usize> = comparisons
        .iter()
        .map(|comparison| column(&comparison.id))
        .collect::<Result<_, _>>()?;
    let mut merged = Vec::new();
    for row in table.records() {
        let row = row?;
        let line = row.position().map_or(0, csv::Position::line);
        let name = row.get(learner_column).unwrap_or_default();
        let index = class
            .learners
            .iter()
            .position(|learner| learner.name == name || text::cell(&learner.name) == name);
        let index = index.ok_or_else(|| RubricError::NoLearner {
            line,
            learner: name.to_owned(),
        })?;
        let mut scores = Scores::default();
        for (comparison, column) in comparisons.iter().zip(&columns) {
            let cell = row.get(*column).unwrap_or_default().trim();
            if let Some(points) = points(cell, comparison, line)? {
                scores.points.insert(comparison.id.clone(), points);
            }
        }
        scores.comment = comment_column
            .and_then(|column| row.get(column))
            .unwrap_or_default()
            .to_owned();
        merged.push((index, scores));
    }
    for (index, scores) in merged {
        let nothing = scores.points.is_empty() && scores.comment.is_empty();
        class.learners[index].scores = (!nothing).then_some(scores);
    }
    Ok(())
}

fn points(cell: &str, comparison: &Comparison, line: u64) -> Result<Option<f64>, RubricError> {
    if cell.is_empty() {
        return Ok(None);
    }
    // Half of the world writes a decimal comma.
    let points = cell
        .replace(',', ".")
        .parse()
        .ok()
        .filter(|points| (0.0..=comparison.points).contains(points));
    points.map(Some).ok_or_else(|| RubricError::NoPoints {
        line,
        id: comparison.id.clone(),
        cell: cell.to_owned(),
        most: text::points(comparison.points),
    })
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

#[cfg(test)]
mod tests {
    use super::examples::comparisons;
    use super::*;
    use crate::class::examples::class;

    fn scores<'a>(class: &'a Class, name: &str) -> Option<&'a Scores> {
        class
            .learners
            .iter()
            .find(|learner| learner.name == name)
            .and_then(|learner| learner.scores.as_ref())
    }

    #[test]
    fn what_is_typed_into_the_sheet_is_merged() {
        let mut class = class();
        let mut written = Vec::new();
        sheet(&class, &comparisons(), &mut written).expect("written");
        let text = String::from_utf8(written).expect("text");
        assert!(text.starts_with("learner,amqp,http,comment\n"), "{text}");
        let filled = text
            .replace("ada,,,", "ada,4.5,5,well done")
            .replace("bob,,,", "bob,,\"3,5\",");
        merge(&mut class, &comparisons(), filled.as_bytes()).expect("merged");
        assert_eq!(scores(&class, "ada").map(Scores::total), Some(9.5));
        assert_eq!(scores(&class, "bob").map(Scores::total), Some(3.5));
        assert_eq!(scores(&class, "eve"), None);
        assert_eq!(
            class
                .learners
                .iter()
                .find(|learner| learner.name == "ada")
                .and_then(|ada| ada.total(&class.steps)),
            Some(39.5)
        );
    }

    #[test]
    fn a_wrong_line_is_named_and_nothing_is_merged() {
        for (sheet, words) in [
            ("learner,amqp,http,comment\nada,1,1,\nbob,6,1,\n", "line 3"),
            (
                "learner,amqp,http,comment\nada,many,1,\n",
                "`many` for amqp",
            ),
            ("learner,amqp,http,comment\nada,NaN,1,\n", "NaN"),
            (
                "learner,amqp,http,comment\nzoe,1,1,\n",
                "no submission of `zoe`",
            ),
            ("learner,amqp,comment\nada,1,\n", "no column `http`"),
        ] {
            let mut class = class();
            let error = merge(&mut class, &comparisons(), sheet.as_bytes())
                .expect_err(sheet)
                .to_string();
            assert!(error.contains(words), "{error}");
            assert!(
                class
                    .learners
                    .iter()
                    .all(|learner| learner.scores.is_none())
            );
        }
    }
}
