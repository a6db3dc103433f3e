//! The course: what is known of each step, and the contract of its verdicts.
//!
//! A step is one file in `steps/`; whatever lists steps loops over [`steps`]. The crate `checks`
//! judges a step's criteria and fills a [`verdict`], which reports and graders read. Nothing here
//! runs anything: [`anchors`], [`starters`], [`tables`], [`transcript`] and [`wording`] only read and make texts.

pub mod anchors;
mod criterion;
mod program;
pub mod starters;
mod step;
pub mod tables;
pub mod transcript;
pub mod verdict;
pub mod wording;

use std::sync::LazyLock;

use anyhow::Context;

pub use criterion::{Criterion, Todo};
pub use program::{DEVICE, DEVICE_NAME, MONITOR, MOST_INSTANCES, Program, ProgramId, SERVER};
pub use step::{Detail, Hole, Step};

/// Each step file's name without its ending, its text, and the solution's transcript.
static FILES: &[(&str, &str, &str)] = &include!(concat!(env!("OUT_DIR"), "/steps.rs"));

static STEPS: LazyLock<Result<Vec<Step>, String>> =
    LazyLock::new(|| read(FILES).map_err(|error| format!("{error:#}")));

/// All steps, in order.
///
/// # Panics
/// When a step file is broken: it is part of this program, and a test reads every one.
pub fn steps() -> &'static [Step] {
    match &*STEPS {
        Ok(steps) => steps,
        Err(problem) => panic!("{problem}"),
    }
}

fn read(files: &'static [(&str, &str, &str)]) -> anyhow::Result<Vec<Step>> {
    let mut steps = Vec::new();
    for (folder, text, transcript) in files {
        let step = Step::parse(folder, text, transcript);
        steps.push(step.with_context(|| format!("xtask/course/steps/{folder}.toml"))?);
    }
    steps.sort_by_key(|step: &Step| step.number);
    Ok(steps)
}

/// The step of that name: `step2`, `2`, its package, or its folder, alone or as a path.
///
/// # Errors
/// Says which steps there are, and which one was probably meant.
pub fn find(name: &str) -> anyhow::Result<&'static Step> {
    let trimmed = name.trim_end_matches(['/', '\\']);
    let wanted = trimmed.rsplit(['/', '\\']).next().unwrap_or(trimmed);
    let wanted = wanted.to_lowercase();
    let is = |step: &&Step| {
        [step.name(), step.number.to_string()].contains(&wanted)
            || [&step.folder, &step.package].contains(&&wanted)
    };
    steps()
        .iter()
        .find(is)
        .ok_or_else(|| unknown(name, &wanted))
}

fn unknown(name: &str, wanted: &str) -> anyhow::Error {
    let known: Vec<String> = steps()
        .iter()
        .flat_map(|step| [step.name(), step.package.clone()])
        .collect();
    let is_number = |text: &str| text.ends_with(|end: char| end.is_ascii_digit());
    let nearest = known
        .iter()
        // Who asks for step 12 did not mistype step 1.
        .filter(|known| is_number(known) != is_number(wanted) || !is_number(known))
        .map(|known| (strsim::damerau_levenshtein(known, wanted), known))
        .min()
        .filter(|(distance, _)| *distance <= 3);
    let steps = known.join(", ");
    match nearest {
        Some((_, nearest)) => {
            anyhow::anyhow!(
                "there is no step `{name}`. Did you mean `{nearest}`? There are: {steps}"
            )
        }
        None => anyhow::anyhow!("there is no step `{name}`. There are: {steps}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_file_is_read_and_numbers_go_on_from_one() {
        assert_eq!(steps().len(), FILES.len());
        for (step, number) in steps().iter().zip(1..) {
            assert_eq!(step.number, number, "{}", step.folder);
            assert!(
                step.folder.starts_with(&format!("{}-", step.name())),
                "{}",
                step.folder
            );
        }
    }

    #[test]
    fn names_lead_to_steps() {
        for name in [
            "step2",
            "2",
            "telemetry",
            "step2-telemetry",
            "Step2",
            "lessons/step2-telemetry",
            "lessons/step2-telemetry/",
        ] {
            assert_eq!(find(name).unwrap().number, 2, "{name}");
        }
    }

    #[test]
    fn a_near_miss_gets_a_suggestion() {
        let error = find("telemtry").unwrap_err().to_string();
        assert!(error.contains("Did you mean `telemetry`?"), "{error}");
        for far in ["blockchain", "step99", "99"] {
            let error = find(far).unwrap_err().to_string();
            assert!(!error.contains("Did you mean"), "{error}");
        }
    }
}
