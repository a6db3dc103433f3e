//! Short pieces of wrong programs' runs, recorded for the guide's chapter *What went wrong here?*
//!
//! Quizzes name the program and which lines of its run they show, and the corpus' own test of that
//! program writes them down, with the hint that it gets. With `INSTA_UPDATE=always` and the filter
//! `(puzzle)`, all of them are recorded anew.

use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use checks::corpus::Program;
use course::transcript::{self, Section};
use course::verdict::Verdict;
use toml::{Table, Value};

/// Which lines of a program's run are shown.
#[derive(Clone, Debug)]
pub struct Puzzle {
    shows: Vec<Piece>,
}

#[derive(Clone, Debug)]
struct Piece {
    section: String,
    /// From 1.
    first: usize,
    last: usize,
}

/// The guide's quizzes.
pub fn quizzes(root: &Path) -> anyhow::Result<Vec<Table>> {
    let folder = fs::read_dir(root.join("book/quizzes")).context("no quizzes")?;
    let read = |path: &Path| anyhow::Ok(toml::from_str(&fs::read_to_string(path)?)?);
    folder
        .map(|entry| {
            let path = entry?.path();
            read(&path).with_context(|| path.display().to_string())
        })
        .collect::<anyhow::Result<_>>()
}

/// The puzzle that one of the quizzes makes of this program.
pub fn of(quizzes: &[Table], program: &Program) -> anyhow::Result<Option<Puzzle>> {
    let name = name(program);
    let questions = quizzes
        .iter()
        .filter_map(|quiz| quiz.get("question")?.as_array());
    let mut puzzles = questions
        .flatten()
        .filter_map(|question| question.get("puzzle"));
    let puzzle =
        puzzles.find(|puzzle| puzzle.get("program").and_then(Value::as_str) == Some(&name));
    let Some(puzzle) = puzzle else {
        return Ok(None);
    };
    let shows = puzzle.get("shows").and_then(Value::as_array);
    let shows = shows.with_context(|| format!("the puzzle of {name} shows nothing"))?;
    let shows = shows
        .iter()
        .map(Piece::read)
        .collect::<Option<_>>()
        .with_context(|| format!("{name}: a piece has `section`, `first` and `last`"))?;
    Ok(Some(Puzzle { shows }))
}

/// As quizzes name it, such as `step1/led-at-300`.
fn name(program: &Program) -> String {
    let name = program.name.trim_start_matches("wrong/");
    format!("{}/{name}", program.step.name())
}

impl Piece {
    fn read(piece: &Value) -> Option<Self> {
        let number = |key| usize::try_from(piece.get(key)?.as_integer()?).ok();
        Some(Self {
            section: piece.get("section")?.as_str()?.to_owned(),
            first: number("first")?,
            last: number("last")?,
        })
    }

    fn cut<'a>(&self, run: &[Section<&'a str>]) -> anyhow::Result<Section<&'a str>> {
        let section = run.iter().find(|section| section.heading == self.section);
        let section = section.with_context(|| format!("the run has no `{}`", self.section))?;
        let lines = self
            .first
            .checked_sub(1)
            .and_then(|begin| section.lines.get(begin..self.last));
        let lines = lines.with_context(|| {
            let Self {
                section: name,
                first,
                last,
            } = self;
            format!(
                "`{name}` has {} lines, not {first} to {last}",
                section.lines.len()
            )
        })?;
        Ok(Section {
            heading: section.heading,
            lines: lines.to_vec(),
        })
    }
}

impl Puzzle {
    /// Compares the pieces of this run with what is written down.
    pub fn compare(&self, program: &Program, verdict: &Verdict) -> anyhow::Result<()> {
        let hint = verdict.failed().next().and_then(|row| row.hint.as_deref());
        let hint = hint.context("a puzzle needs a hint")?;
        ensure!(!hint.contains('\n'), "a puzzle's hint is one line: {hint}");
        let run = transcript::parse(&verdict.transcript);
        let mut pieces = self
            .shows
            .iter()
            .map(|piece| piece.cut(&run))
            .collect::<anyhow::Result<Vec<_>>>()?;
        pieces.push(Section {
            heading: "hint",
            lines: vec![hint],
        });
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../../transcripts/puzzles");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let name = name(program).replace('/', "-");
        settings.bind(|| insta::assert_snapshot!(name, transcript::text(&pieces)));
        Ok(())
    }
}
