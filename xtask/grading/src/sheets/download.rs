//! A grade sheet downloaded from Canvas or Moodle, filled in.
//!
//! Nothing but our column changes: the platform finds its rows by the rest. No column is invented either, since both
//! platforms make a new assignment of a name that they do not know.

use crate::class::{Class, Learner};
use crate::text;

use super::dialect;

/// The learning platform that a sheet was downloaded from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// Canvas: columns are titled `Title (id)`, and a second line tells the points possible.
    Canvas,
    /// Moodle: column names are in the site's language.
    Moodle,
}

/// A sheet with points filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// The sheet to upload.
    pub sheet: String,
    /// Number of rows that got points.
    pub filled: usize,
    /// Learners with points whom no row, or more than one, stands for.
    pub unmatched: Vec<String>,
}

/// Why a sheet cannot be filled in.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// The sheet is not CSV.
    #[error("the downloaded sheet cannot be read: {0}")]
    Table(#[from] csv::Error),
    /// The sheet is not UTF-8 text.
    #[error("the downloaded sheet is not UTF-8 text. Download it again as CSV.")]
    NotText,
    /// The column to fill in is missing or not the only one.
    #[error("the sheet has {} column `{column}`. Name one of: {}.", if *.found == 0 { "no" } else { "more than one" }, columns.join(", "))]
    NoColumn {
        /// Title of the requested column.
        column: String,
        /// Number of columns with that title.
        found: usize,
        /// Titles of all columns.
        columns: Vec<String>,
    },
}

/// Fills each learner's total into `column` of a downloaded sheet. In Canvas the assignment's title is enough.
///
/// A row is a learner's when one of its cells is the submission's name, or one of the parts of that name between `_`
/// (Canvas and Moodle put ids and names there). Learners with a blank step get nothing.
///
/// # Errors
/// See [`SheetError`].
pub fn fill(
    class: &Class,
    platform: Platform,
    sheet: &[u8],
    column: &str,
) -> Result<Filled, SheetError> {
    let sheet = std::str::from_utf8(sheet).map_err(|_| SheetError::NotText)?;
    let (mark, body) = sheet
        .strip_prefix('\u{feff}')
        .map_or(("", sheet), |body| ("\u{feff}", body));
    let (delimiter, body) = dialect::read(body);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(body.as_bytes());
    let mut rows: Vec<Vec<String>> = Vec::new();
    for row in reader.records() {
        rows.push(row?.iter().map(str::to_owned).collect());
    }
    let header = rows.first().cloned().unwrap_or_default();
    let at = find(&header, platform, column)?;

    let mut filled = 0;
    let mut unmatched = Vec::new();
    for learner in &class.learners {
        let Some(total) = learner.total(&class.steps) else {
            continue;
        };
        let of_learner: Vec<usize> = (first_row(platform, &rows)..rows.len())
            .filter(|row| {
                rows[*row]
                    .iter()
                    .enumerate()
                    .any(|(index, cell)| index != at && is_of(learner, cell))
            })
            .collect();
        match of_learner.as_slice() {
            [row] => {
                let row = &mut rows[*row];
                row.resize(row.len().max(at + 1), String::new());
                row[at] = text::points(total);
                filled += 1;
            }
            _ => unmatched.push(learner.name.clone()),
        }
    }
    let mut writer = csv::WriterBuilder::new()
        .flexible(true)
        .delimiter(delimiter)
        .from_writer(Vec::new());
    for row in &rows {
        writer.write_record(row)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))?;
    let text = String::from_utf8(bytes).map_err(|_| SheetError::NotText)?;
    Ok(Filled {
        sheet: format!("{mark}{text}"),
        filled,
        unmatched,
    })
}

fn find(header: &[String], platform: Platform, column: &str) -> Result<usize, SheetError> {
    let is_it = |cell: &str| {
        let title = cell.rsplit_once(" (").map(|(title, _)| title);
        cell == column || (platform == Platform::Canvas && title == Some(column))
    };
    let found: Vec<usize> = (0..header.len())
        .filter(|index| is_it(&header[*index]))
        .collect();
    match found.as_slice() {
        [only] => Ok(*only),
        _ => Err(SheetError::NoColumn {
            column: column.to_owned(),
            found: found.len(),
            columns: header.to_vec(),
        }),
    }
}

