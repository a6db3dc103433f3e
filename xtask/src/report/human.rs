//! Verdicts for people.
//!
//! The last lines of a report are the ones that a small terminal shows: there stands what to mend
//! first, whole. What else there is comes before it, in short.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use crate::pointer::guide;
use checks::difference::{self, Differing, Whose};
use course::verdict::{Outcome, Row, Status, Verdict};
use course::{Step, Todo};
use terminal::say::{BAD, FAINT, GOOD, NOTE, STRONG, paint};
use terminal::width;
use terminal::workspace::shown;

/// Sentences are wrapped at this many columns, behind their label; at fewer in a narrow terminal.
const WIDTH: usize = 84;
/// What stands to the left of a sentence: its label and the space around it.
const MARGIN: usize = 15;
/// Narrower than this nothing can be read.
const NARROWEST: usize = 24;
/// Lines of one difference that fit above what is to mend, in a terminal of 24.
const FEW: usize = 6;

/// The whole report on one step. `sources` is the step's folder, where TODOs are looked for.
pub fn report(step: &Step, verdict: &Verdict, sources: &Path, verbose: bool) -> String {
    let mut text = heading(step, verdict);
    let message = verdict.message.as_deref().unwrap_or_default();
    match verdict.status {
        Status::CompileError => {
            text += message;
            text += &format!(
                "\n{} It does not compile yet. Begin with the first error above: later ones often \
                 follow from it.\n",
                paint(BAD, "✗")
            );
            return text;
        }
        Status::InfraError => {
            text += &format!(
                "{} This is not your program's fault: {message}\n  Try again; if it stays, run \
                 `cargo xtask check --broker embedded` and report what you see.\n",
                paint(NOTE, "!")
            );
            return text;
        }
        Status::Timeout => {
            text += &format!(
                "{} The check took too long and was ended.\n",
                paint(BAD, "✗")
            );
        }
        Status::Pass | Status::Fail | Status::ResourceLimit => {}
    }
    text += &warnings(verdict);
    if verbose {
        text += &format!("{}\n", verdict.transcript);
    }
    if verdict.status != Status::Pass {
        text += &differences(step, verdict, verbose);
    }
    text += &rows(step, verdict, sources, verbose);
    text + &summary(verdict)
}

fn heading(step: &Step, verdict: &Verdict) -> String {
    let name = paint(STRONG, format!("{} · {}", step.name(), step.title));
    let broker = match verdict.broker.as_str() {
        "embedded" => String::new(),
        other => format!(", broker {other}"),
    };
    let subject = shown(Path::new(&verdict.subject));
    let run = paint(FAINT, format!("({subject}, seed {}{broker})", verdict.seed));
    format!("{name} {run}\n")
}

/// An arm that is never reached, a result that is not used: they explain many a silent failure.
fn warnings(verdict: &Verdict) -> String {
    if verdict.warnings.is_empty() {
        return String::new();
    }
    let heading = paint(FAINT, "The compiler accepts it, and warns:");
    format!("{heading}\n{}\n", verdict.warnings.trim_end())
}

/// What holds, what does not, and at the end the first that does not, with all there is to say.
fn rows(step: &Step, verdict: &Verdict, sources: &Path, verbose: bool) -> String {
    let told = |status: Outcome| {
        let rows = verdict.criteria.iter();
        rows.filter(move |row| row.status == status)
    };
    let whole = verbose || verdict.status == Status::Pass;
    let mut text = String::new();
    match told(Outcome::Pass).count() {
        0 => {}
        _ if whole => {
            for row in told(Outcome::Pass) {
                text += &format!("  {} {}\n", paint(GOOD, "✓"), row.title);
            }
        }
        held => {
            let all = verdict.criteria.len();
            text += &format!("  {} {held} of {all} hold\n", paint(GOOD, "✓"));
        }
    }
    match told(Outcome::Skip).count() {
        0 => {}
        _ if whole => {
            for row in told(Outcome::Skip) {
                text += &(paint(FAINT, format!("  · {} (not seen yet)", row.title)) + "\n");
            }
        }
        hidden => {
            let why = "not seen yet: what failed came before";
            text += &(paint(FAINT, format!("  · {hidden} {why}")) + "\n");
        }
    }
    let mut failed = verdict.failed();
    let first = failed.next();
    for row in failed {
        text += &if whole {
            failure(step, row, sources)
        } else {
            let saw = row.actual.iter().map(|saw| labelled("but saw", saw));
            format!("{}{}", title(row), saw.collect::<String>())
        };
    }
    text + &first.map_or_else(String::new, |row| failure(step, row, sources))
}

