//! Verdicts for people.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use similar::{ChangeTag, TextDiff};

use super::say::{BAD, FAINT, GOOD, NOTE, STRONG, paint};
use crate::criterion::{Criterion, Finding, Judgement, Todo};
use crate::transcript::{self, Kind, Lane};
use crate::verdict::{Status, Verdict};
use crate::workspace::shown;

/// Long sentences are wrapped at this many columns, behind their label.
const WIDTH: usize = 84;

/// How many transcript lines are shown before and after a difference.
const CONTEXT: usize = 2;

/// The whole report on one step. `sources` is the step's folder, where TODOs are looked for.
pub fn report(verdict: &Verdict, sources: &Path, verbose: bool) -> String {
    let mut text = heading(verdict);
    match &verdict.status {
        Status::CompileError(words) => {
            text += words;
            text += &format!(
                "\n{} It does not compile yet. Begin with the first error above: later ones often \
                 follow from it.\n",
                paint(BAD, "✗")
            );
            return text;
        }
        Status::InfraError(words) => {
            text += &format!(
                "{} This is not your program's fault: {words}\n  Try again; if it stays, run \
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
    for (criterion, judgement) in &verdict.rows {
        text += &row(criterion, judgement, sources);
    }
    text += &summary(verdict);
    if verbose {
        text += &format!("\n{}", transcript::text(&verdict.lanes));
    } else if verdict.status != Status::Pass {
        text += &difference(verdict);
    }
    text
}

fn heading(verdict: &Verdict) -> String {
    let step = verdict.step;
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

fn row(criterion: &Criterion, judgement: &Judgement, sources: &Path) -> String {
    match judgement {
        Judgement::Pass => format!("  {} {}\n", paint(GOOD, "✓"), criterion.title),
        Judgement::Skip => paint(FAINT, format!("  · {} (not seen yet)", criterion.title)) + "\n",
        Judgement::Fail(finding) => {
            let mut text = format!("  {} {}\n", paint(BAD, "✗"), paint(STRONG, criterion.title));
            for (label, words) in details(criterion, finding, sources) {
                text += &labelled(label, &words);
            }
            text
        }
    }
}

fn details(
    criterion: &Criterion,
    finding: &Finding,
    sources: &Path,
) -> Vec<(&'static str, String)> {
    let hint = finding.hint.as_deref().unwrap_or(criterion.hint).to_owned();
    let mut details = vec![
        ("expected", finding.expected.clone()),
        ("but saw", finding.actual.clone()),
        ("hint", hint),
    ];
    if let Some(place) = criterion.todo.and_then(|todo| place(sources, todo)) {
        details.push(("look at", place));
    }
    details.push(("read", format!("book/src/{}", criterion.chapter)));
    details
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
pub fn place(sources: &Path, todo: Todo) -> Option<String> {
    let file = sources.join(todo.file);
    let text = fs::read_to_string(&file).ok()?;
    let mark = format!("TODO {}:", todo.number);
    let line = text.lines().position(|line| line.contains(&mark))? + 1;
    Some(format!("{}:{line} (TODO {})", shown(&file), todo.number))
}

fn summary(verdict: &Verdict) -> String {
    let points = format!(
        "{} of {} points",
        verdict.points(),
        verdict.step.max_points()
    );
    match &verdict.status {
        Status::Pass => format!("  {}\n", paint(GOOD.bold(), points)),
        _ => format!("  {}\n", paint(BAD.bold(), points)),
    }
}

/// What a solution's run looks like where this one does not, by scene and lane.
pub fn difference(verdict: &Verdict) -> String {
    let solution = transcript::parse(verdict.step.transcript);
    let mut text = String::new();
    for lane in verdict
        .lanes
        .iter()
        .filter(|lane| lane.kind != Kind::Console)
    {
        let heading = lane.heading();
        let Some((_, expected)) = solution.iter().find(|(known, _)| *known == heading) else {
            continue;
        };
        text += &lane_difference(lane, expected);
    }
    if text.is_empty() {
        return text;
    }
    format!(
        "\n{}\n{text}",
        paint(FAINT, "What was seen (+), and what a solution does (-):")
    )
}

fn lane_difference(lane: &Lane, expected: &[&str]) -> String {
    let seen: Vec<&str> = lane.lines.iter().map(String::as_str).collect();
    let diff = TextDiff::from_slices(expected, &seen);
    let mut text = String::new();
    for group in diff.grouped_ops(CONTEXT) {
        for change in group
            .iter()
            .flat_map(|operation| diff.iter_changes(operation))
        {
            let line = change.value();
            let _ = match change.tag() {
                ChangeTag::Equal => writeln!(text, "    {}", paint(FAINT, line)),
                ChangeTag::Delete => writeln!(text, "  {} {line}", paint(GOOD, "-")),
                ChangeTag::Insert => writeln!(text, "  {} {line}", paint(BAD, "+")),
            };
        }
    }
    if text.is_empty() {
        text
    } else {
        format!("  {}\n{text}", lane.heading())
    }
}
