//! Quizzes: one TOML file each, one form each.

pub mod again;
mod form;
mod puzzle;

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::folders::Folders;
use puzzle::{Extract, Puzzle};

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

/// One question.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Stays the same when the words change, so that a remembered answer finds its question.
    pub id: String,
    /// Markdown.
    pub ask: String,
    /// How it is answered.
    #[serde(default)]
    pub kind: Kind,
    /// An example of this crate whose source is shown and whose output is the right answer.
    /// `cargo xtask book test` runs it.
    pub program: Option<String>,
    /// A recorded run that is shown up to a line; the right answer is the next one, or the next
    /// ones are the items in their order.
    pub recorded: Option<Recorded>,
    /// A piece of a wrong program's run. It makes two questions; the answers are causes.
    pub puzzle: Option<Puzzle>,
    /// What stands above the answers of a puzzle.
    #[serde(skip)]
    pub extracts: Vec<Extract>,
    /// At least two to choose from. For a short answer: the right ones, and wrong ones that people
    /// give.
    #[serde(default, rename = "answer")]
    pub answers: Vec<Answer>,
    /// What is to be put in order, in the right order.
    #[serde(default, rename = "item")]
    pub items: Vec<Item>,
    /// Why the order is right, in Markdown.
    pub because: Option<String>,
}

/// How a question is answered.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// One of several answers is chosen.
    #[default]
    Choice,
    /// A word or two are written.
    Short,
    /// Items are put in order.
    Order,
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

/// One answer to choose or to write.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Under this the browser remembers it, whatever its words are. Its words are its id until it
    /// has one.
    id: Option<String>,
    /// Markdown. For a question with a program: the exact output in backticks.
    pub say: String,
    /// Other ways to write the same, for a short answer.
    #[serde(default)]
    pub also: Vec<String>,
    /// Whether it is a right one.
    #[serde(default)]
    pub right: bool,
    /// Why it is right or wrong, in Markdown. A puzzle's right cause gets the program's hint.
    #[serde(default)]
    pub because: String,
}

impl Answer {
    /// What the browser remembers it by.
    pub fn id(&self) -> &str {
        self.id.as_deref().unwrap_or(&self.say)
    }
}

/// One thing to put in its place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Under this the browser remembers its place.
    pub id: String,
    /// Markdown.
    pub say: String,
}

impl Question {
    /// All its Markdown.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let answers = self.answers.iter();
        let answers = answers.flat_map(|answer| [answer.say.as_str(), &answer.because]);
        let items = self.items.iter().map(|item| item.say.as_str());
        let because = self.because.as_deref();
        [self.ask.as_str()]
            .into_iter()
            .chain(answers)
            .chain(items)
            .chain(because)
    }

    fn check(&self) -> Result<()> {
        let right = self.answers.iter().filter(|answer| answer.right).count();
        let answers = self.answers.len();
        match self.kind {
            Kind::Choice => {
                ensure!(right == 1, "{right} right answers instead of 1");
                ensure!(answers >= 2, "one answer is no choice");
            }
            Kind::Short => ensure!(right >= 1, "no right answer"),
            Kind::Order => {
                ensure!(self.items.len() >= 3, "there is little to put in order");
                let because = self.because.as_deref().unwrap_or_default();
                ensure!(because.len() > 10, "the order needs a reason");
            }
        }
        let is_order = self.kind == Kind::Order;
        ensure!(is_order == self.answers.is_empty(), "answers or items?");
        ensure!(is_order != self.items.is_empty(), "answers or items?");
        for answer in &self.answers {
            let say = &answer.say;
            ensure!(answer.because.len() > 10, "`{say}` needs a reason");
        }
        let ids = self.answers.iter().map(Answer::id);
        let ids: Vec<&str> = ids.chain(self.items.iter().map(|item| &*item.id)).collect();
        let different: BTreeSet<&&str> = ids.iter().collect();
        ensure!(
            different.len() == ids.len(),
            "two have the same id: {ids:?}"
        );
        let spaced = self.items.iter().any(|item| item.id.contains([' ', ',']));
        ensure!(!spaced, "an item's id is one word");
        Ok(())
    }
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
