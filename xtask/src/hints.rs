//! Hints on what a check has found, in three levels. None says less than the report has said, each
//! says more than the one before, and none is the code.

use std::path::Path;

use crate::guide;
use crate::lesson::Work;
use crate::pointer;
use crate::progress::Failure;
use crate::report::human::{labelled, place};
use course::{Criterion, Step};
use terminal::say::{STRONG, paint};

/// How many levels there are.
pub const LEVELS: usize = 3;

/// What is said on a failure at this level, from 1. Beyond the last level it is the last.
pub fn text(
    root: &Path,
    work: Work,
    criterion: &Criterion,
    failure: &Failure,
    level: usize,
) -> String {
    let mut text = format!("{}\n", paint(STRONG, &criterion.title));
    text += &reported(root, work, criterion, failure);
    let step = work.step;
    if level >= 2 {
        text += &asked(root, step, criterion, failure);
    }
    if level >= LEVELS {
        text += &explained(root, step, criterion);
    }
    text
}

/// What the report has said.
fn reported(root: &Path, work: Work, criterion: &Criterion, failure: &Failure) -> String {
    let sources = root.join(work.folder());
    let todo = criterion.todo.as_ref();
    let todo = todo.and_then(|todo| place(&sources, todo));
    let mut text = labelled("expected", &failure.expected);
    text += &labelled("but saw", &failure.actual);
    text += &labelled("hint", &failure.hint);
    text += &todo.map_or_else(String::new, |todo| labelled("look at", &todo));
    text + &labelled("read", &pointer::guide(&criterion.chapter))
}

/// What is asked: by the TODO, which may be gone from the source by now; and in general, where the
/// report spoke of this program alone.
fn asked(root: &Path, step: &Step, criterion: &Criterion, failure: &Failure) -> String {
    let mut text = String::new();
    if failure.hint != criterion.hint {
        text += &labelled("rule", &criterion.hint);
    }
    let task = task(step, criterion);
    match guide::section(root, &criterion.chapter).first() {
        _ if !task.is_empty() => text += &labelled("task", &task),
        Some(first) => text += &labelled("guide", first),
        None => {}
    }
    text
}

/// The criterion's TODO as the starter has it.
fn task(step: &Step, criterion: &Criterion) -> String {
    let Some(todo) = &criterion.todo else {
        return String::new();
    };
    let mark = format!("// TODO {}: ", todo.number);
    let holes = step.holes.iter().filter(|hole| hole.file == todo.file);
    let told = holes.filter_map(|hole| {
        let mut lines = hole
            .starter
            .lines()
            .skip_while(|line| !line.starts_with(&mark));
        let first = lines.next()?.strip_prefix(&mark)?;
        let more = lines.map_while(|line| line.strip_prefix("// ").map(str::trim));
        let more = more.take_while(|line| !line.starts_with("TODO "));
        Some(
            [first]
                .into_iter()
                .chain(more)
                .collect::<Vec<_>>()
                .join(" "),
        )
    });
    told.collect::<Vec<_>>().join("\n")
}

/// What the guide says there, and what else goes wrong in this step.
fn explained(root: &Path, step: &Step, criterion: &Criterion) -> String {
    let section = guide::section(root, &criterion.chapter);
    let known = usize::from(task(step, criterion).is_empty());
    let mut text = String::new();
    if section.len() > known {
        text += &labelled("guide", &section[known..].join("\n"));
    }
    let mistakes = guide::mistakes(root, &step.chapter);
    if !mistakes.is_empty() {
        let mistakes: Vec<String> = mistakes.iter().map(|it| format!("- {it}")).collect();
        text += &labelled("is it?", &mistakes.join("\n"));
    }
    text
}
