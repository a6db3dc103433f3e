//! `cargo xtask puzzle`: somebody else's program, with one mistake to find and mend.

mod desk;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use checks::corpus::puzzle::{self, Puzzle};
use checks::subject::Subject;
use course::verdict::Status;
use desk::Files;
pub use desk::place;
use terminal::say::{self, FAINT, GOOD, STRONG, paint};
use terminal::workspace::shown;

use super::check;
use crate::cli::{Check, Format};
use crate::lesson::{PUZZLE as NAME, Work};
use crate::progress::Progress;

/// A line of the list is broken at this many columns.
const WIDTH: usize = 84;

/// Whether this check is one of the puzzle that lies there.
pub fn is_meant(arguments: &Check) -> bool {
    let named = arguments.step.as_deref() == Some(NAME);
    named && !arguments.solutions && arguments.subject.is_none() && !arguments.mutants
}

/// All puzzles of the steps that are done, and which are solved.
pub fn list(root: &Path) -> anyhow::Result<ExitCode> {
    let puzzles = all(root)?;
    let progress = Progress::open(root)?;
    let there = desk::there(root);
    let mut text = String::new();
    let (open, locked): (Vec<_>, Vec<_>) = (1..)
        .zip(&puzzles)
        .partition(|(_, puzzle)| progress.is_done(puzzle.step));
    for (number, puzzle) in &open {
        let state = if progress.is_solved(&puzzle.name) {
            paint(GOOD, "✓")
        } else if there == Some(*number) {
            "…".to_owned()
        } else {
            paint(FAINT, "·")
        };
        let mut line = symptom(puzzle);
        if there == Some(*number) {
            line += &format!(" It is in {}.", shown(&desk::place(root)));
        }
        let line = textwrap::wrap(&line, WIDTH).join("\n             ");
        text += &format!("{state} {number:2}  {}  {line}\n", puzzle.step.name());
    }
    if !locked.is_empty() {
        let steps: BTreeSet<_> = locked
            .iter()
            .map(|(_, puzzle)| puzzle.step.name())
            .collect();
        let steps: Vec<_> = steps.into_iter().collect();
        let more = if open.is_empty() { "" } else { " more" };
        let few = format!(
            "{}{more} to come, once their steps have passed: {}.",
            locked.len(),
            steps.join(", ")
        );
        text += &(paint(FAINT, few) + "\n");
    }
    let next = open
        .iter()
        .find(|(_, puzzle)| !progress.is_solved(&puzzle.name));
    text += &match (next, progress.next()) {
        (Some((number, _)), _) => format!(
            "\nEach is a program with one mistake: find it and mend it. Next:\n  cargo xtask puzzle \
             {number}\n"
        ),
        (None, Some(step)) if !locked.is_empty() => format!(
            "\nEach is a program with one mistake, to be found and mended. First:\n  cargo xtask \
             check {}\n",
            step.name()
        ),
        _ => "\nYou have solved them all.\n".to_owned(),
    };
    say::out(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Puts a puzzle into the learner's folder. What somebody has worked on there is saved first.
pub fn lay_out(root: &Path, number: usize) -> anyhow::Result<ExitCode> {
    let puzzles = all(root)?;
    let puzzle = find(&puzzles, number)?;
    let step = puzzle.step.name();
    if !Progress::open(root)?.is_done(puzzle.step) {
        bail!(
            "puzzle {number} is a program of {step}, and would give that away: your own has to pass \
             first. `cargo xtask check {step}`"
        );
    }
    let given = given(root, puzzle)?;
    if desk::there(root) == Some(number) && !desk::is_untouched(root, &given)? {
        say::out(&format!(
            "Puzzle {number} is in {} already, with your changes. Go on with it:\n{}To begin anew: \
             cargo xtask reset {NAME}\n",
            shown(&desk::place(root)),
            commands(root, &given)
        ))?;
        return Ok(ExitCode::SUCCESS);
    }
    let saved = make_room(root, &puzzles)?;
    desk::write(root, number, &readme(root, puzzle), &given)?;
    say::out(&format!(
        "{saved}{}\n{}\n\n{}\n{ADVICE}\n{}",
        paint(STRONG, format!("Puzzle {number} · {step}")),
        textwrap::fill(&symptom(puzzle), WIDTH),
        puzzle.seen(root),
        commands(root, &given)
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Puts the mistake back.
pub fn reset(root: &Path) -> anyhow::Result<ExitCode> {
    let puzzles = all(root)?;
    let (number, puzzle) = there(root, &puzzles)?;
    let saved = make_room(root, &puzzles)?;
    let given = given(root, puzzle)?;
    desk::write(root, number, &readme(root, puzzle), &given)?;
    say::out(&format!("{saved}Puzzle {number} is as it was given.\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// Checks the puzzle that lies there, as any program of its step.
pub async fn check(root: &Path, arguments: &Check) -> anyhow::Result<ExitCode> {
    let puzzles = all(root)?;
    let (_, puzzle) = there(root, &puzzles)?;
    let given = given(root, puzzle)?;
    let subject = Subject::Folder(desk::place(root));
    let steps = vec![puzzle.step];
    let ended = check::tell(root, arguments, &subject, steps, Some(&puzzle.name)).await?;
    let told = match ended.as_slice() {
        [Status::Pass] => solved(root, puzzle)?,
        _ => format!("{}\n", commands(root, &given)),
    };
    if arguments.format == Format::Human {
        say::out(&told)?;
    }
    Ok(check::worst(&ended))
}

/// Remembers that it is solved, and says what was wrong.
pub fn solved(root: &Path, puzzle: &Puzzle) -> anyhow::Result<String> {
    let kept = Progress::open(root).and_then(|mut progress| progress.solved(&puzzle.name));
    if let Err(error) = kept.context("your progress is not kept") {
        say::note(&error);
    }
    Ok(format!(
        "  Solved! What was wrong: {}\n  More of them: cargo xtask puzzle\n\n",
        puzzle.broken(root)?.cause
    ))
}

/// The puzzle that lies in the folder.
///
/// # Errors
/// When there is none.
pub fn at_hand(root: &Path) -> anyhow::Result<Puzzle> {
    let puzzles = all(root)?;
    let (_, puzzle) = there(root, &puzzles)?;
    Ok(puzzle.clone())
}

/// As what a learner works on.
pub fn work(puzzle: &Puzzle) -> Work<'_> {
    Work {
        step: puzzle.step,
        puzzle: Some(&puzzle.name),
    }
}

const ADVICE: &str = "It is a finished program with one mistake. Say what should have come instead, \
                      and look for\nthe line that is to blame, before you check: the check's hint \
                      is nearly the answer.\n";

fn all(root: &Path) -> anyhow::Result<Vec<Puzzle>> {
    if !puzzle::are_here(root) {
        bail!(
            "this copy of the kit has no programs to mend. Who hands it out decides that, with \
             `cargo xtask handout DIR --puzzles`"
        );
    }
    puzzle::all(root)
}

fn find(puzzles: &[Puzzle], number: usize) -> anyhow::Result<&Puzzle> {
    let found = number.checked_sub(1).and_then(|index| puzzles.get(index));
    found.with_context(|| {
        format!(
            "there is no puzzle {number}. There are {}: `cargo xtask puzzle` lists them",
            puzzles.len()
        )
    })
}

fn symptom(puzzle: &Puzzle) -> String {
    puzzle.symptom.replace('*', "")
}

/// What lies beside the sources.
fn readme(root: &Path, puzzle: &Puzzle) -> String {
    format!(
        "{}\n\n```text\n{}```\n\n{ADVICE}\n- check it: `cargo xtask check {NAME}`; or each time you save: `cargo xtask watch {NAME}`\n- when \
         you are stuck: `cargo xtask hint {NAME}`\n- put the mistake \
         back: `cargo xtask reset {NAME}`\n- all puzzles: `cargo xtask {NAME}`\n",
        puzzle.symptom,
        puzzle.seen(root)
    )
}

/// What to do now.
fn commands(root: &Path, given: &Files) -> String {
    let files = given
        .keys()
        .map(|file| shown(&desk::place(root).join(file)));
    let files: Vec<_> = files.collect();
    format!(
        "  edit   {}\n  check  cargo xtask check {NAME}\n  stuck  cargo xtask hint {NAME}\n",
        files.join("\n         ")
    )
}

/// The sources as they are given.
fn given(root: &Path, puzzle: &Puzzle) -> anyhow::Result<Files> {
    let sources = puzzle.broken(root)?.sources.into_iter();
    let within = |file: String| format!("{}/{file}", puzzle.step.folder);
    Ok(sources.map(|(file, text)| (within(file), text)).collect())
}

/// The puzzle that lies in the folder, and its number.
fn there<'a>(root: &Path, puzzles: &'a [Puzzle]) -> anyhow::Result<(usize, &'a Puzzle)> {
    let number = desk::there(root).context(
        "there is no puzzle in lessons/puzzle. `cargo xtask puzzle` lists those that you can have",
    )?;
    Ok((number, find(puzzles, number)?))
}

/// Empties the folder, and says where to find what somebody has worked on there.
fn make_room(root: &Path, puzzles: &[Puzzle]) -> anyhow::Result<String> {
    let known = there(root, puzzles).ok();
    let given = known.map(|(_, puzzle)| given(root, puzzle)).transpose()?;
    let saved = desk::clear(root, given.as_ref())?;
    Ok(saved.map_or_else(String::new, |saved| {
        let folder = desk::place(root);
        format!(
            "What was in {} is now in {}.\n\n",
            shown(&folder),
            shown(&saved)
        )
    }))
}
