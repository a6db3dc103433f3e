//! JUnit XML: a suite a learner, a test case a criterion.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use crate::class::{Cell, Class, Learner, Step};
use crate::text;
use course::verdict::{Outcome, Row, Verdict};

/// The class as JUnit XML.
///
/// # Errors
/// Never in practice: the text is escaped and stripped.
pub fn junit(class: &Class) -> Result<String, SerializeError> {
    let mut report = Report::new("nightlight");
    for learner in &class.learners {
        let mut suite = TestSuite::new(text::plain(&learner.name));
        for step in &class.steps {
            suite.add_test_cases(cases(learner, step));
        }
        report.add_test_suite(suite);
    }
    report.to_string()
}

fn cases(learner: &Learner, step: &Step) -> Vec<TestCase> {
    let reason = learner.reason(&step.name).unwrap_or_default();
    match learner.cell(&step.name) {
        Cell::Graded(verdict) if verdict.criteria.is_empty() => {
            vec![whole(
                step,
                NonSuccessKind::Failure,
                &reason,
                verdict.message.as_deref(),
            )]
        }
        Cell::Graded(verdict) => verdict
            .criteria
            .iter()
            .map(|criterion| case(step, verdict, criterion))
            .collect(),
        Cell::Missing => vec![whole(step, NonSuccessKind::Failure, &reason, None)],
        Cell::OurError(verdict) => {
            vec![whole(
                step,
                NonSuccessKind::Error,
                &reason,
                verdict.message.as_deref(),
            )]
        }
        Cell::Open => vec![named(step, "check", TestCaseStatus::skipped())],
    }
}

fn case(step: &Step, verdict: &Verdict, criterion: &Row) -> TestCase {
    let status = match criterion.status {
        Outcome::Pass => TestCaseStatus::success(),
        Outcome::Skip => TestCaseStatus::skipped(),
        Outcome::Fail => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status
                .set_message(text::plain(&criterion.title))
                .set_type(criterion.id.as_str());
            let said = [
                ("expected", &criterion.expected),
                ("actual", &criterion.actual),
                ("hint", &criterion.hint),
            ];
            let said = said
                .into_iter()
                .filter_map(|(name, words)| Some(format!("{name}: {}", words.as_ref()?)));
            status.set_description(text::plain(&said.collect::<Vec<_>>().join("\n")));
            status
        }
    };
    let mut case = named(step, &criterion.id, status);
    // The scenes of a step decide all its criteria in one run.
    let share = verdict.timings.run_ms / verdict.criteria.len().max(1) as u64;
    case.set_time(Duration::from_millis(share));
    case
}

fn whole(step: &Step, kind: NonSuccessKind, message: &str, words: Option<&str>) -> TestCase {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(text::plain(message));
    if let Some(words) = words {
        status.set_description(text::plain(words));
    }
    named(step, "check", status)
}

fn named(step: &Step, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(text::plain(name), status);
    case.set_classname(text::plain(&step.name));
    case
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::examples::class;

    #[test]
    fn failures_errors_and_hostile_words_are_told_apart() {
        let xml = junit(&class()).expect("XML");
        assert!(
            xml.contains("<error message=\"could not be graded (our error)\""),
            "{xml}"
        );
        assert!(xml.contains("<failure message=\"not handed in\""), "{xml}");
        assert!(xml.contains("expected: led_on true"), "{xml}");
        assert!(!xml.contains("<script"), "{xml}");
        assert!(!xml.contains('\u{1b}'), "{xml}");
    }
}
