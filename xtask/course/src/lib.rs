//! The course: what is known of each step, and the contract of its verdicts.
//!
//! A step is one file in `steps/`; whatever lists steps loops over [`steps`]. What comes before the
//! first is [`step_zero`], of which nothing is checked. The crate `checks`
//! judges a step's criteria and fills a [`verdict`], which reports and graders read. Nothing here
//! runs anything: [`anchors`], [`starters`], [`tables`], [`transcript`] and [`wording`] only read and make texts.

pub mod anchors;
mod criterion;
mod page;
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
pub use page::{FOLDER_OF_PAGE, is_page, page};
pub use program::{DEVICE, DEVICE_NAME, MONITOR, MOST_INSTANCES, Program, ProgramId, SERVER};
pub use step::{Detail, Hole, Step};

/// Each step file's name without its ending, its text, and the solution's transcript.
static FILES: &[(&str, &str, &str)] = &include!(concat!(env!("OUT_DIR"), "/steps.rs"));

/// Step 0, and the steps after it.
static ALL: LazyLock<Result<(Step, Vec<Step>), String>> =
    LazyLock::new(|| read(FILES).map_err(|error| format!("{error:#}")));

fn all() -> &'static (Step, Vec<Step>) {
    match &*ALL {
        Ok(all) => all,
        Err(problem) => panic!("{problem}"),
    }
}

/// All steps that are checked, in order.
///
/// # Panics
/// When a step file is broken: it is part of this program, and a test reads every one.
pub fn steps() -> &'static [Step] {
    &all().1
}

/// What comes before the first step: a program to run and to change. Nothing of it is checked, and
/// it is worth no points, so it is none of [`steps`].
///
/// # Panics
/// As [`steps`].
pub fn step_zero() -> &'static Step {
    &all().0
}

/// Step 4's device on a microcontroller. It is built and started in another way than the steps, so it
/// is none of [`steps`]: who asks for it by its name gets it.
///
/// # Panics
/// As [`steps`].
pub fn firmware() -> &'static Step {
    static FIRMWARE: LazyLock<Step> = LazyLock::new(|| {
        match Step::parse(FOLDER_OF_FIRMWARE, include_str!("../firmware.toml"), "") {
            Ok(step) => step,
            Err(error) => panic!("xtask/course/firmware.toml: {error:#}"),
        }
    });
    &FIRMWARE
}

/// As [`find`], and the firmware is found too.
///
/// # Errors
/// As [`find`].
pub fn find_or_firmware(name: &str) -> anyhow::Result<&'static Step> {
    checked(find_lesson_or_firmware(name)?)
}

/// Where it lies in `lessons/` and `solutions/`, and what it is called.
pub const FOLDER_OF_FIRMWARE: &str = "firmware";

/// Step 0 and all others, in order: whatever has a folder in `lessons/`.
///
/// # Panics
/// As [`steps`].
pub fn lessons() -> impl Iterator<Item = &'static Step> {
    [step_zero()].into_iter().chain(steps())
}

fn read(files: &'static [(&str, &str, &str)]) -> anyhow::Result<(Step, Vec<Step>)> {
    let mut steps = Vec::new();
    for (folder, text, transcript) in files {
        let step = Step::parse(folder, text, transcript);
        steps.push(step.with_context(|| format!("xtask/course/steps/{folder}.toml"))?);
    }
    steps.sort_by_key(|step: &Step| step.number);
    let zero = steps.iter().position(|step| step.number == 0);
    let zero = zero.context("there is no step 0")?;
    Ok((steps.remove(zero), steps))
}

/// The step of that name: `step2`, `2`, its package, or its folder, alone or as a path.
///
/// # Errors
/// Says which steps there are, and which one was probably meant; of step 0, that it is not checked.
pub fn find(name: &str) -> anyhow::Result<&'static Step> {
    checked(find_lesson(name)?)
}

/// As [`find`], and step 0 is found too.
///
/// # Errors
/// Says which steps there are, and which one was probably meant.
pub fn find_lesson(name: &str) -> anyhow::Result<&'static Step> {
    let wanted = wanted(name);
    let found = called(&wanted, lessons());
    found.ok_or_else(|| unknown(name, &wanted, None))
}

/// As [`find_lesson`], and the firmware is found too.
///
/// # Errors
/// As [`find_lesson`].
pub fn find_lesson_or_firmware(name: &str) -> anyhow::Result<&'static Step> {
    let wanted = wanted(name);
    let found = called(&wanted, lessons().chain([firmware()]));
    found.ok_or_else(|| unknown(name, &wanted, Some(FOLDER_OF_FIRMWARE)))
}

