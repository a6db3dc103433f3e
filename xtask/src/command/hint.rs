//! `cargo xtask hint`: what the check found, then the task, then what the guide says of it.

use std::path::Path;
use std::process::ExitCode;

use crate::hints;
use crate::progress::{Entry, Failure, Progress};
use crate::report::human::guide;
use course::Criterion;
use course::Step;
use course::verdict::Status;
use terminal::say;

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
    let level = (entry.hints + 1).min(hints::LEVELS);
    let text = hints::text(root, step, criterion, failure, level) + &more(root, step, level);
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

/// What comes next.
fn more(root: &Path, step: &Step, level: usize) -> String {
    let has_solutions = root.join("solutions").is_dir();
    match level {
        1 => "\nWhat would make the difference? Ask again, and you get the task in other words.\n"
            .to_owned(),
        2 => "\nAsk again for all that the guide says of it.\n".to_owned(),
        _ => {
            let page = guide(&step.finished());
            let diff = format!(", or compare: `cargo xtask diff {}`", step.name());
            let diff = if has_solutions { diff.as_str() } else { "" };
            format!("\nStill stuck? The finished code is `{page}`{diff}.\n")
        }
    }
}
