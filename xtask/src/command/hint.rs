//! `cargo xtask hint`: what the check found, then the task, then what the guide says of it.

use std::path::Path;
use std::process::ExitCode;

use super::puzzle;
use crate::hints;
use crate::lesson::{PUZZLE, Work};
use crate::pointer::guide;
use crate::progress::{Entry, Failure, Progress};
use course::Criterion;
use course::Step;
use course::verdict::Status;
use terminal::say;

pub fn run(root: &Path, name: Option<&str>) -> anyhow::Result<ExitCode> {
    if name == Some(PUZZLE) {
        let puzzle = puzzle::at_hand(root)?;
        say::out(&text(root, puzzle::work(&puzzle))?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let step = Progress::open(root)?.at(name)?;
    say::out(&text(root, Work::on(step))?)?;
    Ok(ExitCode::SUCCESS)
}

/// The next hint on what the last check of these sources failed first.
pub fn text(root: &Path, work: Work) -> anyhow::Result<String> {
    let mut progress = Progress::open(root)?;
    let Some(entry) = progress.of(work) else {
        return Ok(format!(
            "These sources have not been checked yet. `cargo xtask check {}` says what to look at, \
             and then there is a hint for it.\n",
            work.name()
        ));
    };
    let Some((criterion, failure)) = first_failure(work.step, entry) else {
        return Ok(without_failure(work, entry.status));
    };
    let level = (entry.hints + 1).min(hints::LEVELS);
    let text = hints::text(root, work, criterion, failure, level) + &more(root, work, level);
    progress.hinted(work)?;
    Ok(text)
}

/// What to say when no criterion has failed.
fn without_failure(work: Work, status: Status) -> String {
    let name = work.name();
    match status {
        Status::Pass if work.puzzle.is_some() => {
            "The puzzle is solved: there is nothing to hint at. More of them: cargo xtask puzzle\n"
                .to_owned()
        }
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

fn first_failure<'a>(step: &'a Step, entry: &'a Entry) -> Option<(&'a Criterion, &'a Failure)> {
    let failure = entry.failed.first()?;
    Some((step.criterion(&failure.criterion)?, failure))
}

/// What comes next.
fn more(root: &Path, work: Work, level: usize) -> String {
    let has_solutions = root.join("solutions").is_dir();
    let step = work.step;
    match level {
        1 => "\nWhat would make the difference? Ask again, and you get the task in other words.\n"
            .to_owned(),
        2 => "\nAsk again for all that the guide says of it.\n".to_owned(),
        // Its finished code would be the answer, and theirs has passed.
        _ if work.puzzle.is_some() => format!(
            "\nStill stuck? Compare it with your own program, in {}.\n",
            Work::on(step).folder().display()
        ),
        _ => {
            let page = guide(&step.finished());
            let diff = format!(", or compare: `cargo xtask diff {}`", step.name());
            let diff = if has_solutions { diff.as_str() } else { "" };
            format!("\nStill stuck? The finished code is `{page}`{diff}.\n")
        }
    }
}
