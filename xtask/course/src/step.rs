//! One step, as its file says.

use anyhow::{Context, ensure};
use serde::Deserialize;

use crate::criterion::{Criterion, Entry, distinct};
use crate::program::{MOST_INSTANCES, Program, ProgramId};

pub(crate) const MANIFEST: &str = "Cargo.toml";

/// One step of the course.
#[derive(Debug)]
pub struct Step {
    /// From 1; what is not checked is step 0.
    pub number: u8,
    /// Its folder in `lessons/` and `solutions/`: the name of its file.
    pub folder: String,
    /// The learner's package; the solution's ends in `-solution`.
    pub package: String,
    /// In a word or two.
    pub title: String,
    /// What the learner builds, in a sentence without its full stop.
    pub goal: String,
    /// Its page in the book.
    pub chapter: String,
    /// What grading scales the criteria's points to.
    pub worth: u32,
    /// How long the writing takes somebody who has written a little Rust, in minutes.
    pub minutes: u32,
    /// Counts up when a program that has passed might fail now.
    pub revision: u32,
    /// The criteria that the starter fails, in order.
    pub starter_fails: Vec<String>,
    /// What runs.
    pub programs: Vec<Program>,
    /// What is asked, in the order of the report.
    pub criteria: Vec<Criterion>,
    /// What the transcript shows beyond what every step's does.
    pub shows: Vec<Detail>,
    /// Whether its programs encrypt for themselves, and so are linked with crates that all others do
    /// without.
    pub tls: bool,
    /// What the starter leaves to the learner.
    pub holes: Vec<Hole>,
    /// The solution's run, as a learner's is compared with it.
    pub transcript: &'static str,
}

/// What is free choice in most steps, and left out of their transcripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Detail {
    /// The quality of service of subscriptions and messages, and whether a message is a duplicate.
    Qos,
    /// SUBACK, UNSUBACK, PUBACK, PUBREC, PUBREL and PUBCOMP, and which packet each is for.
    Acknowledgements,
    /// The will in a CONNECT.
    Wills,
    /// Whether the broker has kept a session, in the CONNACK.
    Sessions,
}

/// A piece of a solution that a learner writes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hole {
    /// The source, within the step's folder.
    pub file: String,
    /// The anchor that marks the piece.
    pub anchor: String,
    /// What takes its place, at the anchor's indentation.
    pub starter: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    number: u8,
    title: String,
    goal: String,
    package: String,
    chapter: String,
    worth: u32,
    minutes: u32,
    revision: u32,
    starter_fails: Vec<String>,
    program: Vec<Program>,
    criterion: Vec<Entry>,
    #[serde(default)]
    shows: Vec<Detail>,
    #[serde(default)]
    tls: bool,
    #[serde(default)]
    hole: Vec<Hole>,
}

impl Step {
    /// Reads a step's file.
    ///
    /// # Errors
    /// When it is no TOML, or names a criterion, rule or program that there is not.
    pub fn parse(folder: &str, text: &str, transcript: &'static str) -> anyhow::Result<Self> {
        let file: File = toml::from_str(text)?;
        let mut criteria = file
            .criterion
            .into_iter()
            .map(|entry| entry.resolve(&file.program))
            .collect::<anyhow::Result<Vec<_>>>()?;
        distinct(&criteria)?;
        for todo in criteria.iter_mut().filter_map(|it| it.todo.as_mut()) {
            // A program may have modules, and the TODO stands in one of them.
            let mark = format!("TODO {}:", todo.number);
            let mut holes = file.hole.iter().filter(|hole| hole.starter.contains(&mark));
            let is_known = holes.clone().any(|hole| hole.file == todo.file);
            if let Some(hole) = holes.next().filter(|_| !is_known) {
                todo.file.clone_from(&hole.file);
            }
        }
        ensure!(!file.program.is_empty(), "it has no [[program]]");
        for program in &file.program {
            let some = (1..=MOST_INSTANCES).contains(&program.instances);
            let one = program.instances == 1;
            ensure!(
                some && (program.board || one),
                "instances of {} is {}: only what has a board can run several times, {} at most",
                program.id,
                program.instances,
                MOST_INSTANCES
            );
        }
        for id in &file.starter_fails {
            let known = criteria.iter().any(|criterion| criterion.id == *id);
            ensure!(known, "starter_fails names {id}, which is no criterion");
        }
        Ok(Self {
            number: file.number,
            folder: folder.to_owned(),
            package: file.package,
            title: file.title,
            goal: file.goal,
            chapter: file.chapter,
            worth: file.worth,
            minutes: file.minutes,
            revision: file.revision,
            starter_fails: file.starter_fails,
            programs: file.program,
            criteria,
            shows: file.shows,
            tls: file.tls,
            holes: file.hole,
            transcript,
        })
    }

    /// As on the command line: what its folder begins with.
    pub fn name(&self) -> String {
        let name = self.folder.split('-').next();
        name.unwrap_or(&self.folder).to_owned()
    }

    /// The page of the book with its finished code.
    pub fn finished(&self) -> String {
        format!("{}-finished.md", self.name())
    }

    /// Its files, within its folder: the manifest, what programs begin with, and what else has
    /// holes.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        let sources = self.programs.iter().map(|program| program.source.as_str());
        let mut files: Vec<&str> = [MANIFEST].into_iter().chain(sources).collect();
        for hole in &self.holes {
            if !files.contains(&hole.file.as_str()) {
                files.push(&hole.file);
            }
        }
        files.into_iter()
    }

    /// The source files among [`Step::files`].
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        self.files().filter(|file| *file != MANIFEST)
    }

    /// The most points a program can get from its criteria.
    pub fn max_points(&self) -> u32 {
        self.criteria.iter().map(|criterion| criterion.points).sum()
    }

    /// One of its programs.
    ///
    /// # Errors
    /// When it has none of that name.
    pub fn program(&self, id: ProgramId) -> anyhow::Result<&Program> {
        let found = self.programs.iter().find(|program| program.id == id);
        found.with_context(|| format!("{} has no {id}", self.name()))
    }

    /// One of its criteria.
    pub fn criterion(&self, id: &str) -> Option<&Criterion> {
        self.criteria.iter().find(|criterion| criterion.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
        number = 5
        title = "T"
        goal = "g"
        package = "p"
        chapter = "c.md"
        worth = 20
        minutes = 30
        revision = 1
        starter_fails = ["connects"]
        program = [{ id = "device", binary = "b", source = "s", client = "c", board = true }]
        criterion = [{ use = "connects", points = 1 }]
    "#;

    #[test]
    fn a_mistake_in_a_step_is_named() {
        assert!(Step::parse("step5-t", TEXT, "").is_ok());
        for (right, wrong, words) in [
            ("use = \"connects\"", "use = \"conects\"", "[conects]"),
            ("[\"connects\"]", "[\"led\"]", "led"),
            ("use = \"connects\"", "id = \"a\"", "a has no title"),
            (
                "points = 1",
                "points = 1, program = \"server\"",
                "no program server",
            ),
            ("board = true", "board = true, instances = 13", "is 13"),
            ("board = true", "board = false, instances = 2", "is 2"),
            ("board = true", "board = true, instances = 0", "is 0"),
            (
                "points = 1 }",
                "points = 1 }, { use = \"connects\", id = \"b\", points = 1 }",
                "b is asked twice",
            ),
        ] {
            let error = Step::parse("step5-t", &TEXT.replacen(right, wrong, 1), "");
            let error = format!("{:#}", error.unwrap_err());
            assert!(error.contains(words), "{error}");
        }
    }
}
