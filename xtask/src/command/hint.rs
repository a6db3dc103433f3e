//! `cargo xtask hint`: a nudge, then a pointer, then almost the answer.

use std::path::Path;
use std::process::ExitCode;

use crate::course::{self, Step};
use crate::criterion::Criterion;
use crate::progress::{Entry, Failure, Progress};
use crate::report::human::{labelled, place};
use crate::report::say::{self, STRONG, paint};

/// The hints there are on one failure.
const GRADES: usize = 3;

pub fn run(root: &Path, name: &str) -> anyhow::Result<ExitCode> {
    let step = course::find(name)?;
    say::out(&text(root, step)?)?;
    Ok(ExitCode::SUCCESS)
}

/// The next hint on what the last check of these sources failed first.
pub fn text(root: &Path, step: &'static Step) -> anyhow::Result<String> {
    let mut progress = Progress::open(root)?;
    let Some(entry) = progress.of(step) else {
        return Ok(format!(
            "These sources of {0} have not been checked yet. `cargo xtask check {0}` says what to \
             look at, and then there is a hint for it.\n",
            step.name()
        ));
    };
    if entry.passed {
        return Ok(format!(
            "{} is done: there is nothing to hint at.\n",
            step.name()
        ));
    }
    let Some((criterion, failure)) = first_failure(step, entry) else {
        return Ok(
            "It does not compile yet. Begin with the first error of the check.\n".to_owned(),
        );
    };
    let grade = (entry.hints + 1).min(GRADES);
    let text = graded(root, step, criterion, failure, grade);
    progress.hinted(step)?;
    Ok(text)
}

fn first_failure<'a>(
    step: &'static Step,
    entry: &'a Entry,
) -> Option<(&'static Criterion, &'a Failure)> {
    let failure = entry.failed.first()?;
    let criterion = step
        .criteria
        .iter()
        .find(|known| known.id == failure.criterion)?;
    Some((criterion, failure))
}

fn graded(
    root: &Path,
    step: &Step,
    criterion: &Criterion,
    failure: &Failure,
    grade: usize,
) -> String {
    let mut text = format!("{}\n", paint(STRONG, criterion.title));
    text += &labelled("expected", &failure.expected);
    text += &labelled("but saw", &failure.actual);
    if grade >= 2 {
        let sources = root.join("lessons").join(step.folder);
        if let Some(place) = criterion.todo.and_then(|todo| place(&sources, todo)) {
            text += &labelled("look at", &place);
        }
        text += &labelled("read", &format!("book/src/{}", criterion.chapter));
        if failure.hint != criterion.hint {
            text += &labelled("hint", &failure.hint);
        }
    }
    if grade >= GRADES {
        text += &labelled("answer", criterion.hint);
    }
    text += &match grade {
        1 => "\nWhat would make the difference? Ask again for a pointer.\n".to_owned(),
        2 => "\nAsk again for almost the answer.\n".to_owned(),
        _ => format!(
            "\nStill stuck? `cargo xtask diff {}` shows the solution.\n",
            step.name()
        ),
    };
    text
}
