//! Quizzes: one TOML file each, one form each.

pub mod again;
mod form;
mod puzzle;
mod question;

use std::fs;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::folders::Folders;
use question::{Answer, Item, Kind, Recorded};

pub use question::Question;

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
    #[serde(default, rename = "question")]
    pub questions: Vec<Question>,
    /// Questions of earlier quizzes that are asked once more below, such as `mqtt/different-ids`.
    #[serde(default)]
    pub again: Vec<String>,
}

/// Reads and checks one quiz.
pub fn load(folders: &Folders, name: &str) -> Result<Quiz> {
    let file = folders.quizzes().join(format!("{name}.toml"));
    let text = fs::read_to_string(&file).with_context(|| format!("no quiz {}", file.display()))?;
    let mut quiz: Quiz = toml::from_str(&text).with_context(|| file.display().to_string())?;
    name.clone_into(&mut quiz.name);
    let mut questions = Vec::new();
    for mut question in quiz.questions {
        let place = format!("{}, question `{}`", file.display(), question.id);
        match question.puzzle.take() {
            None => questions.push(question),
            Some(puzzle) => {
                let both = puzzle.questions(folders, question);
                questions.extend(both.with_context(|| place.clone())?);
            }
        }
        // The one or two that have just come.
        let mut new = questions.iter().rev().take(2);
        new.try_for_each(Question::check).context(place)?;
    }
    quiz.questions = questions;
    let asks = quiz.questions.len() + quiz.again.len();
    ensure!(asks > 0, "{} asks nothing", file.display());
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
        let error = format!("{:#}", load(&folders, "q").unwrap_err());
        assert!(error.contains("question `one`: 0 right answers"), "{error}");
    }

    #[test]
    fn every_quiz_of_the_book_is_well_formed() {
        let folders = Folders::find().unwrap();
        for quiz in all(&folders).unwrap() {
            quiz.html(&folders).unwrap();
        }
    }

    const ORDER: &str = r#"
title = "T"
chapter = "mqtt.md"
[[question]]
id = "way"
kind = "order"
ask = "In which order?"
because = "Because it is so."
item = [{ id = "a", say = "`A`" }, { id = "b", say = "B" }, { id = "c", say = "C" }]
"#;

    #[test]
    fn what_is_to_be_ordered_is_not_shown_in_order() {
        let (_kit, folders) = kit_with(ORDER);
        let html = load(&folders, "q").unwrap().html(&folders).unwrap();
        let place = |id: &str| html.find(&format!("data-item=\"{id}\"")).unwrap();
        let places = [place("a"), place("b"), place("c")];
        assert!(!places.is_sorted(), "{html}");
        assert!(html.contains("data-order=\"a b c\""), "{html}");
        assert!(html.contains("<ol><li><code>A</code></li><li>B</li><li>C</li></ol>"));
        for (from, to) in [
            ("\"c\"", "\"a\""),
            ("because", "becuase"),
            ("order", "choice"),
        ] {
            let (_kit, folders) = kit_with(&ORDER.replacen(from, to, 1));
            assert!(load(&folders, "q").is_err(), "{from}");
        }
    }

    #[test]
    fn a_short_answer_may_be_written_in_several_ways() {
        let short = QUIZ.replace("ask =", "kind = \"short\"\nask =").replacen(
            "right = true",
            "right = true\nalso = [\"yes!\", \"sure\"]",
            1,
        );
        let (_kit, folders) = kit_with(&short);
        let html = load(&folders, "q").unwrap().html(&folders).unwrap();
        assert!(html.contains("data-accept=\"Yes | yes! | sure\""), "{html}");
        assert!(html.contains("<input type=\"text\""), "{html}");
    }

    #[test]
    fn an_answer_is_remembered_by_its_id() {
        let (_kit, folders) = kit_with(&QUIZ.replace("say = \"Yes\"", "id = \"y\"\nsay = \"Yes\""));
        let html = load(&folders, "q").unwrap().html(&folders).unwrap();
        assert!(html.contains("value=\"y\" data-right"), "{html}");
        assert!(html.contains("<li data-answer=\"y\""), "{html}");
    }
}