/// Canvas puts lines that are no learner's between the header and the learners.
fn first_row(platform: Platform, rows: &[Vec<String>]) -> usize {
    let is_points = |row: &Vec<String>| {
        row.first()
            .is_some_and(|cell| cell.trim() == "Points Possible")
    };
    match platform {
        Platform::Canvas => rows.iter().position(is_points).map_or(1, |index| index + 1),
        Platform::Moodle => 1,
    }
}

fn is_of(learner: &Learner, cell: &str) -> bool {
    let cell = cell.trim();
    // `Participant 1234` in Moodle.
    let cell = cell
        .rsplit_once(' ')
        .filter(|(_, id)| is_number(id))
        .map_or(cell, |(_, id)| id);
    // A short number could be anybody's points.
    let telling = cell.chars().count() > 2 || !is_number(cell);
    let same = |part: &str| part.eq_ignore_ascii_case(cell);
    !cell.is_empty() && telling && (same(&learner.name) || learner.name.split('_').any(same))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::examples::class;

    fn renamed(names: [&str; 3]) -> Class {
        let mut class = class();
        for (old, new) in ["ada", "bob", "eve"].into_iter().zip(names) {
            let learner = class
                .learners
                .iter_mut()
                .find(|learner| learner.name == old)
                .expect("a learner");
            learner.name = new.into();
        }
        class
            .learners
            .retain(|learner| names.contains(&learner.name.as_str()));
        class
    }

    #[test]
    fn canvas_gets_its_own_sheet_back() {
        let class = renamed(["lovelaceada_4711_99_kit", "bob", "eve"]);
        let sheet = "Student,ID,SIS User ID,SIS Login ID,Section,Quiz (12),Nightlight (345)\r\n\
                     \x20   Points Possible,,,,,10,30\r\n\
                     \"Lovelace, Ada\",4711,u1,ada@x,A,9,\r\n\
                     \"Builder, Bob\",4712,u2,bob,A,8,\r\n\
                     \"Eve, E\",4713,u3,eve,A,,1\r\n";
        let filled =
            fill(&class, Platform::Canvas, sheet.as_bytes(), "Nightlight").expect("filled");
        let lines: Vec<&str> = filled.sheet.lines().collect();
        assert_eq!(
            lines[0],
            "Student,ID,SIS User ID,SIS Login ID,Section,Quiz (12),Nightlight (345)"
        );
        assert_eq!(lines[1], "    Points Possible,,,,,10,30");
        assert_eq!(lines[2], "\"Lovelace, Ada\",4711,u1,ada@x,A,9,30");
        assert_eq!(lines[3], "\"Builder, Bob\",4712,u2,bob,A,8,5");
        // An error of ours leaves what stood there.
        assert_eq!(lines[4], "\"Eve, E\",4713,u3,eve,A,,1");
        assert_eq!((filled.filled, filled.unmatched.len()), (2, 0));
    }

    #[test]
    fn moodle_gets_its_own_language_back() {
        let class = renamed(["Ada Lovelace_1815_assignsubmission_file", "Bob_2_x", "eve"]);
        let sheet = "\u{feff}Kennung;Vollständiger Name;Bewertung\nTeilnehmer/in 1815;Ada;\nTeilnehmer/in 77;Carl;\n";
        let filled = fill(&class, Platform::Moodle, sheet.as_bytes(), "Bewertung").expect("filled");
        assert!(filled.sheet.starts_with(
            "\u{feff}Kennung;Vollständiger Name;Bewertung\nTeilnehmer/in 1815;Ada;30\n"
        ));
        assert_eq!(filled.unmatched, ["Bob_2_x"]);
    }

    #[test]
    fn a_row_that_two_could_mean_is_left_alone() {
        let class = renamed(["ada", "bob", "eve"]);
        let sheet = "Name,Grade\nada,\nADA,\n";
        let filled = fill(&class, Platform::Moodle, sheet.as_bytes(), "Grade").expect("filled");
        assert_eq!(filled.filled, 0);
        assert_eq!(filled.unmatched, ["ada", "bob"]);
    }

    #[test]
    fn a_column_is_never_invented() {
        let error = fill(&class(), Platform::Moodle, b"Name,Note\n", "Grade")
            .expect_err("no such column")
            .to_string();
        assert!(
            error.contains("no column `Grade`") && error.contains("Name, Note"),
            "{error}"
        );
    }
}
