//! `cargo xtask hint`: a nudge, then a pointer, then almost the answer.

use std::path::Path;
use std::process::ExitCode;

use crate::progress::{Entry, Failure, Progress};
use crate::report::human::{guide, labelled, place};
use course::Criterion;
use course::Step;
use course::verdict::Status;
use terminal::say::{self, STRONG, paint};

/// The hints there are on one failure.
const GRADES: usize = 3;

pub fn run(root: &Path, name: Option<&str>) -> anyhow::Result<ExitCode> {
    let step = Progress::open(root)?.at(name)?;
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
    let Some((criterion, failure)) = first_failure(step, entry) else {
        return Ok(without_failure(step, entry.status));
    };
    let grade = (entry.hints + 1).min(GRADES);
    let text = graded(root, step, criterion, failure, grade);
    progress.hinted(step)?;
    Ok(text)
}

/// What to say when no criterion has failed.
fn without_failure(step: &Step, status: Status) -> String {
    let name = step.name();
    match status {
        Status::Pass => format!("{name} is done: there is nothing to hint at.\n"),
        Status::CompileError => {
            "It does not compile yet. Begin with the first error of the check.\n".to_owned()
        }
        Status::InfraError => format!(
            "The last check could not judge your program, which was not its fault. Run `cargo \
             xtask check {name}` again.\n"
        ),
        Status::Timeout | Status::ResourceLimit | Status::Fail => format!(
            "The last check was ended before it could tell. Does the program wait for something \
             that never comes, or do something without end? `cargo xtask check {name}` shows how \
             far it came.\n"
        ),
    }
}

fn first_failure<'a>(
    step: &'static Step,
    entry: &'a Entry,
) -> Option<(&'static Criterion, &'a Failure)> {
    let failure = entry.failed.first()?;
    Some((step.criterion(&failure.criterion)?, failure))
}

fn graded(
    root: &Path,
    step: &Step,
    criterion: &Criterion,
    failure: &Failure,
    grade: usize,
) -> String {
    let mut text = format!("{}\n", paint(STRONG, &criterion.title));
    text += &labelled("expected", &failure.expected);
    text += &labelled("but saw", &failure.actual);
    if grade >= 2 {
        let sources = root.join("lessons").join(&step.folder);
        if let Some(place) = criterion
            .todo
            .as_ref()
            .and_then(|todo| place(&sources, todo))
        {
            text += &labelled("look at", &place);
        }
        text += &labelled("read", &guide(&criterion.chapter));
        if failure.hint != criterion.hint {
            text += &labelled("hint", &failure.hint);
        }
    }
    if grade >= GRADES {
        text += &labelled("answer", &criterion.hint);
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
