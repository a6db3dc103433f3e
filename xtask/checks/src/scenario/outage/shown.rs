//! What a server has printed of what it was told. In which words it shows a reading is free, but in
//! the same ones each time.

use std::collections::HashSet;

use arena::record::Entry;

use crate::findings::shown::{Form, numbers};
use crate::queries;

/// The levels that lines of one form show, in order.
#[derive(Debug)]
struct Lines {
    form: Form,
    levels: Vec<u64>,
}

/// A line in which no digits of a run are taken for a number.
pub(super) fn without_runs(line: &str, runs: &HashSet<String>) -> String {
    let without = |line: String, run: &String| line.replace(run.as_str(), "run");
    runs.iter().fold(line.to_owned(), without)
}

/// What was printed, sorted by how it was.
#[derive(Debug, Default)]
pub(super) struct Shown(Vec<Lines>);

impl Shown {
    /// Looks for `levels`, of which no two are alike.
    pub fn of(entries: &[Entry], levels: &HashSet<u64>, runs: &HashSet<String>) -> Self {
        let mut shown = Self::default();
        for (stream, line) in queries::printed(entries) {
            // Some show the whole message, too: that is no line of its own for each.
            if line.contains("readings") {
                continue;
            }
            let line = without_runs(line, runs);
            let known = numbers(&line).filter(|(_, _, number)| levels.contains(number));
            let known: Vec<u64> = known.map(|(_, _, level)| level).collect();
            for level in known {
                let short = u16::try_from(level).unwrap_or_default();
                if let Some(form) = Form::of(stream, &line, short) {
                    shown.note(form, level);
                }
            }
        }
        shown
    }

    fn note(&mut self, form: Form, level: u64) {
        match self.0.iter_mut().find(|lines| lines.form == form) {
            Some(lines) => lines.levels.push(level),
            None => self.0.push(Lines {
                form,
                levels: vec![level],
            }),
        }
    }

    /// Whether there are lines that show just these, in this order.
    pub fn is(&self, expected: &[u64]) -> bool {
        expected.is_empty() || self.0.iter().any(|lines| lines.levels == expected)
    }

    /// Whether there are lines that show all of these, whatever else.
    pub fn has_all(&self, expected: &[u64]) -> bool {
        let all = |lines: &Lines| {
            let seen: HashSet<u64> = lines.levels.iter().copied().collect();
            expected.iter().all(|level| seen.contains(level))
        };
        expected.is_empty() || self.0.iter().any(all)
    }

    /// What comes nearest to what was expected: the lines that show most of it.
    pub fn best(&self, expected: &[u64]) -> Vec<u64> {
        let wanted: HashSet<u64> = expected.iter().copied().collect();
        let fits = |lines: &&Lines| {
            let seen: HashSet<u64> = lines.levels.iter().copied().collect();
            seen.intersection(&wanted).count()
        };
        let best = self.0.iter().max_by_key(fits);
        best.map(|lines| lines.levels.clone()).unwrap_or_default()
    }
}

/// What is wrong with what was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It should be there, and is not.
    Missing(u64),
    /// It is there once more.
    Twice(u64),
    /// It is there, and should not be.
    Stale(u64),
    /// It stands before one that comes before it.
    Order(u64),
}

/// Where what was shown parts from what should have been.
pub(super) fn difference(shown: &[u64], expected: &[u64]) -> Option<Wrong> {
    let times = |list: &[u64], level: u64| list.iter().filter(|it| **it == level).count();
    let is_twice = |level: &&u64| times(shown, **level) > times(expected, **level).max(1);
    if let Some(twice) = shown.iter().find(is_twice) {
        return Some(Wrong::Twice(*twice));
    }
    let seen: HashSet<u64> = shown.iter().copied().collect();
    let wanted: HashSet<u64> = expected.iter().copied().collect();
    if let Some(stale) = shown.iter().find(|level| !wanted.contains(level)) {
        return Some(Wrong::Stale(*stale));
    }
    if let Some(missing) = expected.iter().find(|level| !seen.contains(level)) {
        return Some(Wrong::Missing(*missing));
    }
    let mut pairs = shown.iter().zip(expected);
    pairs
        .find(|(shown, expected)| shown != expected)
        .map(|(shown, _)| Wrong::Order(*shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mistake_is_told_apart() {
        for (shown, wrong) in [
            (&[5, 6, 7][..], None),
            (&[5, 6], Some(Wrong::Missing(7))),
            (&[5, 6, 7, 6], Some(Wrong::Twice(6))),
            (&[5, 6, 7, 9], Some(Wrong::Stale(9))),
            (&[6, 5, 7], Some(Wrong::Order(6))),
        ] {
            assert_eq!(difference(shown, &[5, 6, 7]), wrong);
        }
    }
}
