//! `grades.csv`: one line a learner, for any spreadsheet.

use std::io;

use crate::class::Class;
use crate::sheets::Dialect;
use crate::text;

/// Writes the table. A step that could not be graded stays blank, and so does the total then.
///
/// # Errors
/// When `to` cannot be written.
pub fn grades(class: &Class, dialect: Dialect, to: impl io::Write) -> Result<(), csv::Error> {
    let mut table = dialect.table(to)?;
    let steps = class
        .steps
        .iter()
        .map(|step| text::cell(&format!("{} ({})", step.title, text::points(step.points))));
    let last = ["assignment", "total", "remarks"].map(str::to_owned);
    table.write_record(["learner".to_owned()].into_iter().chain(steps).chain(last))?;
    for learner in &class.learners {
        let number = |points: Option<f64>| {
            points
                .map(|points| dialect.points(points))
                .unwrap_or_default()
        };
        let steps = class.steps.iter().map(|step| number(learner.points(step)));
        let assignment = number(learner.scores.as_ref().map(crate::class::Scores::total));
        let total = number(learner.total(&class.steps));
        let remarks = text::cell(&learner.remarks(&class.steps).join("; "));
        let row = [text::cell(&learner.name)]
            .into_iter()
            .chain(steps)
            .chain([assignment, total, remarks]);
        table.write_record(row)?;
    }
    table.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::examples::class;

    #[test]
    fn blanks_zeroes_and_formulas_are_told_apart() {
        let mut written = Vec::new();
        grades(&class(), Dialect::default(), &mut written).expect("written");
        let text = String::from_utf8(written).expect("text");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "\u{feff}learner,Connect (10),Telemetry (20),assignment,total,remarks"
        );
        assert_eq!(lines[2], "ada,10,20,,30,");
        assert_eq!(lines[3], "bob,5,0,,5,step2: not handed in");
        assert_eq!(lines[4], "eve,10,,,,step2: could not be graded (our error)");
        assert!(lines[1].starts_with("'=cmd()"), "{}", lines[1]);
        assert!(!text.contains('\u{1b}'));
    }
}