fn title(row: &Row) -> String {
    format!("  {} {}\n", paint(BAD, "✗"), paint(STRONG, &row.title))
}

fn failure(step: &Step, row: &Row, sources: &Path) -> String {
    let todo = step
        .criterion(&row.id)
        .and_then(|asked| asked.todo.as_ref());
    let told = [
        ("expected", row.expected.clone()),
        ("but saw", row.actual.clone()),
        ("hint", row.hint.clone()),
        ("look at", todo.and_then(|todo| place(sources, todo))),
        ("read", row.chapter.as_deref().map(guide)),
    ];
    let mut text = title(row);
    for (label, words) in told {
        text += &words.map_or_else(String::new, |words| labelled(label, &words));
    }
    text
}

/// How wide a sentence may be behind its label.
fn width() -> usize {
    let columns = width::columns(&io::stdout()).unwrap_or(usize::MAX);
    columns.saturating_sub(MARGIN).clamp(NARROWEST, WIDTH)
}

/// A label, and words that stay to its right when they take several lines.
pub fn labelled(label: &str, words: &str) -> String {
    let lines: Vec<String> = words
        .lines()
        // A path that is broken in two opens nothing.
        .flat_map(|line| match label {
            "look at" | "read" => vec![line.to_owned()],
            _ => textwrap::wrap(line, width())
                .into_iter()
                .map(Into::into)
                .collect(),
        })
        .collect();
    let indent = format!("\n{:MARGIN$}", "");
    format!(
        "      {} {}\n",
        paint(NOTE, format!("{label:8}")),
        lines.join(&indent)
    )
}

/// The TODO with the lowest number that is left in a source file, as `file:line`; the file alone
/// when none is.
pub fn first_todo(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let todos = text.lines().enumerate().filter_map(|(line, text)| {
        let (number, _) = text.split_once("// TODO ")?.1.split_once(':')?;
        Some((number.parse::<u8>().ok()?, line + 1))
    });
    match todos.min() {
        Some((_, line)) => format!("{}:{line}", shown(file)),
        None => shown(file),
    }
}

/// Where the TODO stands, if it is still there: `file:line`, which terminals and editors open.
pub fn place(sources: &Path, todo: &Todo) -> Option<String> {
    let file = sources.join(&todo.file);
    let text = fs::read_to_string(&file).ok()?;
    let mark = format!("TODO {}:", todo.number);
    let line = text.lines().position(|line| line.contains(&mark))? + 1;
    Some(format!("{}:{line} (TODO {})", shown(&file), todo.number))
}

fn summary(verdict: &Verdict) -> String {
    let points = format!("{} of {} points", verdict.points, verdict.max_points);
    let style = match verdict.status {
        Status::Pass => GOOD,
        _ => BAD,
    };
    format!("  {}\n", paint(style.bold(), points))
}

/// Where a solution's run looks otherwise: the first place and as much of it as is quickly read, or
/// all of them.
fn differences(step: &Step, verdict: &Verdict, whole: bool) -> String {
    let differing = difference::from_the_solution(step, &verdict.transcript);
    if differing.is_empty() {
        return String::new();
    }
    let (places, lines, more) = match whole {
        true => (differing.len(), usize::MAX, ""),
        false => (1, FEW, " All of it: --verbose."),
    };
    let heading = format!("What was seen (+), and what a solution does (-).{more}");
    let mut text = format!("{}\n", paint(FAINT, heading));
    for place in differing.iter().take(places) {
        text += &difference(place, lines);
    }
    text
}

fn difference(place: &Differing, most: usize) -> String {
    let mut text = format!("  {}\n", place.heading);
    for (whose, line) in place.lines.iter().take(most) {
        let _ = match whose {
            Whose::Both => writeln!(text, "    {}", paint(FAINT, line)),
            Whose::Solution => writeln!(text, "  {} {line}", paint(GOOD, "-")),
            Whose::Program => writeln!(text, "  {} {line}", paint(BAD, "+")),
        };
    }
    if place.lines.len() > most {
        text += "    …\n";
    }
    text
}
