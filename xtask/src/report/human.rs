//! Verdicts for people.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use checks::difference::{self, Whose};
use course::verdict::{Outcome, Row, Status, Verdict};
use course::{Step, Todo};
use terminal::say::{BAD, FAINT, GOOD, NOTE, STRONG, paint};
use terminal::workspace::shown;

/// Long sentences are wrapped at this many columns, behind their label.
const WIDTH: usize = 84;

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
    for criterion in &verdict.criteria {
        text += &row(step, criterion, sources);
    }
    text += &summary(verdict);
    if verbose {
        text += &format!("\n{}", verdict.transcript);
    } else if verdict.status != Status::Pass {
        text += &differences(step, verdict);
    }
    text
}

fn heading(step: &Step, verdict: &Verdict) -> String {
    let name = paint(STRONG, format!("{} · {}", step.name(), step.title));
    let broker = match verdict.broker.as_str() {
        "embedded" => String::new(),
        other => format!(", broker {other}"),
    };
    let run = paint(
        FAINT,
        format!("({}, seed {}{broker})", verdict.subject, verdict.seed),
    );
    format!("{name} {run}\n")
}

fn row(step: &Step, row: &Row, sources: &Path) -> String {
    match row.status {
        Outcome::Pass => format!("  {} {}\n", paint(GOOD, "✓"), row.title),
        Outcome::Skip => paint(FAINT, format!("  · {} (not seen yet)", row.title)) + "\n",
        Outcome::Fail => {
            let mut text = format!("  {} {}\n", paint(BAD, "✗"), paint(STRONG, &row.title));
            let todo = step
                .criterion(&row.id)
                .and_then(|asked| asked.todo.as_ref());
            let told = [
                ("expected", row.expected.clone()),
                ("but saw", row.actual.clone()),
                ("hint", row.hint.clone()),
                ("look at", todo.and_then(|todo| place(sources, todo))),
                (
                    "read",
                    row.chapter
                        .as_ref()
                        .map(|chapter| format!("book/src/{chapter}")),
                ),
            ];
            for (label, words) in told {
                text += &words.map_or_else(String::new, |words| labelled(label, &words));
            }
            text
        }
    }
}

/// A label, and words that stay to its right when they take several lines.
pub fn labelled(label: &str, words: &str) -> String {
    let lines: Vec<String> = words
        .lines()
        // A path that is broken in two opens nothing.
        .flat_map(|line| match label {
            "look at" | "read" => vec![line.to_owned()],
            _ => textwrap::wrap(line, WIDTH)
                .into_iter()
                .map(Into::into)
                .collect(),
        })
        .collect();
    let indent = format!("\n{:15}", "");
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

/// What a solution's run looks like where this one does not, by scene and lane.
fn differences(step: &Step, verdict: &Verdict) -> String {
    let mut text = String::new();
    for differing in difference::from_the_solution(step, &verdict.transcript) {
        let _ = writeln!(text, "  {}", differing.heading);
        for (whose, line) in differing.lines {
            let _ = match whose {
                Whose::Both => writeln!(text, "    {}", paint(FAINT, line)),
                Whose::Solution => writeln!(text, "  {} {line}", paint(GOOD, "-")),
                Whose::Program => writeln!(text, "  {} {line}", paint(BAD, "+")),
            };
        }
    }
    if text.is_empty() {
        return text;
    }
    let heading = "What was seen (+), and what a solution does (-):";
    format!("\n{}\n{text}", paint(FAINT, heading))
}
