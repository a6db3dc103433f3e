//! Every command a chapter shows, run.
//!
//! Commands stand in blocks marked `sh`, one on a line, or in the text between backticks, where they
//! begin with `cargo`. `book/commands.toml` says for each how it
//! is proved; a command that is not listed there, and a listed one that no chapter shows, is an
//! error. A listed one with `{step}` in it stands for one command each step: some chapter must show
//! every one.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, bail, ensure};
use course::steps;
use serde::Deserialize;

use crate::folders::Folders;
use crate::markdown;

/// `book/commands.toml`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// Subcommands of `cargo xtask` that the book tells of and the runner does not know yet. One
    /// that it does know is proved like the others.
    #[serde(default)]
    awaited: BTreeSet<String>,
    command: Vec<Shown>,
}

impl Table {
    fn read(text: &str) -> Result<Self> {
        let mut table: Self = toml::from_str(text)?;
        let listed = table.command.into_iter();
        table.command = listed.flat_map(Shown::of_each_step).collect();
        Ok(table)
    }
}

/// One command and its proof.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shown {
    line: String,
    #[serde(flatten)]
    proof: Proof,
}

impl Shown {
    fn of_each_step(self) -> Vec<Self> {
        const STEP: &str = "{step}";
        if !self.line.contains(STEP) {
            return vec![self];
        }
        let lines = steps().iter().map(|step| Self {
            line: self.line.replace(STEP, &step.name()),
            proof: self.proof.clone(),
        });
        lines.collect()
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Proof {
    /// Run it; it ends with one of these exit statuses.
    Ends(Vec<i32>),
    /// It stays, or changes the learner's files: this shorter command with the same parts ends well.
    Instead(String),
    /// It cannot run here, for this reason.
    NotHere(String),
}

/// How many were proved in which way.
pub struct Proved {
    run: usize,
    not_here: usize,
    awaited: BTreeSet<String>,
}

impl fmt::Display for Proved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} commands shown hold, {} need another machine",
            self.run, self.not_here
        )?;
        if !self.awaited.is_empty() {
            let names: Vec<&str> = self.awaited.iter().map(String::as_str).collect();
            write!(
                f,
                "; SKIPPED, the runner does not know them yet: {}",
                names.join(", ")
            )?;
        }
        Ok(())
    }
}

/// Runs them all.
pub fn check(folders: &Folders) -> Result<Proved> {
    let file = folders.book().join("commands.toml");
    let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let table = Table::read(&text).with_context(|| file.display().to_string())?;
    compare(&shown(folders)?, &table)?;
    let mut not_here = 0;
    // Several long commands may have one short proof in common.
    let mut runs = BTreeSet::new();
    for shown in &table.command {
        match &shown.proof {
            Proof::Ends(statuses) => runs.insert((&shown.line, statuses.clone())),
            Proof::Instead(line) => runs.insert((line, vec![0])),
            Proof::NotHere(reason) => {
                ensure!(
                    !reason.trim().is_empty(),
                    "`{}`: why can it not run?",
                    shown.line
                );
                not_here += 1;
                continue;
            }
        };
    }
    let mut problems = Vec::new();
    let mut awaited = BTreeSet::new();
    for (line, error) in failures(folders, &runs) {
        let subcommand = line.split_whitespace().nth(2).unwrap_or_default();
        let problem = format!("{error:#}");
        if table.awaited.contains(subcommand) && problem.contains("unrecognized subcommand") {
            awaited.insert(subcommand.to_owned());
        } else {
            problems.push(problem);
        }
    }
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(Proved {
        run: table.command.len() - not_here,
        not_here,
        awaited,
    })
}

fn shown(folders: &Folders) -> Result<BTreeSet<String>> {
    let mut lines = BTreeSet::new();
    for entry in fs::read_dir(folders.chapters()).context("no chapters")? {
        let path = entry?.path();
        // Pictures lie in a folder among the chapters.
        if path.is_dir() {
            continue;
        }
        let text = fs::read_to_string(path)?;
        for block in markdown::code_blocks(&text) {
            if block.language == "sh" {
                let commands = block.text.lines().map(str::trim);
                lines.extend(commands.filter(|line| !line.is_empty()).map(str::to_owned));
            }
        }
        lines.extend(
            markdown::inline_codes(&text)
                .into_iter()
                .filter(|c| c.starts_with("cargo ")),
        );
    }
    Ok(lines)
}

fn compare(shown: &BTreeSet<String>, table: &Table) -> Result<()> {
    let listed: BTreeSet<String> = table
        .command
        .iter()
        .map(|shown| shown.line.clone())
        .collect();
    let unproved: Vec<&String> = shown.difference(&listed).collect();
    ensure!(
        unproved.is_empty(),
        "not in book/commands.toml: {unproved:?}"
    );
    let unused: Vec<&String> = listed.difference(shown).collect();
    ensure!(
        unused.is_empty(),
        "in book/commands.toml, but in no chapter: {unused:?}"
    );
    Ok(())
}

/// Runs them, several at a time: most of them wait, a check for programs that do too little above all.
fn failures<'a>(
    folders: &Folders,
    runs: &BTreeSet<(&'a String, Vec<i32>)>,
) -> Vec<(&'a str, anyhow::Error)> {
    const AT_ONCE: usize = 4;
    let next = Mutex::new(runs.iter());
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let run_next = next.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((line, statuses)) = run_next else {
                        break;
                    };
                    if let Err(error) = run(folders, line, statuses) {
                        let mut failures = failures.lock().unwrap_or_else(PoisonError::into_inner);
                        failures.push((line.as_str(), error));
                    }
                }
            });
        }
    });
    let mut failures = failures
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    failures.sort_by_key(|(line, _)| *line);
    failures
}

fn run(folders: &Folders, line: &str, statuses: &[i32]) -> Result<()> {
    let mut words = line.split_whitespace();
    let Some(program) = words.next() else {
        bail!("an empty command")
    };
    let output = Command::new(program)
        .args(words)
        .current_dir(folders.root())
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("`{line}` does not start"))?;
    let status = output.status.code();
    let errors = String::from_utf8_lossy(&output.stderr);
    let last = errors
        .lines()
        .rfind(|line| line.starts_with("error"))
        .unwrap_or_default();
    ensure!(
        status.is_some_and(|status| statuses.contains(&status)),
        "`{line}` ended with {status:?} instead of {statuses:?}: {last}"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chapters_and_the_table_name_the_same_commands() {
        let folders = Folders::find().unwrap();
        let text = fs::read_to_string(folders.book().join("commands.toml")).unwrap();
        compare(&shown(&folders).unwrap(), &Table::read(&text).unwrap()).unwrap();
    }

    #[test]
    fn what_stands_for_every_step_must_be_shown_for_every_step() {
        let text = "[[command]]\nline = \"cargo xtask check {step}\"\nends = [0]\n";
        let table = Table::read(text).unwrap();
        let mut shown: BTreeSet<String> = steps()
            .iter()
            .map(|step| format!("cargo xtask check {}", step.name()))
            .collect();
        compare(&shown, &table).unwrap();
        shown.pop_last();
        let error = compare(&shown, &table).unwrap_err().to_string();
        assert!(error.contains("in no chapter"), "{error}");
    }

    #[test]
    fn a_command_that_ends_otherwise_is_an_error() {
        let folders = Folders::find().unwrap();
        run(&folders, "cargo --version", &[0]).unwrap();
        let error = run(&folders, "cargo no-such-command", &[0])
            .unwrap_err()
            .to_string();
        assert!(error.contains("instead of [0]"), "{error}");
    }
}
