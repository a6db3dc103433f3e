//! What a human has typed into the sheet, and what of it is new.

use super::{COMMENT, Comparison, LEARNER};
use crate::charset;
use crate::class::{Class, Learner, Scores};
use crate::sheets::dialect;
use crate::text;

/// In a cell: what was given here before is taken back.
const TAKEN_BACK: &str = "-";

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
        "line {line} of the scores: `{cell}` for {id} is no number from 0 to {most}. Leave it empty if it is not scored yet, or write - to take points back."
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
    /// A learner has two lines.
    #[error("line {line} of the scores: there is a line of `{learner}` above")]
    Twice {
        /// Line number, counted from 1.
        line: u64,
        /// Content of the cell.
        learner: String,
    },
    /// A name that no submission has, or more than one.
    #[error(
        "line {line} of the scores: there is no submission of `{learner}`, or more than one that is read like that"
    )]
    NoLearner {
        /// Line number, counted from 1.
        line: u64,
        /// Content of the cell.
        learner: String,
    },
}

/// New scores of one learner, with those that stay.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// The learner's name.
    pub learner: String,
    /// All scores of that learner.
    pub scores: Scores,
}

/// Reads a sheet that a human filled in, in whatever form a spreadsheet saved it. An empty cell changes nothing, so
/// that several people can fill in a part each; a `-` takes back what was given.
///
/// # Errors
/// See [`RubricError`]; each names the line.
pub fn typed(
    class: &Class,
    comparisons: &[Comparison],
    sheet: &[u8],
) -> Result<Vec<Scored>, RubricError> {
    let sheet = charset::sheet(sheet);
    let (delimiter, body) = dialect::read(&sheet);
    let mut table = csv::ReaderBuilder::new()
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(body.as_bytes());
    let header = table.headers()?.clone();
    let column = |name: &str| {
        let found = header.iter().position(|cell| cell.trim() == name);
        found.ok_or_else(|| RubricError::NoColumn(name.to_owned()))
    };
    let learner_column = column(LEARNER)?;
    let comment_column = column(COMMENT).ok();
    let columns: Vec<usize> = comparisons
        .iter()
        .map(|comparison| column(&comparison.id))
        .collect::<Result<_, _>>()?;
    let mut seen = Vec::new();
    let mut changed = Vec::new();
    for row in table.records() {
        let row = row?;
        if row.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let line = row.position().map_or(0, csv::Position::line);
        let cell = |column: usize| row.get(column).unwrap_or_default().trim();
        let name = cell(learner_column).to_owned();
        let Some((learner, before)) = meant(class, &name) else {
            return Err(RubricError::NoLearner {
                line,
                learner: name,
            });
        };
        if seen.contains(&learner) {
            return Err(RubricError::Twice {
                line,
                learner: name,
            });
        }
        let mut scores = before.cloned().unwrap_or_default();
        for (comparison, column) in comparisons.iter().zip(&columns) {
            match cell(*column) {
                "" => {}
                TAKEN_BACK | "'-" => drop(scores.points.remove(&comparison.id)),
                typed => {
                    let points = points(typed, comparison, line)?;
                    scores.points.insert(comparison.id.clone(), points);
                }
            }
        }
        match comment_column.map(cell).unwrap_or_default() {
            "" => {}
            TAKEN_BACK | "'-" => scores.comment.clear(),
            // What the sheet had to write otherwise, lest it be a formula, is no change.
            typed if typed == text::cell(&scores.comment) => {}
            typed => typed.clone_into(&mut scores.comment),
        }
        let learner = learner.to_owned();
        if scores != before.cloned().unwrap_or_default() {
            changed.push(Scored {
                learner: learner.clone(),
                scores,
            });
        }
        seen.push(learner);
    }
    Ok(changed)
}

/// Whether there is something in the sheet that would be lost with it.
#[must_use]
pub fn is_typed_into(class: &Class, comparisons: &[Comparison], sheet: &[u8]) -> bool {
    match typed(class, comparisons, sheet) {
        Ok(changed) => !changed.is_empty(),
        // Made for other learners or another rubric; then what matters is whether it is empty.
        Err(_) => {
            let sheet = charset::sheet(sheet);
            let (delimiter, body) = dialect::read(&sheet);
            let delimiter = char::from(delimiter);
            let cells = body
                .lines()
                .skip(1)
                .flat_map(|line| line.split(delimiter).skip(1));
            cells.into_iter().any(|cell| !cell.trim().is_empty())
        }
    }
}

/// Whom a cell means, and what that learner has so far. Who has withdrawn may come back.
fn meant<'a>(class: &'a Class, cell: &str) -> Option<(String, Option<&'a Scores>)> {
    let scored = |learner: &'a Learner| (learner.name.clone(), learner.scores.as_ref());
    if let Some(learner) = class.learners.iter().find(|known| known.name == cell) {
        return Some(scored(learner));
    }
    let same = |name: &str| text::cell(name) == cell;
    let mut alike = class.learners.iter().filter(|known| same(&known.name));
    match (alike.next(), alike.next()) {
        (Some(learner), None) => Some(scored(learner)),
        (Some(_), Some(_)) => None,
        (None, _) => {
            let gone = class.withdrawn.iter().find(|name| same(name))?;
            Some((gone.clone(), None))
        }
    }
}

