//! One question of a quiz: what is asked, how it is answered, and why.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use serde::Deserialize;

use super::puzzle::{Extract, Puzzle};

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
    pub(super) id: Option<String>,
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

    /// Refuses what cannot be answered, or says no reason.
    pub(super) fn check(&self) -> Result<()> {
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
