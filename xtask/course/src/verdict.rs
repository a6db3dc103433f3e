//! The contract of verdicts: what `check --format json` prints, a line each step.
//!
//! Fields this version does not know are ignored, so that a journal can be read by older and newer kits.

use serde::{Deserialize, Serialize};

use crate::step::Step;

/// Counts up when a field changes its meaning or goes away.
pub const SCHEMA: u32 = 1;

/// How one step of one learner ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Version of this contract.
    pub schema: u32,
    /// The step, such as `step1`.
    pub step: String,
    /// The folder that was checked.
    pub subject: String,
    /// How it ended.
    pub status: Status,
    /// The run's random ids and light levels come from it.
    pub seed: u64,
    /// Points reached.
    pub points: u32,
    /// Points to reach.
    pub max_points: u32,
    /// What was checked, one by one; empty when it did not come to that.
    #[serde(default)]
    pub criteria: Vec<Row>,
    /// What was seen, in order.
    #[serde(default)]
    pub transcript: String,
    /// When each line of the transcript was seen, by section: microseconds since its scene began.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<Vec<u32>>,
    /// The transcript against the solution's, when it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
    /// How long it took.
    #[serde(default)]
    pub timings: Timings,
    /// The broker it ran against.
    #[serde(default)]
    pub broker: String,
    /// The compiler's words, or the kit's own failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What rustc warned of in sources that it accepted, in its own words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub warnings: String,
    /// Version of the kit that judged; empty where that was an older one, which does not tell.
    #[serde(default)]
    pub kit: String,
    /// The step's revision then; 0 where an older kit does not tell.
    #[serde(default)]
    pub revision: u32,
}

/// The end of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Every criterion holds.
    Pass,
    /// At least one criterion does not.
    Fail,
    /// rustc refused the program.
    CompileError,
    /// It took too long.
    Timeout,
    /// It took more memory, processes, disk or output than allowed.
    ResourceLimit,
    /// The kit failed, not the learner.
    InfraError,
}

impl Verdict {
    /// The verdict on a step that was not played: every criterion is still to be seen.
    pub fn not_played(step: &Step, status: Status, seed: u64, broker: String) -> Self {
        let rows = step.criteria.iter().map(|criterion| Row {
            id: criterion.id.clone(),
            title: criterion.title.clone(),
            status: Outcome::Skip,
            points: 0,
            max_points: criterion.points,
            expected: None,
            actual: None,
            hint: None,
            chapter: Some(criterion.chapter.clone()),
        });
        Self {
            schema: SCHEMA,
            step: step.name(),
            subject: String::new(),
            status,
            seed,
            points: 0,
            max_points: step.max_points(),
            criteria: rows.collect(),
            transcript: String::new(),
            seen: Vec::new(),
            difference: None,
            timings: Timings::default(),
            broker,
            message: None,
            warnings: String::new(),
            kit: env!("CARGO_PKG_VERSION").to_owned(),
            revision: step.revision,
        }
    }

    /// Whether newer checks of `step` would judge anew: a program that passed might fail now.
    #[must_use]
    pub fn is_outdated(&self, step: &Step) -> bool {
        self.revision != 0 && self.revision < step.revision
    }

    /// The rows that failed, in the step's order.
    pub fn failed(&self) -> impl Iterator<Item = &Row> {
        let failed = |row: &&Row| row.status == Outcome::Fail;
        self.criteria.iter().filter(failed)
    }
}

impl Status {
    /// As in the JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::CompileError => "compile_error",
            Self::Timeout => "timeout",
            Self::ResourceLimit => "resource_limit",
            Self::InfraError => "infra_error",
        }
    }

    /// In words for a report.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Pass => "passed",
            Self::Fail => "not yet",
            Self::CompileError => "does not compile",
            Self::Timeout => "took too long",
            Self::ResourceLimit => "used more than allowed",
            Self::InfraError => "could not be graded (our error)",
        }
    }
}

/// One criterion, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its name, stable between versions.
    pub id: String,
    /// What it asks for, in words.
    pub title: String,
    /// What came of it.
    pub status: Outcome,
    /// Points reached.
    pub points: u32,
    /// Points to reach.
    pub max_points: u32,
    /// What should have been seen.
    #[serde(default)]
    pub expected: Option<String>,
    /// What was seen.
    #[serde(default)]
    pub actual: Option<String>,
    /// What to try next.
    #[serde(default)]
    pub hint: Option<String>,
    /// The chapter to read.
    #[serde(default)]
    pub chapter: Option<String>,
}

/// What came of one criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It holds.
    Pass,
    /// It does not.
    Fail,
    /// It could not be looked at, because something before it failed.
    Skip,
}

/// Milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timings {
    /// Compiling.
    #[serde(default)]
    pub build_ms: u64,
    /// Playing the scenes.
    #[serde(default)]
    pub run_ms: u64,
    /// CPU time of rustc and its linker, where a jail measured it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub compiler_cpu_ms: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Verdicts for tests.
#[doc(hidden)]
pub mod examples {
    use super::{Outcome, Row, Status, Timings, Verdict};

    /// A verdict of `step` with one criterion a letter: `p`ass, `f`ail or `s`kip, ten points each.
    pub fn verdict(step: &str, status: Status, outcomes: &str) -> Verdict {
        let criteria: Vec<Row> = outcomes
            .chars()
            .enumerate()
            .map(|(index, letter)| Row {
                id: format!("criterion-{index}"),
                title: format!("Criterion number {index}"),
                status: match letter {
                    'p' => Outcome::Pass,
                    'f' => Outcome::Fail,
                    _ => Outcome::Skip,
                },
                points: if letter == 'p' { 10 } else { 0 },
                max_points: 10,
                expected: (letter == 'f').then(|| "led_on true".into()),
                actual: (letter == 'f').then(|| "led_on false".into()),
                hint: (letter == 'f').then(|| "Look at the comparison.".into()),
                chapter: Some("commands".into()),
            })
            .collect();
        Verdict {
            schema: 1,
            step: step.into(),
            subject: "scratch".into(),
            status,
            seed: 7,
            points: criteria.iter().map(|criterion| criterion.points).sum(),
            max_points: 20,
            criteria,
            transcript: "wire  CONNECT".into(),
            seen: Vec::new(),
            difference: None,
            timings: Timings {
                build_ms: 200,
                run_ms: 1_300,
                compiler_cpu_ms: 0,
            },
            broker: "embedded".into(),
            message: None,
            warnings: String::new(),
            kit: "0.1.0".into(),
            revision: 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_check_parses_whatever_else_it_says() {
        let line = r#"{"schema":1,"step":"step1","subject":"lessons","status":"fail","seed":18446744073709551615,
            "points":3,"max_points":10,"criteria":[{"id":"a","title":"A","status":"skip","points":0,"max_points":10,
            "expected":null,"actual":null,"hint":null,"chapter":"c","colour":"red"}],"transcript":"",
            "timings":{"build_ms":1,"run_ms":2,"nap_ms":3},"broker":"embedded","new":{"field":1}}"#;
        let verdict: Verdict = serde_json::from_str(line).expect("it parses");
        assert_eq!(verdict.status, Status::Fail);
        assert_eq!(verdict.criteria[0].status, Outcome::Skip);
        assert_eq!(verdict.seed, u64::MAX);
    }
}
