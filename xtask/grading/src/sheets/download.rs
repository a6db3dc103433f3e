//! A grade sheet downloaded from Canvas or Moodle, filled in.
//!
//! Nothing but our column changes: the platform finds its rows by the rest. No column is invented either, since both
//! platforms make a new assignment of a name that they do not know.

use crate::class::{Class, Learner};
use crate::text;

use super::claim::{Found, Rows};
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
    /// Learners with points of whom it is not certain which row is theirs.
    pub unmatched: Vec<Unmatched>,
}

/// A learner whose points went into no row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmatched {
    /// The learner's name.
    pub learner: String,
    /// Why not.
    pub why: String,
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
/// A row is a learner's when the submission's name is made by the platform, of the row's id and name, or when it is what
/// the row is called. A row that two could mean stays as it is. Learners with a blank step get nothing.
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

    let claimed: Vec<(&Learner, f64, Result<Found, String>)> = {
        let known = Rows::new(platform, &rows, first_row(platform, &rows), at);
        let learners = class.learners.iter();
        let graded = learners.filter_map(|learner| Some((learner, learner.total(&class.steps)?)));
        graded
            .map(|(learner, total)| (learner, total, known.of(&learner.name)))
            .collect()
    };
    let mut filled = 0;
    let mut unmatched = Vec::new();
    for (learner, total, row) in &claimed {
        let mut others = claimed.iter().filter(|(other, _, theirs)| {
            let (Ok(theirs), Ok(row)) = (theirs, row) else {
                return false;
            };
            other.name != learner.name && theirs.is_in_the_way_of(row)
        });
        let why = match (row, others.next()) {
            (Ok(row), None) => {
                let row = &mut rows[row.place];
                row.resize(row.len().max(at + 1), String::new());
                row[at] = text::points(*total);
                filled += 1;
                continue;
            }
            (Ok(_), Some((other, ..))) => {
                format!("{} has a claim to the same row", text::cell(&other.name))
            }
            (Err(why), _) => why.clone(),
        };
        unmatched.push(Unmatched {
            learner: learner.name.clone(),
            why,
        });
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
        assert_eq!(unmatched(&filled), [("Bob_2_x", "no row is called that")]);
    }

    fn unmatched(filled: &Filled) -> Vec<(&str, &str)> {
        let all = filled.unmatched.iter();
        all.map(|one| (one.learner.as_str(), one.why.as_str()))
            .collect()
    }

    const CANVAS: &str = "Student,ID,SIS User ID,SIS Login ID,Section,Nightlight (345)\n\
                          \x20   Points Possible,,,,,30\n\
                          \"Lovelace, Ada\",4711,u1,ada@x,A,\n\
                          \"Builder, Bob\",4712,u2,bob,A,100\n\
                          \"Eve, E\",4713,u3,eve,A,\n";

    #[test]
    fn an_id_counts_only_where_the_platform_puts_it_and_for_who_has_it() {
        for (name, why) in [
            ("zedzoe_4720_98234_4712", "there is no row with the id 4720"),
            (
                "zedzoe_4712_98234_x",
                "the row with the id 4712 is of somebody else, Builder, Bob",
            ),
            ("zedzoe_x_4712", "no row is called that"),
            ("A", "no row is called that"),
            ("Points Possible", "no row is called that"),
        ] {
            let class = renamed([name, "nobody", "nobody else"]);
            let filled =
                fill(&class, Platform::Canvas, CANVAS.as_bytes(), "Nightlight").expect("filled");
            assert_eq!(filled.sheet, CANVAS, "{name}");
            assert!(unmatched(&filled).contains(&(name, why)), "{filled:?}");
        }
        for (name, row) in [
            ("builderbob_LATE_4712_5_4711", 3),
            ("BOB", 3),
            ("u3", 4),
            ("4711", 2),
            ("adalovelace_4711_9_x", 2),
        ] {
            let class = renamed([name, "nobody", "nobody else"]);
            let filled =
                fill(&class, Platform::Canvas, CANVAS.as_bytes(), "Nightlight").expect("filled");
            let lines: Vec<&str> = filled.sheet.lines().collect();
            assert!(lines[row].ends_with(",A,30"), "{name}: {lines:?}");
            assert_eq!(filled.filled, 1);
        }
    }

    #[test]
    fn a_row_that_two_claim_stays_as_it_is() {
        let class = renamed(["builderbob_4712_98_kit", "bob", "eve"]);
        let filled =
            fill(&class, Platform::Canvas, CANVAS.as_bytes(), "Nightlight").expect("filled");
        assert_eq!(filled.sheet, CANVAS);
        assert_eq!(
            unmatched(&filled),
            [
                ("builderbob_4712_98_kit", "bob has a claim to the same row"),
                ("bob", "builderbob_4712_98_kit has a claim to the same row")
            ]
        );
    }

    #[test]
    fn a_name_that_fits_less_keeps_nobody_from_their_row() {
        for less in ["_4712_98_x", "builder_4712_98_x"] {
            let class = renamed([less, "builderbob_4712_98_kit", "nobody"]);
            let filled =
                fill(&class, Platform::Canvas, CANVAS.as_bytes(), "Nightlight").expect("filled");
            let row = filled.sheet.lines().nth(3);
            assert_eq!(row, Some("\"Builder, Bob\",4712,u2,bob,A,5"), "{less}");
            let why = "builderbob_4712_98_kit has a claim to the same row";
            assert_eq!(unmatched(&filled)[0], (less, why));
        }
    }

    #[test]
    fn two_of_one_name_in_moodle_are_told_apart_by_their_ids() {
        let class = renamed([
            "Ada Kim_1815_assignsubmission_file",
            "Ada Kim_1816_assignsubmission_file_x_1815_assignsubmission_file",
            "eve",
        ]);
        let sheet = "Identifier,Full name,Status,Grade\n\
                     Participant 1815,Ada Kim,Submitted,\n\
                     Participant 1816,Ada Kim,Submitted,\n\
                     Participant 1817,Submitted,Draft,\n";
        let filled = fill(&class, Platform::Moodle, sheet.as_bytes(), "Grade").expect("filled");
        let lines: Vec<&str> = filled.sheet.lines().collect();
        assert_eq!(lines[1], "Participant 1815,Ada Kim,Submitted,30");
        assert_eq!(lines[2], "Participant 1816,Ada Kim,Submitted,5");
        assert_eq!(filled.unmatched, []);
    }

    #[test]
    fn a_row_that_two_could_mean_is_left_alone() {
        let class = renamed(["ada", "bob", "eve"]);
        let sheet = "Name,Grade\nada,\nADA,\n";
        let filled = fill(&class, Platform::Moodle, sheet.as_bytes(), "Grade").expect("filled");
        assert_eq!(filled.filled, 0);
        assert_eq!(
            unmatched(&filled),
            [
                ("ada", "2 rows are called that"),
                ("bob", "no row is called that")
            ]
        );
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
