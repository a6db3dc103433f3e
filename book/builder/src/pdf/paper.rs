//! The page of all chapters, made ready for paper.

use std::fs;
use std::str::FromStr;

use anyhow::{Context, Result, anyhow};
use serde::Serialize;

use super::pages::Pages;
use crate::folders::Folders;

/// The chapters that are no learner's business, by the ids of their titles.
const TEACHES: [&str; 2] = ["instructors", "maintainers"];

/// Whom a book is printed for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reader {
    /// The course, with the answers at its end.
    #[default]
    Learner,
    /// The part about teaching it.
    Instructor,
}

impl FromStr for Reader {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "learner" => Ok(Self::Learner),
            "instructor" => Ok(Self::Instructor),
            _ => Err(anyhow!(
                "`--for` is `learner` or `instructor`, and not `{name}`"
            )),
        }
    }
}

impl Reader {
    /// Where it is printed to, without a wish.
    pub(super) fn file(self) -> &'static str {
        match self {
            Self::Learner => "nightlight.pdf",
            Self::Instructor => "nightlight-instructor.pdf",
        }
    }

    /// The page that is printed.
    pub(super) fn page(self) -> &'static str {
        match self {
            Self::Learner => "paper.html",
            Self::Instructor => "paper-instructor.html",
        }
    }
}

/// What `theme/paper.js` is told.
#[derive(Serialize)]
struct Paper<'a> {
    title: &'a str,
    subtitle: &'a str,
    lines: [String; 3],
    teaches: [&'static str; 2],
    for_instructor: bool,
    pages: &'a std::collections::BTreeMap<String, usize>,
}

/// mdBook's page of all chapters, with the script that makes a book of it.
pub(super) fn paper(folders: &Folders, reader: Reader, pages: &Pages) -> Result<String> {
    let all = folders.output().join("print.html");
    let all = fs::read_to_string(&all).with_context(|| format!("no {}", all.display()))?;
    let script = folders.book().join("theme/paper.js");
    let script = fs::read_to_string(&script).with_context(|| format!("no {}", script.display()))?;
    let book = crate::render::config(folders)?.book;
    let for_instructor = reader == Reader::Instructor;
    let paper = Paper {
        title: book.title.as_deref().unwrap_or_default(),
        subtitle: if for_instructor {
            "The part for instructors and maintainers"
        } else {
            book.description.as_deref().unwrap_or_default()
        },
        lines: [
            "After “Connect your device to the Internet” of IoT for Beginners, by Jen Fox, Jen \
             Looper and Jim Bennett of Microsoft (MIT licence)."
                .to_owned(),
            "Text, programs and drawings: MIT or Apache-2.0, as you like.".to_owned(),
            format!("Version {}.", env!("CARGO_PKG_VERSION")),
        ],
        teaches: TEACHES,
        for_instructor,
        pages: pages.by_id(),
    };
    // In a script, `</` would end it.
    let told = serde_json::to_string(&paper)?.replace("</", "<\\/");
    let (before, after) = all
        .rsplit_once("</body>")
        .context("mdBook's page of all chapters has no end")?;
    Ok(format!(
        "{before}<script>{script}\nprint({told});</script></body>{after}"
    ))
}
