//! What a solution's run looks like where another one does not.

use std::time::Duration;

use course::Step;
use course::transcript::{self, Section};
use similar::{ChangeTag, TextDiff};

/// How many equal lines are shown before and after a difference.
const CONTEXT: usize = 2;

/// After so long the difference need not be the shortest any more.
const LONGEST: Duration = Duration::from_millis(200);

/// A section in which the two differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differing {
    /// The section's heading.
    pub heading: String,
    /// What stands in one of them or both, in order.
    pub lines: Vec<(Whose, String)>,
}

/// Who has a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Both.
    Both,
    /// Only the solution.
    Solution,
    /// Only the program that was checked.
    Program,
}

/// Where a run differs from that of the step's solution, section by section. What programs print
/// is theirs to say, and does not count.
pub fn from_the_solution(step: &Step, transcript: &str) -> Vec<Differing> {
    let solution = transcript::parse(step.transcript);
    let seen = transcript::parse(transcript);
    let wanted = seen
        .iter()
        .filter(|section| section.kind() != crate::transcript::CONSOLE);
    let differing = wanted.filter_map(|section| {
        let expected = solution
            .iter()
            .find(|known| known.heading == section.heading)?;
        let lines = lines(&expected.lines, section);
        (!lines.is_empty()).then(|| Differing {
            heading: section.heading.to_owned(),
            lines,
        })
    });
    differing.collect()
}

fn lines(expected: &[&str], seen: &Section<&str>) -> Vec<(Whose, String)> {
    let mut diff = TextDiff::configure();
    // Of two that have nothing in common the shortest difference takes hours, and says no more.
    diff.timeout(LONGEST);
    let diff = diff.diff_slices(expected, &seen.lines);
    let groups = diff.grouped_ops(CONTEXT);
    let changes = groups
        .iter()
        .flatten()
        .flat_map(|operation| diff.iter_changes(operation));
    changes
        .map(|change| {
            let whose = match change.tag() {
                ChangeTag::Equal => Whose::Both,
                ChangeTag::Delete => Whose::Solution,
                ChangeTag::Insert => Whose::Program,
            };
            (whose, change.value().to_owned())
        })
        .collect()
}
