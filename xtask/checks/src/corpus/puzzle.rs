//! Wrong programs to mend: those whose runs the guide's chapter *What went wrong here?* shows.
//!
//! The guide's quizzes say which they are, and in which order. The programs are made from the corpus
//! or, where a hand-out has none, kept in a file beside the runner, if the instructor wants that.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path};

use anyhow::{Context, bail};
use course::transcript::{self, Section};
use course::{Step, anchors};
use serde::{Deserialize, Serialize};

use super::{entry, listed, solution};

/// Where a hand-out keeps the programs.
const KEPT: &str = "xtask/puzzles.json";

/// A program with one mistake.
#[derive(Clone, Debug)]
pub struct Puzzle {
    /// The step that it is an answer to.
    pub step: &'static Step,
    /// Such as `step1/led-at-300`.
    pub name: String,
    /// What somebody sees who runs it, in Markdown.
    pub symptom: String,
}

/// What a puzzle is made of.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Broken {
    /// What is wrong with it, in a sentence.
    pub cause: String,
    /// Its sources by their path within the step's folder, with slashes on every machine.
    pub sources: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Quiz {
    #[serde(default, rename = "question")]
    questions: Vec<Question>,
}

#[derive(Deserialize)]
struct Question {
    ask: String,
    puzzle: Option<Shown>,
}

#[derive(Deserialize)]
struct Shown {
    program: String,
}

/// All puzzles, in the steps' order and the guide's.
///
/// # Errors
/// When a quiz cannot be read.
pub fn all(root: &Path) -> anyhow::Result<Vec<Puzzle>> {
    let mut puzzles = Vec::new();
    for path in listed(&root.join("book/quizzes"))? {
        let unreadable = || format!("{} is no quiz", path.display());
        let text = fs::read_to_string(&path).with_context(unreadable)?;
        let quiz: Quiz = toml::from_str(&text).with_context(unreadable)?;
        for question in quiz.questions {
            if let Some(Shown { program: name }) = question.puzzle {
                let (step, _) = name.split_once('/').with_context(unreadable)?;
                puzzles.push(Puzzle {
                    step: course::find(step)?,
                    name,
                    symptom: question.ask,
                });
            }
        }
    }
    puzzles.sort_by_key(|puzzle| puzzle.step.number);
    Ok(puzzles)
}

/// Whether this copy of the kit has the programs.
pub fn are_here(root: &Path) -> bool {
    root.join(KEPT).is_file()
        || (root.join("xtask/corpus").is_dir() && root.join("solutions").is_dir())
}

/// Writes all programs into a copy of the kit that has no corpus.
///
/// # Errors
/// When one cannot be made, or the file cannot be written.
pub fn keep(root: &Path, copy: &Path) -> anyhow::Result<()> {
    let mut kept = BTreeMap::new();
    for puzzle in all(root)? {
        kept.insert(puzzle.name.clone(), puzzle.broken(root)?);
    }
    let file = copy.join(KEPT);
    fs::write(&file, serde_json::to_string(&kept)?)
        .with_context(|| format!("writing {}", file.display()))
}

fn slashed(file: &Path) -> String {
    let names = file.components().map(Component::as_os_str);
    let names: Vec<_> = names.map(|name| name.to_string_lossy()).collect();
    names.join("/")
}

impl Puzzle {
    /// The program as a learner gets it: without the marks that solutions have.
    ///
    /// # Errors
    /// When this copy of the kit has none, or it cannot be read.
    pub fn broken(&self, root: &Path) -> anyhow::Result<Broken> {
        let kept = root.join(KEPT);
        if kept.is_file() {
            let kept = fs::read_to_string(&kept).context("the puzzles cannot be read")?;
            let mut kept: BTreeMap<String, Broken> =
                serde_json::from_str(&kept).context("the puzzles cannot be read")?;
            return kept
                .remove(&self.name)
                .with_context(|| format!("{KEPT} does not hold {}", self.name));
        }
        if !are_here(root) {
            bail!("this copy of the kit has no programs to mend");
        }
        let (step, program) = self.name.split_once('/').context("it has no step")?;
        let path = format!("xtask/corpus/{step}/wrong/{program}.toml");
        let program = entry::read(&root.join(&path), "wrong", &solution(root, self.step)?)
            .with_context(|| format!("{path} is no program"))?;
        let plain = program.sources.into_iter().map(|(file, text)| {
            let text = anchors::without_marks(&text);
            Ok((slashed(&file), text.with_context(|| path.clone())?))
        });
        Ok(Broken {
            cause: program.about,
            sources: plain.collect::<anyhow::Result<_>>()?,
        })
    }

    /// The piece of its run that the guide shows, a heading and lines for each part of it; nothing
    /// where none is recorded.
    pub fn seen(&self, root: &Path) -> String {
        let file = format!("{}.snap", self.name.replace('/', "-"));
        let recorded = root.join("xtask/transcripts/puzzles").join(file);
        let recorded = fs::read_to_string(recorded).unwrap_or_default();
        let mut run = transcript::parse(&recorded);
        // The last part is the hint, which is the answer.
        run.pop();
        let lines = run.iter().flat_map(|Section { heading, lines }| {
            let heading = heading.split_once(", ").map_or(*heading, |(_, part)| part);
            let lines = lines.iter().map(|line| format!("  {line}\n"));
            [format!("{heading}\n")].into_iter().chain(lines)
        });
        lines.collect()
    }
}