/// What a name asks for, or the path of a step's folder or of a file in it.
fn wanted(name: &str) -> String {
    let trimmed = name.trim_end_matches(['/', '\\']);
    let is_folder = |part: &&str| {
        lessons()
            .chain([firmware()])
            .any(|step| step.folder == *part)
    };
    let mut parts = trimmed.rsplit(['/', '\\']);
    let last = parts.clone().next().unwrap_or(trimmed);
    parts.find(is_folder).unwrap_or(last).to_lowercase()
}

fn called(wanted: &str, mut steps: impl Iterator<Item = &'static Step>) -> Option<&'static Step> {
    steps.find(|step| {
        [step.name(), step.number.to_string()]
            .iter()
            .chain([&step.folder, &step.package])
            .any(|name| name == wanted)
    })
}

fn checked(step: &'static Step) -> anyhow::Result<&'static Step> {
    if step.number == 0 {
        let next = steps().first().map_or_else(String::new, Step::name);
        let zero = step.name();
        anyhow::bail!(
            "{zero} is for looking around: nothing is checked there, and there are no points. \
             `cargo xtask run {zero} --open` starts it. When you know your nightlight, go on with \
             {next}: `cargo xtask check {next}`"
        );
    }
    Ok(step)
}

fn unknown(name: &str, wanted: &str, beside_them: Option<&str>) -> anyhow::Error {
    let known: Vec<String> = steps()
        .iter()
        .flat_map(|step| [step.name(), step.package.clone()])
        .chain(beside_them.map(str::to_owned))
        .collect();
    let number = |text: &str| {
        let before = text.trim_end_matches(|end: char| end.is_ascii_digit());
        text[before.len()..].to_owned()
    };
    let nearest = known
        .iter()
        // Who asks for step 12 did not mistype step 1.
        .filter(|known| {
            let (known, wanted) = (number(known), number(wanted));
            known.is_empty() || wanted.is_empty() || known == wanted
        })
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
    fn every_step_file_is_read_and_numbers_go_on_from_zero() {
        assert_eq!(lessons().count(), FILES.len());
        for (step, number) in lessons().zip(0..) {
            assert_eq!(step.number, number, "{}", step.folder);
            assert!(
                step.folder.starts_with(&format!("{}-", step.name())),
                "{}",
                step.folder
            );
        }
    }

    #[test]
    fn the_firmware_asks_what_step_4_asks_of_its_device() {
        let (firmware, step4) = (firmware(), find("step4").unwrap());
        let asked = |step: &'static Step, all: bool| {
            let criteria = step.criteria.iter();
            let of_device = criteria.filter(move |it| all || it.program == Some(DEVICE));
            of_device
                .map(|it| (it.rule.as_str(), it.points))
                .collect::<Vec<_>>()
        };
        assert_eq!(asked(firmware, true), asked(step4, false));
        assert_eq!(firmware.name(), FOLDER_OF_FIRMWARE);
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
            "lessons/step2-telemetry/src/main.rs",
        ] {
            assert_eq!(find(name).unwrap().number, 2, "{name}");
        }
    }

    #[test]
    fn step_zero_is_there_and_not_checked() {
        let zero = step_zero();
        assert!(zero.criteria.is_empty() && zero.worth == 0);
        for name in ["step0", "0", "offline", "lessons/step0-offline/"] {
            assert_eq!(find_lesson(name).unwrap().number, 0, "{name}");
            let refused = find(name).unwrap_err().to_string();
            for words in ["nothing is checked", "run step0", "check step1"] {
                assert!(refused.contains(words), "{refused}");
            }
        }
    }

    #[test]
    fn a_near_miss_gets_a_suggestion() {
        for (name, near) in [("telemtry", "telemetry"), ("stpe3", "step3")] {
            let error = find(name).unwrap_err().to_string();
            let suggestion = format!("Did you mean `{near}`?");
            assert!(error.contains(&suggestion), "{error}");
        }
        for far in ["blockchain", "step99", "99"] {
            let error = find(far).unwrap_err().to_string();
            assert!(!error.contains("Did you mean"), "{error}");
        }
    }

    #[test]
    fn who_may_ask_for_the_firmware_is_told_of_it() {
        for name in ["firmware", "Firmware", "lessons/firmware/src/main.rs"] {
            assert_eq!(find_or_firmware(name).unwrap().name(), "firmware", "{name}");
            assert!(find(name).is_err(), "{name}");
        }
        assert_eq!(find_or_firmware("4").unwrap().name(), "step4");
        let error = find_or_firmware("step99").unwrap_err().to_string();
        assert!(error.ends_with("secure, firmware"), "{error}");
        let error = find_or_firmware("firmwear").unwrap_err().to_string();
        assert!(error.contains("Did you mean `firmware`?"), "{error}");
        let error = find("step99").unwrap_err().to_string();
        assert!(!error.contains("firmware"), "{error}");
    }
}
