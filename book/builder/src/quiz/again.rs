//! Questions that come back: who recalls an answer once more, some chapters later, keeps it.

use std::fs;

use anyhow::{Context, Result, ensure};

use super::{Question, Quiz, all, load};
use crate::folders::Folders;

/// A question is asked again this many chapters later at least: not before it may be forgotten.
const CHAPTERS: usize = 3;

/// A question of an earlier quiz.
#[derive(Debug)]
pub struct Again {
    /// The quiz that asked it first.
    pub quiz: Quiz,
    /// Where it stands among that quiz's questions.
    place: usize,
}

impl Again {
    /// The question itself.
    pub fn question(&self) -> &Question {
        &self.quiz.questions[self.place]
    }
}

impl Quiz {
    /// The questions that this quiz asks once more.
    pub fn asked_again(&self, folders: &Folders) -> Result<Vec<Again>> {
        let names = self.again.iter();
        names
            .map(|name| {
                let (quiz, id) = name
                    .split_once('/')
                    .with_context(|| format!("`{name}` is not `quiz/question`"))?;
                let quiz = load(folders, quiz)?;
                let mut ids = quiz.questions.iter().map(|question| &question.id);
                let place = ids.position(|known| known == id);
                let place = place.with_context(|| format!("no quiz asks `{name}`"))?;
                Ok(Again { quiz, place })
            })
            .collect()
    }
}

/// Checks that none comes back too soon; says how many do.
pub fn check(folders: &Folders) -> Result<usize> {
    let summary =
        fs::read_to_string(folders.chapters().join("SUMMARY.md")).context("no SUMMARY.md")?;
    let place = |quiz: &Quiz| {
        let link = format!("]({})", quiz.chapter);
        let mut chapters = summary.lines().filter(|line| line.contains("]("));
        let place = chapters.position(|line| line.contains(&link));
        place.with_context(|| format!("SUMMARY.md does not list {}", quiz.chapter))
    };
    let mut number = 0;
    for quiz in all(folders)? {
        for again in quiz
            .asked_again(folders)
            .with_context(|| quiz.name.clone())?
        {
            ensure!(
                place(&quiz)? >= place(&again.quiz)? + CHAPTERS,
                "{}.toml asks {}/{} again less than {CHAPTERS} chapters later",
                quiz.name,
                again.quiz.name,
                again.question().id
            );
            number += 1;
        }
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_of_the_book_come_back() {
        assert!(check(&Folders::find().unwrap()).unwrap() >= 10);
    }

    #[test]
    fn a_question_does_not_come_back_at_once() {
        let kit = tempfile::tempdir().unwrap();
        let folders = Folders::at(kit.path());
        fs::create_dir_all(folders.quizzes()).unwrap();
        fs::create_dir_all(folders.chapters()).unwrap();
        let quiz = |name: &str, chapter: &str, rest: &str| {
            let text = format!("title = \"T\"\nchapter = \"{chapter}\"\n{rest}");
            fs::write(folders.quizzes().join(format!("{name}.toml")), text).unwrap();
        };
        let asked = "[[question]]\nid = \"q\"\nask = \"?\"\nanswer = [\
                     { say = \"y\", right = true, because = \"It is so, always.\" }, \
                     { say = \"n\", because = \"It is so, always.\" }]\n";
        quiz("first", "a.md", asked);
        let summary = "# S\n\n[A](a.md)\n\n# P\n\n- [B](b.md)\n- [C](c.md)\n- [D](d.md)\n";
        fs::write(folders.chapters().join("SUMMARY.md"), summary).unwrap();
        quiz("later", "d.md", "again = [\"first/q\"]\n");
        assert_eq!(check(&folders).unwrap(), 1);
        quiz("later", "c.md", "again = [\"first/q\"]\n");
        let error = check(&folders).unwrap_err().to_string();
        assert!(error.contains("less than 3 chapters"), "{error}");
        quiz("later", "d.md", "again = [\"first/gone\"]\n");
        let error = format!("{:#}", check(&folders).unwrap_err());
        assert!(error.contains("no quiz asks `first/gone`"), "{error}");
    }
}
