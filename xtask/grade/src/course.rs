//! What steps are worth and how the written assignment is scored: an instructor's `course.toml`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use course::{Step, steps};
use grading::class::{self, Lateness};
use grading::date;
use grading::import::{Wanted, WantedStep};
use grading::rubric::Comparison;
use serde::Deserialize;
use toml::Table;

/// The written assignment's file in a submission.
const ASSIGNMENT: &str = "assignment.md";

/// The course as an instructor weighs it.
#[derive(Debug)]
pub struct Course {
    /// The steps, in order.
    pub steps: Vec<class::Step>,
    /// The comparisons that a human scores.
    pub comparisons: Vec<Comparison>,
    /// How late work is graded.
    pub lateness: Lateness,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Steps that are worth something else than the course says.
    #[serde(default)]
    points: BTreeMap<String, f64>,
    #[serde(default)]
    assignment: Vec<Assignment>,
    #[serde(default)]
    late: Late,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Late {
    keeps: f64,
    #[serde(default)]
    submissions: Vec<String>,
    due: Option<String>,
}

impl Default for Late {
    fn default() -> Self {
        Self {
            keeps: 1.0,
            submissions: Vec::new(),
            due: None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Assignment {
    id: String,
    title: String,
    points: f64,
    #[serde(default)]
    levels: Vec<(String, String)>,
}

impl Course {
    /// Reads a `course.toml`.
    ///
    /// # Errors
    /// When it cannot be read, or names a step that there is not.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let place = || format!("in {}", file.display());
        let text = fs::read_to_string(file).with_context(place)?;
        Self::parse(&text).with_context(place)
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let File {
            mut points,
            assignment,
            late,
        } = toml::from_str(text)?;
        let mut weighed = Vec::new();
        for step in steps() {
            let name = step.name();
            let worth = points.remove(&name).unwrap_or(step.worth.into());
            if !(worth.is_finite() && worth >= 0.0) {
                bail!("{name} cannot be worth {worth} points");
            }
            weighed.push(class::Step {
                name,
                title: step.title.clone(),
                points: worth,
            });
        }
        if let Some(name) = points.keys().next() {
            bail!("there is no step {name}");
        }
        if !(0.0..=1.0).contains(&late.keeps) {
            bail!(
                "late work cannot keep {} of its points: from 0 to 1",
                late.keeps
            );
        }
        let due =
            match &late.due {
                None => None,
                Some(day) => Some(date::end_of_day(day).with_context(|| {
                    format!("due = \"{day}\" is no day: write it like 2026-11-30")
                })?),
            };
        let comparisons = assignment.into_iter().map(|assignment| Comparison {
            id: assignment.id,
            title: assignment.title,
            points: assignment.points,
            levels: assignment.levels,
        });
        Ok(Self {
            steps: weighed,
            comparisons: comparisons.collect(),
            lateness: Lateness {
                keeps: late.keeps,
                submissions: late.submissions,
                due,
                extensions: BTreeMap::new(),
            },
        })
    }
}

/// The files to import from a submission.
pub fn wanted(root: &Path) -> Wanted {
    let steps = steps().iter().map(|step| {
        let required = sources(step);
        let mut all = required.clone();
        all.push(format!("{}/src/**/*.rs", step.folder));
        WantedStep {
            name: step.name(),
            required,
            sources: all,
        }
    });
    Wanted {
        steps: steps.collect(),
        documents: vec![ASSIGNMENT.to_owned()],
        crates: crates(root),
    }
}

/// The crates that programs are compiled with.
fn crates(root: &Path) -> Vec<String> {
    // The one with TLS has what the other has.
    let palette = fs::read_to_string(root.join("xtask/palette/tls/Cargo.toml"));
    let palette = palette.ok().and_then(|text| text.parse::<Table>().ok());
    let listed = palette
        .as_ref()
        .and_then(|palette| palette.get("dependencies"));
    let listed = listed.and_then(|listed| listed.as_table());
    listed
        .map(|listed| listed.keys().cloned().collect())
        .unwrap_or_default()
}

fn sources(step: &Step) -> Vec<String> {
    let programs = step.programs.iter();
    programs
        .map(|program| format!("{}/{}", step.folder, program.source))
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]
mod tests {
    use course::steps;

    use super::Course;

    const OURS: &str = include_str!("../course.toml");

    fn points(text: &str) -> Vec<(String, f64)> {
        let course = Course::parse(text).unwrap();
        let steps = course.steps.into_iter();
        steps.map(|step| (step.name, step.points)).collect()
    }

    #[test]
    fn a_step_is_worth_what_the_course_says() {
        let worth = steps()
            .iter()
            .map(|step| (step.name(), f64::from(step.worth)));
        assert_eq!(points(OURS), worth.collect::<Vec<_>>());
        assert_eq!(Course::parse(OURS).unwrap().comparisons.len(), 2);
    }

    #[test]
    fn an_instructor_weighs_a_step_anew_and_the_others_stay() {
        let mut expected = points(OURS);
        expected[3] = ("step4".into(), 60.0);
        let heavier = OURS.replace("# step4 = 60", "step4 = 60");
        assert_eq!(points(&heavier), expected);
    }

    #[test]
    fn a_slip_is_named() {
        let error = |text: &str| Course::parse(text).unwrap_err().to_string();
        assert!(error("[points]\nstep99 = 1\n").contains("step99"));
        assert!(error("[points]\nstep4 = -1\n").contains("-1"));
        assert!(error(&OURS.replace("keeps = 1.0", "keeps = 80")).contains("80"));
        assert!(
            error(&OURS.replace("# due = \"2026-11-30\"", "due = \"30.11.\"")).contains("30.11.")
        );
    }
}
