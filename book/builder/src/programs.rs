//! The small programs that quizzes ask about: examples of this crate, so that they compile under
//! the same lints as everything else.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::folders::Folders;
use crate::quiz;

/// The program as a learner reads it.
pub fn source(folders: &Folders, program: &str) -> Result<String> {
    let file = folders
        .book()
        .join(format!("builder/examples/{program}.rs"));
    let text =
        fs::read_to_string(&file).with_context(|| format!("no program {}", file.display()))?;
    // The comment for maintainers on top would give the answer away.
    let code = text
        .lines()
        .skip_while(|line| line.starts_with("//!") || line.is_empty());
    Ok(code.collect::<Vec<_>>().join("\n"))
}

/// Runs every program that a quiz asks about and compares what it prints with the right answer.
pub fn check(folders: &Folders) -> Result<usize> {
    let mut checked = 0;
    for quiz in quiz::all(folders)? {
        for question in &quiz.questions {
            let Some(program) = &question.program else {
                continue;
            };
            let printed = run(folders, program)?;
            let right = question.answers.iter().find(|answer| answer.right);
            let claimed = right.map_or("", |answer| answer.say.trim_matches('`'));
            ensure!(
                printed.trim() == claimed,
                "quiz `{}`, question `{}`: the answer says `{claimed}`, the program prints `{}`",
                quiz.name,
                question.id,
                printed.trim()
            );
            checked += 1;
        }
    }
    Ok(checked)
}

fn run(folders: &Folders, program: &str) -> Result<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["run", "--quiet", "--package", "book", "--example", program])
        .current_dir(folders.root())
        .output()
        .context("cargo does not start")?;
    ensure!(
        output.status.success(),
        "the program {program} fails:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
