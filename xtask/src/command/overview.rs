//! `cargo xtask` and `cargo xtask list`: where am I, and what comes next?

use std::io;
use std::path::Path;
use std::process::ExitCode;

use super::start;
use crate::lesson::Work;
use crate::pointer::guide;
use crate::progress::Progress;
use crate::report::human::first_todo;
use course::verdict::Status;
use course::{Step, step_zero, steps};
use terminal::say::{self, FAINT, GOOD, STRONG, paint};
use terminal::width;

/// Columns of the sign before a step, and of the space behind it.
const STATE: usize = 2;

/// Without a command: progress, the next step and the command for it.
pub fn next(root: &Path) -> anyhow::Result<ExitCode> {
    let progress = Progress::open(root)?;
    let mut text = table(&progress);
    match progress.next() {
        Some(step) => {
            if steps()
                .iter()
                .all(|step| progress.of(Work::on(step)).is_none())
            {
                let zero = step_zero();
                text += &format!(
                    "\nNew here? Get to know the nightlight without a network first; nothing is \
                     checked there.\n  read   {}\n  run    cargo xtask run {} --open\n",
                    guide(&zero.chapter),
                    zero.name()
                );
            }
            let begin = match start::is_offered(root, step) {
                true => format!("  begin  cargo xtask start {}\n", step.name()),
                false => String::new(),
            };
            text += &format!(
                "\nNext is {}: {}.\n  read   {}\n{begin}  edit   {}\n  check  cargo xtask check {}\n",
                paint(STRONG, step.name()),
                step.goal,
                guide(&step.chapter),
                sources(root, step),
                step.name()
            );
        }
        None => text += "\nAll steps are done. Your nightlight is on the internet.\n",
    }
    say::out(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// All steps.
pub fn list(root: &Path) -> anyhow::Result<ExitCode> {
    say::out(&table(&Progress::open(root)?))?;
    Ok(ExitCode::SUCCESS)
}

fn table(progress: &Progress) -> String {
    let columns = width::columns(&io::stdout());
    let mut text = String::new();
    for step in steps() {
        let state = match progress.of(Work::on(step)) {
            Some(entry) if entry.status == Status::Pass => paint(GOOD, "✓"),
            Some(_) => "…".to_owned(),
            None => paint(FAINT, "·"),
        };
        let points = match progress.of(Work::on(step)) {
            Some(entry) => format!("{:2} of {:2} points", entry.points, step.max_points()),
            None => format!("      {:2} points", step.max_points()),
        };
        let before = format!("{}  {:10} {points}  ", step.name(), step.title);
        let indent = STATE + before.len();
        let line = width::fitted(
            &format!("{before}{}", step.goal),
            columns.map(|it| it - STATE),
            indent,
        );
        text += &format!("{state} {line}\n");
    }
    text
}

fn sources(root: &Path, step: &Step) -> String {
    let folder = root.join("lessons").join(&step.folder);
    let files = step
        .sources()
        .map(|source| first_todo(&folder.join(source)));
    files.collect::<Vec<_>>().join("\n         ")
}
