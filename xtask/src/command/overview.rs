//! `cargo xtask` and `cargo xtask list`: where am I, and what comes next?

use std::path::Path;
use std::process::ExitCode;

use crate::course::{STEPS, Step};
use crate::progress::Progress;
use crate::report::say::{self, FAINT, GOOD, STRONG, paint};

/// Without a command: progress, the next step and the command for it.
pub fn next(root: &Path) -> anyhow::Result<ExitCode> {
    let progress = Progress::open(root)?;
    let mut text = table(&progress);
    match progress.next() {
        Some(step) => {
            text += &format!(
                "\nNext is {}: {}.\n  read   book/src/{}\n  edit   {}\n  check  cargo xtask check {}\n",
                paint(STRONG, step.name()),
                step.goal,
                step.chapter,
                sources(step),
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
    let mut text = String::new();
    for step in STEPS {
        let state = match progress.of(step) {
            Some(entry) if entry.passed => paint(GOOD, "✓"),
            Some(_) => "…".to_owned(),
            None => paint(FAINT, "·"),
        };
        let points = match progress.of(step) {
            Some(entry) => format!("{:2} of {} points", entry.points, step.max_points()),
            None => paint(FAINT, format!("   {:2} points", step.max_points())),
        };
        text += &format!(
            "{state} {}  {:10} {points:16} {}\n",
            step.name(),
            step.title,
            step.goal
        );
    }
    text
}

fn sources(step: &Step) -> String {
    let files = step.programs.iter().map(|program| program.source);
    let files: Vec<String> = files
        .map(|file| format!("lessons/{}/{file}", step.folder))
        .collect();
    files.join(", ")
}
