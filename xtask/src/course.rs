//! The steps of the course, in order.

use crate::criterion::Criterion;
use crate::scenario;

/// One step of the course.
#[derive(Debug)]
pub struct Step {
    /// From 1.
    pub number: u8,
    /// Its folder in `lessons/` and `solutions/`.
    pub folder: &'static str,
    /// The learner's package.
    pub package: &'static str,
    /// In a word or two.
    pub title: &'static str,
    /// What the learner builds, in a sentence.
    pub goal: &'static str,
    /// Its page in the book.
    pub chapter: &'static str,
    /// What runs.
    pub programs: &'static [Program],
    /// What is asked, in the order of the report.
    pub criteria: &'static [&'static Criterion],
    /// The solution's run, as a learner's is compared with it.
    pub transcript: &'static str,
}

/// One program of a step.
#[derive(Debug)]
pub struct Program {
    /// Which side it plays.
    pub role: Role,
    /// The learner's binary; the solution's ends in `-solution`.
    pub binary: &'static str,
    /// Its crate root within the step's folder.
    pub source: &'static str,
}

/// The two sides of the nightlight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Has the light sensor and the LED.
    Device,
    /// Decides.
    Server,
}

impl Role {
    /// The client name's part after the id, by the course's contract.
    pub fn client_suffix(self) -> &'static str {
        match self {
            Self::Device => "nightlight_client",
            Self::Server => "nightlight_server",
        }
    }

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Server => "server",
        }
    }
}

impl Step {
    /// As on the command line.
    pub fn name(&self) -> String {
        format!("step{}", self.number)
    }

    /// The most points a program can get.
    pub fn max_points(&self) -> u32 {
        self.criteria.iter().map(|criterion| criterion.points).sum()
    }
}

/// All steps.
pub static STEPS: &[Step] = &[
    Step {
        number: 1,
        folder: "step1-connect",
        package: "connect",
        title: "Connect",
        goal: "the nightlight connects to a broker and still decides by itself",
        chapter: "step1-connect.md",
        programs: &[Program {
            role: Role::Device,
            binary: "connect",
            source: "src/main.rs",
        }],
        criteria: scenario::connect::CRITERIA,
        transcript: include_str!("../transcripts/step1.snap"),
    },
    Step {
        number: 2,
        folder: "step2-telemetry",
        package: "telemetry",
        title: "Telemetry",
        goal: "the nightlight publishes its light level every five seconds",
        chapter: "step2-telemetry.md",
        programs: &[Program {
            role: Role::Device,
            binary: "telemetry",
            source: "src/main.rs",
        }],
        criteria: scenario::telemetry::CRITERIA,
        transcript: include_str!("../transcripts/step2.snap"),
    },
    Step {
        number: 3,
        folder: "step3-server",
        package: "server",
        title: "Server",
        goal: "a second program subscribes to the light levels and prints them",
        chapter: "step3-server.md",
        programs: &[Program {
            role: Role::Server,
            binary: "server",
            source: "src/main.rs",
        }],
        criteria: scenario::server::CRITERIA,
        transcript: include_str!("../transcripts/step3.snap"),
    },
    Step {
        number: 4,
        folder: "step4-commands",
        package: "commands",
        title: "Commands",
        goal: "the server answers each light level with a command, and the device obeys",
        chapter: "step4-commands.md",
        programs: &[
            Program {
                role: Role::Device,
                binary: "commands-device",
                source: "src/bin/device.rs",
            },
            Program {
                role: Role::Server,
                binary: "commands-server",
                source: "src/bin/server.rs",
            },
        ],
        criteria: scenario::commands::CRITERIA,
        transcript: include_str!("../transcripts/step4.snap"),
    },
];

/// The step of that name: `step2`, `2`, its folder or its package.
///
/// # Errors
/// Says which steps there are, and which one was probably meant.
pub fn find(name: &str) -> anyhow::Result<&'static Step> {
    let wanted = name.to_lowercase();
    let is = |step: &&Step| {
        [step.name(), step.number.to_string()].contains(&wanted)
            || [step.folder, step.package].contains(&wanted.as_str())
    };
    STEPS.iter().find(is).ok_or_else(|| unknown(name, &wanted))
}

fn unknown(name: &str, wanted: &str) -> anyhow::Error {
    let known: Vec<String> = STEPS
        .iter()
        .flat_map(|step| [step.name(), step.package.to_owned()])
        .collect();
    let nearest = known
        .iter()
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
    fn names_lead_to_steps() {
        for name in ["step2", "2", "telemetry", "step2-telemetry", "Step2"] {
            assert_eq!(find(name).unwrap().number, 2, "{name}");
        }
    }

    #[test]
    fn a_near_miss_gets_a_suggestion() {
        let error = find("telemtry").unwrap_err().to_string();
        assert!(error.contains("Did you mean `telemetry`?"), "{error}");
        let error = find("blockchain").unwrap_err().to_string();
        assert!(!error.contains("Did you mean"), "{error}");
    }

    #[test]
    fn ids_are_unique_within_a_step() {
        for step in STEPS {
            let mut ids: Vec<_> = step.criteria.iter().map(|criterion| criterion.id).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), step.criteria.len(), "{}", step.folder);
        }
    }
}