fn points(cell: &str, comparison: &Comparison, line: u64) -> Result<f64, RubricError> {
    // Half of the world writes a decimal comma.
    let points = cell
        .replace(',', ".")
        .parse()
        .ok()
        .filter(|points| (0.0..=comparison.points).contains(points));
    points.ok_or_else(|| RubricError::NoPoints {
        line,
        id: comparison.id.clone(),
        cell: cell.to_owned(),
        most: text::points(comparison.points),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::examples::class;
    use crate::rubric::examples::comparisons;
    use crate::rubric::sheet;
    use crate::sheets::Dialect;

    /// As the journal hands them on.
    fn merge(class: &mut Class, sheet: &[u8]) -> Result<(), RubricError> {
        for scored in typed(class, &comparisons(), sheet)? {
            let mut learners = class.learners.iter_mut();
            let learner = learners.find(|known| known.name == scored.learner);
            learner.expect("a learner").scores = Some(scored.scores);
        }
        Ok(())
    }

    fn total(class: &Class, name: &str) -> Option<f64> {
        let learner = class.learners.iter().find(|known| known.name == name)?;
        learner.scores.as_ref().map(Scores::total)
    }

    fn written(class: &Class) -> String {
        let mut written = Vec::new();
        sheet(class, &comparisons(), Dialect::default(), &mut written).expect("written");
        String::from_utf8(written).expect("text")
    }

    #[test]
    fn what_is_typed_stays_until_it_is_changed() {
        let mut class = class();
        let filled = written(&class)
            .replace("ada,,,", "ada,4.5,5,well done")
            .replace("bob,,,", "bob,,\"3,5\",");
        merge(&mut class, filled.as_bytes()).expect("merged");
        assert_eq!(total(&class, "ada"), Some(9.5));
        assert_eq!(total(&class, "bob"), Some(3.5));
        assert_eq!(total(&class, "eve"), None);

        // Somebody else's part, and an old copy without anything.
        for sheet in [
            "learner,amqp,http,comment\nbob,1,,\nada,,,\n",
            "learner,amqp,http\nada,,\n",
        ] {
            merge(&mut class, sheet.as_bytes()).expect("merged");
            assert_eq!(total(&class, "ada"), Some(9.5));
            assert_eq!(total(&class, "bob"), Some(4.5));
        }
        let again = written(&class);
        assert!(again.contains("ada,4.5,5,well done\n"), "{again}");
        assert!(!is_typed_into(&class, &comparisons(), again.as_bytes()));

        merge(&mut class, b"learner,amqp,http,comment\nada,-,2,-\n").expect("merged");
        assert_eq!(total(&class, "ada"), Some(2.0));
    }

    #[test]
    fn what_would_be_lost_is_noticed() {
        let class = class();
        let empty = written(&class);
        let typed_in = empty.replace("ada,,,", "ada,4,,");
        let wrong = empty.replace("ada,,,", "ada,many,,");
        let of_others = "learner,amqp,http,comment\nzoe,,,fine\n";
        for (sheet, typed) in [
            (empty.as_str(), false),
            (&typed_in, true),
            (&wrong, true),
            (of_others, true),
            ("learner,amqp,http,comment\nzoe,,,\n", false),
        ] {
            let found = is_typed_into(&class, &comparisons(), sheet.as_bytes());
            assert_eq!(found, typed, "{sheet}");
        }
    }

    #[test]
    fn sheets_are_read_as_spreadsheets_save_them() {
        let plain = "learner;amqp;http;comment\r\nada;4,5;;très bien\r\n";
        let utf16: Vec<u8> = format!("\u{feff}{}", plain.replace(';', "\t"))
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let ansi: Vec<u8> = plain
            .chars()
            .map(|letter| u8::try_from(letter).expect("Latin-1"))
            .collect();
        for sheet in [
            plain.as_bytes().to_vec(),
            format!("\u{feff}{plain}").into_bytes(),
            format!("sep=;\r\n{plain}").into_bytes(),
            utf16,
            ansi,
        ] {
            let scored = typed(&class(), &comparisons(), &sheet).expect("read");
            assert_eq!(scored.len(), 1);
            assert_eq!(scored[0].scores.total(), 4.5);
            assert_eq!(scored[0].scores.comment, "très bien");
        }
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
            (
                "learner,amqp,http,comment\nada,1,1,\nada,2,2,\n",
                "line of `ada` above",
            ),
            ("learner,amqp,comment\nada,1,\n", "no column `http`"),
        ] {
            let mut class = class();
            let error = merge(&mut class, sheet.as_bytes())
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
