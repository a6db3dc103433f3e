//! The class as a table for the terminal.

use course::verdict::Status;
use course::wording::counted;
use grading::class::{Cell, Class, Learner, Step};
use grading::text;
use terminal::say::{BAD, FAINT, GOOD, STRONG, paint};

/// Maximum length of a shown name, in characters.
const NAME: usize = 32;
/// Wide enough for `step1` and three digits with two decimals.
const COLUMN: usize = 8;

/// A line a learner: points by step, the total, and what else is to be said.
pub fn table(class: &Class) -> String {
    let names: Vec<String> = class.learners.iter().map(name).collect();
    let width = names
        .iter()
        .map(|name| name.chars().count())
        .chain(["learner".len()])
        .max()
        .unwrap_or(NAME);
    let mut heading = format!("{:width$}", "learner");
    for step in &class.steps {
        heading += &format!("{:>COLUMN$}", step.name);
    }
    let mut text = format!(
        "{}\n",
        paint(STRONG, format!("{heading}{:>COLUMN$}", "total"))
    );
    for (name, learner) in names.iter().zip(&class.learners) {
        text += &format!("{name:width$}");
        for step in &class.steps {
            text += &cell(learner, step);
        }
        let total = learner.total(&class.steps);
        let total = total.map_or_else(|| "?".to_owned(), text::points);
        text += &format!("{total:>COLUMN$}{}\n", remarks(learner, &class.steps));
    }
    text
}

/// A line for each entry of the folder that is in no row, and for who withdrew.
pub fn without_a_row(class: &Class, anonymous: bool) -> String {
    const MOST: usize = 20;
    let count = class.aside.len() + class.withdrawn.len();
    if anonymous && count > 0 {
        let entries = counted(count, "entry; its name is", "entries; their names are");
        return format!("No row for {entries} shown without --anonymous.\n");
    }
    let aside = class
        .aside
        .iter()
        .map(|aside| (&aside.entry, aside.why.as_str()));
    let withdrawn = class
        .withdrawn
        .iter()
        .map(|name| (name, "graded before, and not in the folder any more"));
    let all: Vec<_> = aside.chain(withdrawn).collect();
    let mut text = String::new();
    for (name, why) in all.iter().take(MOST) {
        text += &format!("No row for {}: {}\n", text::cell(name), text::cell(why));
    }
    if all.len() > MOST {
        let more = all.len() - MOST;
        text += &format!("No row for {more} more; overview.html lists them.\n");
    }
    text
}

fn name(learner: &Learner) -> String {
    text::plain(&learner.name)
        .replace(['\n', '\t'], " ")
        .chars()
        .take(NAME)
        .collect()
}

fn cell(learner: &Learner, step: &Step) -> String {
    let points = learner.points(step);
    let words = points.map_or_else(|| "?".to_owned(), text::points);
    let style = match learner.cell(&step.name) {
        Cell::Graded(verdict) if verdict.status == Status::Pass => GOOD,
        Cell::Graded(_) => BAD,
        Cell::Missing | Cell::OurError(_) | Cell::Open => FAINT,
    };
    paint(style, format!("{words:>COLUMN$}"))
}

/// Remarks on missing, late and ungraded steps.
fn remarks(learner: &Learner, steps: &[Step]) -> String {
    let mut remarks = Vec::new();
    if let Some(submission) = &learner.submission {
        let refused = submission.refused.len() + submission.refused_more;
        if refused > 0 {
            remarks.push(counted(refused, "file not taken", "files not taken"));
        }
    }
    let said = learner.remarks(steps);
    remarks.extend(said.iter().map(|words| text::cell(words)));
    if remarks.is_empty() {
        return String::new();
    }
    format!("  {}", paint(FAINT, remarks.join("; ")))
}
