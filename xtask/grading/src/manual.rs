//! What a human decides about single steps: points that replace the checks', and a comment. A table with a line a
//! learner and step.

use crate::charset;
use crate::class::{Class, Manual};
use crate::sheets::dialect;
use crate::text;

/// The columns.
const COLUMNS: [&str; 4] = ["learner", "step", "points", "comment"];
/// In a cell: what was said before is taken back.
const TAKEN_BACK: &str = "-";

/// What is wrong with a table of decisions.
#[derive(Debug, thiserror::Error)]
pub enum ManualError {
    /// The table is not CSV.
    #[error("it cannot be read: {0}")]
    Table(#[from] csv::Error),
    /// A column is missing.
    #[error("it has no column `{0}`. The first line must name learner, step, points and comment.")]
    NoColumn(&'static str),
    /// A line means nobody, or nothing.
    #[error("line {line}: {what}")]
    Line {
        /// Line number, counted from 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
}

/// A decision on one step of one learner.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// The learner's name.
    pub learner: String,
    /// The step's id.
    pub step: String,
    /// All that is decided of it.
    pub manual: Manual,
}

/// Reads a table. An empty cell changes nothing, a `-` takes back.
///
/// # Errors
/// See [`ManualError`]; nothing counts when a line is wrong.
pub fn decided(class: &Class, table: &[u8]) -> Result<Vec<Decided>, ManualError> {
    let table = charset::sheet(table);
    let (delimiter, body) = dialect::read(&table);
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(body.as_bytes());
    let header = reader.headers()?.clone();
    let mut places = Vec::new();
    for name in COLUMNS {
        let place = header.iter().position(|cell| cell.trim() == name);
        places.push(place.ok_or(ManualError::NoColumn(name))?);
    }
    let mut all: Vec<Decided> = Vec::new();
    for row in reader.records() {
        let row = row?;
        let cell = |column: usize| row.get(places[column]).unwrap_or_default().trim();
        if row.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let wrong = |what: String| ManualError::Line {
            line: row.position().map_or(0, csv::Position::line),
            what,
        };
        let (name, step) = (cell(0), cell(1));
        let mut same = class
            .learners
            .iter()
            .filter(|learner| learner.name == name || text::cell(&learner.name) == name);
        let (Some(learner), None) = (same.next(), same.next()) else {
            return Err(wrong(format!(
                "there is no submission of `{name}`, or more than one"
            )));
        };
        let weighed = class.steps.iter().find(|known| known.name == step);
        let weighed = weighed.ok_or_else(|| wrong(format!("there is no step `{step}`")))?;
        if all
            .iter()
            .any(|one| one.learner == learner.name && one.step == step)
        {
            return Err(wrong(format!("{step} of {name} has a line above")));
        }
        let before = learner.manual.get(step).cloned().unwrap_or_default();
        let mut manual = before.clone();
        match cell(2) {
            "" => {}
            TAKEN_BACK => manual.points = None,
            points => {
                // Half of the world writes a decimal comma.
                let number = points.replace(',', ".").parse().ok();
                let within = number.filter(|points| (0.0..=weighed.points).contains(points));
                let most = text::points(weighed.points);
                let no = || wrong(format!("`{points}` is no number from 0 to {most}"));
                manual.points = Some(within.ok_or_else(no)?);
            }
        }
        match cell(3) {
            "" => {}
            TAKEN_BACK => manual.comment.clear(),
            comment => comment.clone_into(&mut manual.comment),
        }
        if manual != before {
            all.push(Decided {
                learner: learner.name.clone(),
                step: step.to_owned(),
                manual,
            });
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::Gathered;
    use crate::class::examples::{class, learner};
    use crate::journal::Record;
    use crate::{machines, pages, sheets};

    fn with(class: &Class, table: &str) -> Class {
        let mut gathered = Gathered::default();
        for learner in &class.learners {
            for verdict in learner.verdicts.values() {
                gathered.add(Record::Checked {
                    learner: learner.name.clone(),
                    verdict: verdict.clone(),
                });
            }
        }
        for decided in decided(class, table.as_bytes()).expect("decisions") {
            gathered.add(Record::Decided {
                learner: decided.learner,
                step: decided.step,
                manual: decided.manual,
            });
        }
        gathered.class(class.steps.clone())
    }

    #[test]
    fn a_humans_points_and_words_reach_page_and_sheets() {
        let table = "learner;step;points;comment\nada;step1;7,5;read it to me\neve;step2;20;ours\n";
        let class = with(&class(), table);
        let (ada, eve) = (learner(&class, "ada"), learner(&class, "eve"));
        assert_eq!(ada.points(&class.steps[0]), Some(7.5));
        // What could not be graded is graded now.
        assert_eq!(eve.total(&class.steps), Some(30.0));
        let mut grades = Vec::new();
        sheets::grades(&class, sheets::Dialect::default(), &mut grades).expect("a table");
        for text in [
            String::from_utf8(grades).expect("text"),
            pages::feedback(&class, ada, &[]),
            machines::gradescope(&class, ada).expect("JSON"),
        ] {
            assert!(
                text.contains("7.5") && text.contains("read it to me"),
                "{text}"
            );
        }
        let gradescope = machines::gradescope(&class, eve).expect("JSON");
        let gradescope: serde_json::Value = serde_json::from_str(&gradescope).expect("JSON");
        assert_eq!(gradescope["score"], 30.0);

        let class = with(&class, "learner,step,points,comment\nada,step1,-,-\n");
        assert_eq!(learner(&class, "ada").points(&class.steps[0]), Some(10.0));
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (line, words) in [
            ("zoe,step1,1,", "no submission of `zoe`"),
            ("ada,step9,1,", "no step `step9`"),
            ("ada,step1,11,", "`11` is no number from 0 to 10"),
            ("ada,step1,NaN,", "NaN"),
            (
                "ada,step1,1,\nada,step1,2,",
                "line 3: step1 of ada has a line above",
            ),
        ] {
            let table = format!("learner,step,points,comment\n{line}\n");
            let error = decided(&class(), table.as_bytes())
                .expect_err(line)
                .to_string();
            assert!(error.contains(words), "{error}");
        }
        let error = decided(&class(), b"learner,step,points\n").expect_err("a column");
        assert!(error.to_string().contains("no column `comment`"));
    }
}
