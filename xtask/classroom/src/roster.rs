//! The users of a classroom's broker.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, bail};
use nightlight::Settings;

/// User name of the teacher, who may read every topic.
pub const TEACHER: &str = "teacher";

/// Maximum number of learners: a mistyped number would fill the folder.
const MOST: usize = 500;

/// The learners' ids, each once, in the order of the list.
#[derive(Debug)]
pub struct Roster(Vec<String>);

impl Roster {
    /// From a file with an id on each line, or for a number of learners.
    ///
    /// # Errors
    /// When the file cannot be read, or an id cannot be one, or stands there twice.
    pub fn of(learners: &str) -> anyhow::Result<Self> {
        let ids = match learners.parse() {
            Ok(0) => bail!("there is nobody in a room of 0 learners"),
            Ok(count) if count > MOST => bail!("{count} learners are more than the {MOST} allowed"),
            Ok(count) => (1..=count)
                .map(|number| format!("learner{number:02}"))
                .collect(),
            Err(_) => read(learners)?,
        };
        Ok(Self(ids))
    }

    /// Ids of the learners.
    pub fn learners(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// User names of the learners and the teacher.
    pub fn everybody(&self) -> impl Iterator<Item = &str> {
        self.learners().chain([TEACHER])
    }
}

fn read(file: &str) -> anyhow::Result<Vec<String>> {
    let text = fs::read_to_string(file).with_context(|| {
        format!(
            "the list of learners {file} cannot be read. It is a text file with an id on each line"
        )
    })?;
    let mut seen = BTreeSet::new();
    let mut ids = Vec::new();
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    for (number, id) in (1..).zip(lines).filter(|(_, id)| !id.is_empty()) {
        if let Some(problem) = Settings::problem_of_id(id) {
            bail!(
                "{file}:{number}: {id:?} cannot be an id: {problem}. An id is 1 to 64 letters (a-z, \
                 A-Z), digits, `-` and `_`"
            );
        }
        // Windows and macOS, where learners unpack their settings, do not tell capitals apart.
        if id.eq_ignore_ascii_case(TEACHER) {
            bail!("{file}:{number}: {id} is the teacher's own; write another id");
        }
        if !seen.insert(id.to_ascii_lowercase()) {
            bail!("{file}:{number}: {id} stands there twice; everybody needs an id of their own");
        }
        ids.push(id.to_owned());
    }
    match ids.len() {
        0 => bail!("{file} names no learner"),
        count if count > MOST => bail!("{file} names {count} learners; {MOST} are allowed"),
        _ => Ok(ids),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn of_file(text: &str) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("learners.txt");
        fs::write(&file, text).unwrap();
        let roster = Roster::of(file.to_str().unwrap());
        roster
            .map(|roster| roster.0)
            .map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn a_number_makes_ids() {
        let roster = Roster::of("3").unwrap();
        let ids: Vec<&str> = roster.learners().collect();
        assert_eq!(ids, ["learner01", "learner02", "learner03"]);
        for bad in ["0", "501", "no-such-file"] {
            assert!(Roster::of(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_file_has_an_id_on_each_line() {
        let ids = of_file("\u{feff}ada\r\n\n grace-h \n").unwrap();
        assert_eq!(ids, ["ada", "grace-h"]);
    }

    #[test]
    fn what_is_no_id_is_named_with_its_line() {
        for (text, line, problem) in [
            ("ada\nb b\n", ":2:", "' ' is in it"),
            ("+\n", ":1:", "'+' is in it"),
            ("ada\n\nAda\n", ":3:", "twice"),
            ("Teacher\n", ":1:", "teacher's own"),
            ("\n", "", "names no learner"),
        ] {
            let error = of_file(text).unwrap_err();
            assert!(error.contains(problem) && error.contains(line), "{error}");
        }
    }
}
