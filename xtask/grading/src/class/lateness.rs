//! What was handed in late, and for whom that was no matter.

use std::collections::BTreeMap;

use super::{Class, Learner};
use crate::charset;
use crate::date;
use crate::sheets::dialect;
use crate::text;

/// How late work is graded.
#[derive(Debug, Clone, PartialEq)]
pub struct Lateness {
    /// The share of its points that a late step keeps, from 0 to 1.
    pub keeps: f64,
    /// Who was late: a learner's name, for every step, or `name/step1`.
    pub submissions: Vec<String>,
    /// What is newer is late, in seconds since 1970.
    pub due: Option<u64>,
    /// Until when who may hand in, by name.
    pub extensions: BTreeMap<String, u64>,
}

/// Whether `entry` of a list, such as that of late work, is this learner's with everything, or with this step.
#[must_use]
pub fn means(entry: &str, learner: &str, step: &str) -> bool {
    let rest = entry.strip_prefix(learner);
    rest.is_some_and(|rest| rest.is_empty() || rest.strip_prefix('/') == Some(step))
}

impl Class {
    /// Marks what was handed in late. Canvas puts `_LATE_` into the names of such submissions itself. Who has an
    /// extension is not late until then, by the time of the files or by `now`, whatever else is said.
    pub fn mark_late(&mut self, lateness: &Lateness, now: u64) {
        for learner in &mut self.learners {
            let handed_in = learner.handed_in();
            let until = lateness.extensions.get(&learner.name);
            if until.is_some_and(|until| now <= *until || handed_in.is_some_and(|at| at <= *until))
            {
                continue;
            }
            let by_canvas = learner.name.split('_').any(|part| part == "LATE");
            let by_time = lateness
                .due
                .zip(handed_in)
                .is_some_and(|(due, at)| at > due);
            for step in &self.steps {
                let mut listed = lateness.submissions.iter();
                let is_listed = listed.any(|entry| means(entry, &learner.name, &step.name));
                if by_canvas || by_time || is_listed {
                    learner.late.insert(step.name.clone(), lateness.keeps);
                }
            }
        }
    }
}

impl Learner {
    fn handed_in(&self) -> Option<u64> {
        self.submission.as_ref()?.handed_in
    }
}

/// What is wrong with a table of extensions.
#[derive(Debug, thiserror::Error)]
pub enum ExtensionError {
    /// The table is not CSV.
    #[error("it cannot be read: {0}")]
    Table(#[from] csv::Error),
    /// A line means nobody, or no day.
    #[error("line {line}: {what}")]
    Line {
        /// Line number, counted from 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
}

/// Reads a table of extensions: a learner and a day a line, such as `bob,2026-11-30`, with or without a first line that
/// says so. `names` are all learners there are. An extension lasts to the end of its day, in UTC.
///
/// # Errors
/// See [`ExtensionError`].
pub fn extensions(names: &[String], table: &[u8]) -> Result<BTreeMap<String, u64>, ExtensionError> {
    let table = charset::sheet(table);
    let (delimiter, body) = dialect::read(&table);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(body.as_bytes());
    let mut all = BTreeMap::new();
    for (index, row) in reader.records().enumerate() {
        let row = row?;
        let cell = |column| row.get(column).unwrap_or_default().trim();
        let (name, day) = (cell(0), cell(1));
        if name.is_empty() && day.is_empty() {
            continue;
        }
        let wrong = |what| ExtensionError::Line {
            line: index as u64 + 1,
            what,
        };
        let Some(until) = date::end_of_day(day) else {
            // The names of the columns.
            if index == 0 {
                continue;
            }
            return Err(wrong(format!(
                "`{day}` is no day: write it like 2026-11-30"
            )));
        };
        let known = names
            .iter()
            .find(|known| *known == name || text::cell(known) == name);
        let known = known.ok_or_else(|| wrong(format!("there is no submission of `{name}`")))?;
        all.insert(known.clone(), until);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::examples::{class, learner};

    #[test]
    fn late_work_keeps_its_share() {
        let mut class = class();
        let late = |submissions: &[&str]| Lateness {
            keeps: 0.5,
            submissions: submissions
                .iter()
                .map(|entry| (*entry).to_owned())
                .collect(),
            due: None,
            extensions: BTreeMap::new(),
        };
        class.mark_late(&late(&["ada/step2", "bob", "bobb", "ada/step9"]), 0);
        assert_eq!(learner(&class, "ada").total(&class.steps), Some(20.0));
        assert_eq!(learner(&class, "bob").points(&class.steps[0]), Some(2.5));
        let words = learner(&class, "ada").lateness("step2");
        assert_eq!(words.as_deref(), Some("late: keeps 50 %"));
        assert_eq!(learner(&class, "ada").lateness("step1"), None);

        class.learners[0].name = "lovelace_LATE_4711_kit".into();
        let name = class.learners[0].name.clone();
        class.mark_late(&late(&[]), 0);
        assert_eq!(learner(&class, &name).late.len(), 2);
    }

    #[test]
    fn an_extension_counts_for_one_learner_until_its_day_is_over() {
        let names = ["ada".to_owned(), "bob".to_owned()];
        let table = "learner;until\r\nbob;2026-11-30\r\n";
        let extensions = extensions(&names, table.as_bytes()).expect("extensions");
        let end = date::end_of_day("2026-11-30").expect("a day");
        assert_eq!(extensions, BTreeMap::from([("bob".to_owned(), end)]));
        let lateness = Lateness {
            keeps: 0.5,
            submissions: Vec::new(),
            due: date::end_of_day("2026-11-20"),
            extensions,
        };
        for (handed_in, now, late) in [
            (end, end + 9, false),
            (end + 1, end + 9, true),
            (end + 1, end, false),
        ] {
            let mut class = class();
            for learner in &mut class.learners {
                if let Some(submission) = &mut learner.submission {
                    submission.handed_in = Some(handed_in);
                }
            }
            class.mark_late(&lateness, now);
            assert_eq!(learner(&class, "bob").late.is_empty(), !late);
            assert!(!learner(&class, "ada").late.is_empty());
        }
    }

    #[test]
    fn a_wrong_extension_is_named() {
        let names = ["ada".to_owned()];
        for (table, words) in [
            (
                "learner,until\nada,30.11.2026\n",
                "line 2: `30.11.2026` is no day",
            ),
            (
                "zoe,2026-11-30\n",
                "line 1: there is no submission of `zoe`",
            ),
        ] {
            let error = extensions(&names, table.as_bytes()).expect_err(table);
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}
