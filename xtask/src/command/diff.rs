//! `cargo xtask diff`: the learner's sources beside the solution's.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use similar::{ChangeTag, DiffOp, TextDiff};

use crate::progress::Progress;
use crate::source;
use course::Step;
use course::starters;
use terminal::say::{self, BAD, FAINT, GOOD, STRONG, paint};

/// How many equal lines are shown around a difference.
const CONTEXT: usize = 2;

pub fn run(root: &Path, name: Option<&str>) -> anyhow::Result<ExitCode> {
    let step = Progress::open(root)?.at(name)?;
    say::out(&text(root, step)?)?;
    Ok(ExitCode::SUCCESS)
}

/// All differences of a step that are more than comments and blank lines.
pub fn text(root: &Path, step: &Step) -> anyhow::Result<String> {
    let solutions = root.join("solutions");
    if !solutions.is_dir() {
        bail!(
            "this copy of the kit has no solutions to compare with. `cargo xtask hint {}` helps",
            step.name()
        );
    }
    let mut text = String::new();
    for name in step.sources() {
        let file = Path::new(&step.folder).join(name);
        let solution = starters::finished(&solutions.join(&file))?;
        let learners = root.join("lessons").join(&file);
        let difference = difference(&source::read(&learners)?, &solution);
        if !difference.is_empty() {
            let heading = format!("lessons/{}", file.display());
            let _ = writeln!(text, "{}\n{difference}", paint(STRONG, heading));
        }
    }
    if text.is_empty() {
        return Ok(format!("{} is the solution, line for line.\n", step.name()));
    }
    let legend = format!(
        "{} yours   {} the solution\n\n",
        paint(BAD, "-"),
        paint(GOOD, "+")
    );
    Ok(legend + &text)
}

fn difference(learners: &str, solution: &str) -> String {
    let diff = TextDiff::from_lines(learners, solution);
    let mut text = String::new();
    for group in diff.grouped_ops(CONTEXT) {
        let changes = || {
            group
                .iter()
                .flat_map(|operation: &DiffOp| diff.iter_changes(operation))
        };
        if changes().all(|change| change.tag() == ChangeTag::Equal || is_quiet(change.value())) {
            continue;
        }
        let line = group
            .first()
            .map_or(0, |operation| operation.old_range().start)
            + 1;
        let _ = writeln!(text, "{}", paint(FAINT, format!("line {line}")));
        for change in changes() {
            let line = change.value().trim_end_matches('\n');
            let _ = match change.tag() {
                ChangeTag::Equal => writeln!(text, "  {}", paint(FAINT, line)),
                ChangeTag::Delete => writeln!(text, "{} {line}", paint(BAD, "-")),
                ChangeTag::Insert => writeln!(text, "{} {line}", paint(GOOD, "+")),
            };
        }
    }
    text
}

/// Comments and blank lines make no difference to what a program does.
fn is_quiet(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with("//")
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn comments_make_no_difference() {
        assert_eq!(difference("// mine\na\n\n", "a\n// theirs\n"), "");
        assert!(difference("a\nb\n", "a\nc\n").contains('b'));
    }
}
