//! Quizzes: one TOML file each, one form each.

mod form;

use std::fs;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::folders::Folders;

/// A file in `book/quizzes`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quiz {
    /// The file's name without `.toml`; the browser remembers answers under it.
    #[serde(skip)]
    pub name: String,
    /// The form's heading.
    pub title: String,
    /// The chapter that shows it, such as `mqtt.md`; the progress page links there.
    pub chapter: String,
    /// In the order they are asked.
    #[serde(rename = "question")]
    pub questions: Vec<Question>,
}

/// One question with one right answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Stays the same when the words change, so that a remembered answer finds its question.
    pub id: String,
    /// Markdown.
    pub ask: String,
    /// An example of this crate whose source is shown and whose output is the right answer.
    /// `cargo xtask book test` runs it.
    pub program: Option<String>,
    /// A recorded run that is shown up to a line; the right answer is the next one.
    pub recorded: Option<Recorded>,
    /// At least two.
    #[serde(rename = "answer")]
    pub answers: Vec<Answer>,
}

/// The beginning of a section of a step's transcript.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// Such as `step3`.
    pub step: String,
    /// Such as `restart, server: wire`.
    pub section: String,
    /// How many of its lines are shown.
    pub shown: usize,
}

/// One answer to choose.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Markdown. For a question with a program: the exact output in backticks.
    pub say: String,
    /// Whether it is the right one.
    #[serde(default)]
    pub right: bool,
    /// Why it is right or wrong, in Markdown.
    pub because: String,
}

/// Reads and checks one quiz.
pub fn load(folders: &Folders, name: &str) -> Result<Quiz> {
    let file = folders.quizzes().join(format!("{name}.toml"));
    let text = fs::read_to_string(&file).with_context(|| format!("no quiz {}", file.display()))?;
    let mut quiz: Quiz = toml::from_str(&text).with_context(|| file.display().to_string())?;
    name.clone_into(&mut quiz.name);
    for question in &quiz.questions {
        let place = || format!("{}, question `{}`", file.display(), question.id);
        let right = question
            .answers
            .iter()
            .filter(|answer| answer.right)
            .count();
        ensure!(
            right == 1,
            "{}: {right} right answers instead of 1",
            place()
        );
        ensure!(
            question.answers.len() >= 2,
            "{}: one answer is no choice",
            place()
        );
        for answer in &question.answers {
            ensure!(
                answer.because.len() > 10,
                "{}: `{}` needs a reason",
                place(),
                answer.say
            );
        }
    }
    Ok(quiz)
}

/// All quizzes, by file name.
pub fn all(folders: &Folders) -> Result<Vec<Quiz>> {
    let folder = folders.quizzes();
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
            && let Some(name) = path.file_stem().and_then(|name| name.to_str())
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    names.iter().map(|name| load(folders, name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kit_with(quiz: &str) -> (tempfile::TempDir, Folders) {
        let kit = tempfile::tempdir().unwrap();
        let folders = Folders::at(kit.path());
        fs::create_dir_all(folders.quizzes()).unwrap();
        fs::write(folders.quizzes().join("q.toml"), quiz).unwrap();
        (kit, folders)
    }

    const QUIZ: &str = r#"
title = "T"
chapter = "mqtt.md"
[[question]]
id = "one"
ask = "Is `a` < b?"
[[question.answer]]
say = "Yes"
right = true
because = "Because it is so."
[[question.answer]]
say = "No"
because = "Because it is not so."
"#;

    #[test]
    fn the_form_can_be_read_without_javascript() {
        let (_kit, folders) = kit_with(QUIZ);
        let html = load(&folders, "q").unwrap().html(&folders).unwrap();
        assert!(
            html.contains("<legend>1. Is <code>a</code> &lt; b?</legend>"),
            "{html}"
        );
        assert!(html.contains("<strong>Right:</strong> Yes. <span>Because it is so.</span>"));
        assert!(!html.contains("\n\n"));
    }

    #[test]
    fn a_question_has_exactly_one_right_answer() {
        let (_kit, folders) = kit_with(&QUIZ.replace("right = true\n", ""));
        let error = load(&folders, "q").unwrap_err().to_string();
        assert!(error.contains("question `one`: 0 right answers"), "{error}");
    }

    #[test]
    fn every_quiz_of_the_book_is_well_formed() {
        let folders = Folders::find().unwrap();
        for quiz in all(&folders).unwrap() {
            quiz.html(&folders).unwrap();
        }
    }
}
