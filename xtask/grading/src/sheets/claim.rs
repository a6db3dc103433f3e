//! Whose row of a downloaded sheet a submission is, by its name.
//!
//! Platforms put a name and an id before what a learner has called the file, and a learner may call it anything. An id
//! is believed only where the platform puts it, and only if the row of that id is of somebody of that name.

use super::Platform;
use crate::text;

/// Fewest letters of which a name may be a part of another, longer one.
const FEWEST: usize = 3;

/// Titles of Canvas's columns that tell who somebody is.
const IDENTITIES: [&str; 5] = [
    "Student",
    "ID",
    "SIS User ID",
    "SIS Login ID",
    "Integration ID",
];

/// The rows of a sheet, by what they say of whom they are.
pub(super) struct Rows<'a> {
    platform: Platform,
    header: &'a [String],
    /// The learners' rows, with their place in the sheet.
    rows: Vec<(usize, &'a [String])>,
    /// Columns that tell who somebody is.
    identities: Vec<usize>,
}

impl<'a> Rows<'a> {
    /// `first` is the first row of a learner, `filled` the column to fill in.
    pub(super) fn new(
        platform: Platform,
        sheet: &'a [Vec<String>],
        first: usize,
        filled: usize,
    ) -> Self {
        let header = sheet.first().map_or(&[][..], Vec::as_slice);
        let rows = sheet.iter().enumerate().skip(first);
        let rows: Vec<_> = rows.map(|(place, row)| (place, row.as_slice())).collect();
        let tells = |column: &usize| match platform {
            Platform::Canvas => IDENTITIES.contains(&header[*column].trim()),
            // Titles are in the site's language. What several have in common, such as a state, tells nobody.
            Platform::Moodle => *column < 2 || (*column < filled && is_distinct(&rows, *column)),
        };
        let columns = (0..header.len()).filter(|column| *column != filled);
        Self {
            platform,
            header,
            identities: columns.filter(tells).collect(),
            rows,
        }
    }

    /// The only row that is of the submission called `name`. An error says why there is none.
    pub(super) fn of(&self, name: &str) -> Result<Found, String> {
        let claims = match self.platform {
            Platform::Canvas => canvas(name).into_iter().collect(),
            Platform::Moodle => moodle(name),
        };
        if claims.is_empty() {
            return self.called(name);
        }
        let mut near = Vec::new();
        let mut others = None;
        for claim in &claims {
            for (place, row) in self.rows.iter().filter(|(_, row)| self.has(row, claim.id)) {
                let cells = self.identities.iter().filter_map(|column| row.get(*column));
                let agreement = cells.filter_map(|cell| agreement(cell, claim.name)).max();
                match agreement {
                    Some(agreement) => near.push((agreement, *place)),
                    None => others = row.first(),
                }
            }
        }
        let best = near.iter().map(|(agreement, _)| *agreement).max();
        near.retain(|(agreement, _)| Some(*agreement) == best);
        let ids: Vec<&str> = claims.iter().map(|claim| claim.id).collect();
        let ids = ids.join(" or ");
        match (near.as_slice(), others) {
            ([(agreement, place)], _) => Ok(Found {
                place: *place,
                agreement: *agreement,
            }),
            ([], None) => Err(format!("there is no row with the id {ids}")),
            ([], Some(other)) => Err(format!(
                "the row with the id {ids} is of somebody else, {}",
                text::cell(other)
            )),
            (several, _) => Err(format!("{} rows could be meant", several.len())),
        }
    }

    fn called(&self, name: &str) -> Result<Found, String> {
        let is_called = |row: &[String]| {
            let mut cells = self.identities.iter().filter_map(|column| row.get(*column));
            cells.any(|cell| cell.trim().eq_ignore_ascii_case(name.trim()) && !name.is_empty())
        };
        let mut rows = self.rows.iter().filter(|(_, row)| is_called(row));
        match (rows.next(), rows.count()) {
            (Some((place, _)), 0) => Ok(Found {
                place: *place,
                agreement: Agreement::Whole,
            }),
            (Some(_), more) => Err(format!("{} rows are called that", more + 1)),
            (None, _) => Err("no row is called that".to_owned()),
        }
    }

    fn has(&self, row: &[String], id: &str) -> bool {
        match self.platform {
            Platform::Canvas => {
                let column = self.header.iter().position(|title| title.trim() == "ID");
                column
                    .and_then(|column| row.get(column))
                    .map(|cell| cell.trim())
                    == Some(id)
            }
            // `Participant 1234`, in the site's language.
            Platform::Moodle => row.first().is_some_and(|cell| {
                let mut numbers = cell.split(|letter: char| !letter.is_ascii_digit());
                numbers.any(|number| number == id)
            }),
        }
    }
}

/// A row of the sheet, and how well it agrees with who claims it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    /// Its place in the sheet.
    pub(super) place: usize,
    agreement: Agreement,
}

impl Found {
    /// Whether who claims this keeps it from who claims `other`.
    pub(super) fn is_in_the_way_of(&self, other: &Self) -> bool {
        self.place == other.place && self.agreement >= other.agreement
    }
}

fn is_distinct(rows: &[(usize, &[String])], column: usize) -> bool {
    let mut cells: Vec<&str> = rows
        .iter()
        .filter_map(|(_, row)| row.get(column))
        .map(|cell| cell.trim())
        .filter(|cell| !cell.is_empty())
        .collect();
    let count = cells.len();
    cells.sort_unstable();
    cells.dedup();
    cells.len() == count
}

/// A name and an id that belong together.
struct Claim<'a> {
    name: &'a str,
    id: &'a str,
}

/// `lovelaceada_4711_99_file`, or `lovelaceada_LATE_4711_99_file`: the id of the learner, then that of the submission.
fn canvas(name: &str) -> Option<Claim<'_>> {
    let mut parts = name.split('_');
    let who = parts.next()?;
    let mut id = parts.next()?;
    if id == "LATE" {
        id = parts.next()?;
    }
    (is_number(id) && is_number(parts.next()?)).then_some(Claim { name: who, id })
}

/// `Ada Lovelace_1815_assignsubmission_file`; what stands before and behind may look like that again.
fn moodle(name: &str) -> Vec<Claim<'_>> {
    let marks = name.match_indices("_assignsubmission_");
    let claims = marks.filter_map(|(at, _)| name[..at].rsplit_once('_'));
    claims
        .filter(|(_, id)| is_number(id))
        .map(|(name, id)| Claim { name, id })
        .collect()
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// How well a cell agrees with a name: both may be in another order, with or without a middle name, or in letters of
/// which nothing is left in a file name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Agreement {
    Part,
    Whole,
}

fn agreement(cell: &str, name: &str) -> Option<Agreement> {
    let letters = |text: &str| -> String {
        let lower = text.to_lowercase();
        lower
            .chars()
            .filter(|letter| letter.is_alphanumeric())
            .collect()
    };
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    let (cell, name) = (letters(cell), letters(name));
    if !cell.is_empty() && sorted(&cell) == sorted(&name) {
        return Some(Agreement::Whole);
    }
    let is_part = |one: &str, other: &str| one.chars().count() >= FEWEST && other.contains(one);
    (name.is_empty() || is_part(&cell, &name) || is_part(&name, &cell)).then_some(Agreement::Part)
}
