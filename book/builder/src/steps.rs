//! What the book says of all steps: lists made from the course, and a chapter and a quiz for each.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, ensure};
use course::steps;

use crate::folders::Folders;
use crate::quiz;

/// What a learner builds, step by step.
pub fn list() -> String {
    let items = steps().iter().map(|step| {
        format!(
            "{}. [**{}**]({}): {}.\n",
            step.number, step.title, step.chapter, step.goal
        )
    });
    items.collect()
}

/// What each step is worth, and how long it takes.
pub fn effort() -> String {
    let rows = steps().iter().map(|step| {
        format!(
            "| {} [{}]({}) | {} | {} min |\n",
            step.number, step.title, step.chapter, step.worth, step.minutes
        )
    });
    format!(
        "| step | points | working |\n|---|---|---|\n{}",
        rows.collect::<String>()
    )
}

/// Checks that each step has its chapter, in the steps' order, and a quiz; says how many steps.
pub fn check(folders: &Folders) -> Result<usize> {
    let summary =
        fs::read_to_string(folders.chapters().join("SUMMARY.md")).context("no SUMMARY.md")?;
    let quizzes = quiz::all(folders)?;
    let quizzed = quizzes.iter().map(|quiz| quiz.chapter.as_str()).collect();
    let problems = problems(&summary, &quizzed);
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(steps().len())
}

fn problems(summary: &str, quizzed: &BTreeSet<&str>) -> Vec<String> {
    let mut problems = Vec::new();
    let mut last = 0;
    for step in steps() {
        let (name, chapter) = (step.name(), &*step.chapter);
        let link = format!("]({chapter})");
        let entry = (1..)
            .zip(summary.lines())
            .find(|(_, line)| line.ends_with(&link));
        let title = format!("[Step {}: ", step.number);
        match entry {
            None => problems.push(format!("SUMMARY.md does not list {chapter}, of {name}")),
            Some((line, entry)) => {
                if !entry.contains(&title) {
                    problems.push(format!("SUMMARY.md:{line}: begin it with `{title}`"));
                }
                if line < last {
                    problems.push(format!("SUMMARY.md:{line}: {name} comes too early"));
                }
                last = line;
            }
        }
        if !quizzed.contains(chapter) {
            problems.push(format!(
                "book/quizzes has none for {name}: a quiz with `chapter = \"{chapter}\"`"
            ));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_of_the_course_has_its_chapter_and_quiz() {
        check(&Folders::find().unwrap()).unwrap();
    }

    #[test]
    fn what_a_step_lacks_is_named() {
        let entry = |number: u8, chapter: &str| format!("- [Step {number}: t]({chapter})\n");
        let entries = || steps().iter().map(|step| entry(step.number, &step.chapter));
        let quizzed: BTreeSet<&str> = steps().iter().map(|step| &*step.chapter).collect();
        let whole: String = entries().collect();
        assert!(problems(&whole, &quizzed).is_empty());

        let first: String = entries().skip(1).collect();
        assert_eq!(
            problems(&first, &quizzed),
            ["SUMMARY.md does not list step1-connect.md, of step1"]
        );
        let turned: String = entries().rev().collect();
        assert!(problems(&turned, &quizzed)[0].ends_with("step2 comes too early"));
        let misnumbered = whole.replace("Step 1", "Step 9");
        assert_eq!(
            problems(&misnumbered, &quizzed),
            ["SUMMARY.md:1: begin it with `[Step 1: `"]
        );
        let unasked = problems(&whole, &BTreeSet::new());
        assert_eq!(unasked.len(), steps().len());
        assert!(unasked[0].contains("step1"), "{unasked:?}");
    }
}
