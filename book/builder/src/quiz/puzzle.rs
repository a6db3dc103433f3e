//! *What went wrong here?*: a piece of a wrong program's run makes two questions. Which line shows
//! the mistake, and what is its cause? The reason is the hint that the program gets.
//!
//! The runner's tests of the corpus write the pieces down, in `xtask/transcripts/puzzles`.

use std::fs;

use anyhow::{Context, Result, ensure};
use course::transcript;
use serde::Deserialize;

use super::{Answer, Kind, Question};
use crate::folders::Folders;

/// What is shown of a wrong program's run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Puzzle {
    /// Such as `step1/led-at-300`.
    program: String,
    /// In order; the fault is in the last one.
    shows: Vec<Piece>,
    /// The line of the last piece that betrays the fault, from 1.
    line: usize,
    /// Why that line does, in Markdown.
    betrays: String,
}

/// Lines of a section of the run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Piece {
    /// Such as `evening, device: LED`.
    section: String,
    /// From 1.
    first: usize,
    last: usize,
}

/// Lines that stand above a question, and what they are.
#[derive(Debug)]
pub struct Extract {
    /// Such as `device: LED`.
    pub title: String,
    /// In order.
    pub lines: Vec<String>,
}

impl Puzzle {
    /// The two questions.
    pub fn questions(self, folders: &Folders, mut cause: Question) -> Result<[Question; 2]> {
        let (mut extracts, hint) = self.recorded(folders)?;
        let shown = extracts.pop().context("it shows nothing")?;
        ensure!(
            (1..=shown.lines.len()).contains(&self.line),
            "the last piece has no line {}",
            self.line
        );
        let answers = (1..).zip(&shown.lines).map(|(number, line)| {
            let right = number == self.line;
            Answer {
                id: Some(format!("line-{number}")),
                say: format!("`{line}`"),
                also: Vec::new(),
                right,
                because: if right {
                    self.betrays.clone()
                } else {
                    "That line is as it should be.".to_owned()
                },
            }
        });
        let answers = answers.collect();
        extracts.push(Extract {
            title: shown.title,
            lines: Vec::new(),
        });
        let line = Question {
            id: format!("{}-line", cause.id),
            ask: format!("{} Which line shows the mistake?", cause.ask),
            kind: Kind::Choice,
            program: None,
            recorded: None,
            puzzle: None,
            extracts,
            answers,
            items: Vec::new(),
            because: None,
        };
        "And what is its cause?".clone_into(&mut cause.ask);
        for answer in cause.answers.iter_mut().filter(|answer| answer.right) {
            ensure!(
                answer.because.is_empty(),
                "the reason of the right cause is the hint"
            );
            answer.because = format!("The kit says: {hint}");
        }
        Ok([line, cause])
    }

    /// The pieces, and the hint.
    fn recorded(&self, folders: &Folders) -> Result<(Vec<Extract>, String)> {
        let file = self.program.replace('/', "-");
        let file = folders
            .transcripts()
            .join("puzzles")
            .join(format!("{file}.snap"));
        let text = fs::read_to_string(&file)
            .with_context(|| format!("{} is not recorded", file.display()))?;
        let mut run = transcript::parse(&text);
        let hint = run.pop().filter(|section| section.heading == "hint");
        let hint = hint.and_then(|section| section.lines.first().copied().map(str::to_owned));
        let hint = hint.with_context(|| format!("{} has no hint", file.display()))?;
        let pieces = self.shows.iter();
        let fits = pieces.clone().count() == run.len()
            && pieces.zip(&run).all(|(piece, section)| {
                section.heading == piece.section
                    && section.lines.len() == piece.last + 1 - piece.first
            });
        ensure!(
            fits,
            "{} holds other lines: record it anew, with INSTA_UPDATE=always and \
             `cargo test -p xtask --test kit -- \"(puzzle)\"`",
            file.display()
        );
        let extracts = run.iter().map(|section| Extract {
            title: section
                .heading
                .split_once(", ")
                .map_or(section.heading, |(_, title)| title)
                .to_owned(),
            lines: section
                .lines
                .iter()
                .map(|line| (*line).to_owned())
                .collect(),
        });
        Ok((extracts.collect(), hint))
    }
}

#[cfg(test)]
mod tests {
    use super::super::load;
    use super::*;

    const QUIZ: &str = r#"
title = "T"
chapter = "mqtt.md"
[[question]]
id = "dark"
ask = "A lamp."
[question.puzzle]
program = "step1/a"
shows = [
  { section = "evening, device: sensor", first = 1, last = 1 },
  { section = "evening, device: LED", first = 1, last = 2 },
]
line = 2
betrays = "It is bright by then."
[[question.answer]]
say = "The comparison"
right = true
[[question.answer]]
say = "The broker"
because = "It has no say in this."
"#;

    fn kit(quiz: &str, run: &str) -> (tempfile::TempDir, Folders) {
        let kit = tempfile::tempdir().unwrap();
        let folders = Folders::at(kit.path());
        fs::create_dir_all(folders.quizzes()).unwrap();
        fs::create_dir_all(folders.transcripts().join("puzzles")).unwrap();
        fs::write(folders.quizzes().join("q.toml"), quiz).unwrap();
        let file = folders.transcripts().join("puzzles/step1-a.snap");
        fs::write(file, run).unwrap();
        (kit, folders)
    }

    const RUN: &str = "---\n---\n== evening, device: sensor\nlight 300\n\
                       == evening, device: LED\noff\non\n== hint\nBelow 300 means `light < 300`.\n";

    #[test]
    fn a_puzzle_asks_for_the_line_and_for_the_cause() {
        let (_kit, folders) = kit(QUIZ, RUN);
        let html = load(&folders, "q").unwrap().html(&folders).unwrap();
        for part in [
            "1. A lamp. Which line shows the mistake?",
            "<code class=\"language-text\">light 300</code>",
            "value=\"line-2\" data-right",
            "2. And what is its cause?",
            "The kit says: Below 300 means <code>light &lt; 300</code>.",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
    }

    #[test]
    fn a_run_that_reads_otherwise_is_recorded_anew() {
        for (from, to) in [("off\n", ""), ("== evening, device: sensor", "== night")] {
            let (_kit, folders) = kit(QUIZ, &RUN.replace(from, to));
            let error = format!("{:#}", load(&folders, "q").unwrap_err());
            assert!(error.contains("record it anew"), "{error}");
        }
        let (_kit, folders) = kit(&QUIZ.replace("line = 2", "line = 3"), RUN);
        assert!(load(&folders, "q").is_err());
    }
}
