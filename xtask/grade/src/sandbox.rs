//! Whether this machine can contain a submission, found out before anything is run.

use std::env;

use anyhow::{Context, bail};
use jail::{Probe, Wrapper};

use crate::scratch::Scratch;

/// The jail's program, which lies beside the grader's.
const WRAPPER: &str = "jail";

/// The sandbox that submissions run in.
#[derive(Clone, Debug)]
pub struct Sandbox {
    /// `None` where the instructor trusts the submissions and there is no jail.
    pub wrapper: Option<Wrapper>,
    /// What it does not contain, one sentence each, for every report.
    pub reduced: Vec<String>,
}

impl Sandbox {
    /// Tries small attacks on this machine.
    ///
    /// # Errors
    /// When there is no sandbox here and the submissions are not `trusted`.
    pub fn open(trusted: bool, scratch: &Scratch) -> anyhow::Result<Self> {
        let this = env::current_exe().context("cannot find my own place")?;
        let place = this.with_file_name(format!("{WRAPPER}{}", env::consts::EXE_SUFFIX));
        if !place.is_file() {
            bail!(
                "{} is not there, which puts submissions into the sandbox. `cargo xtask grade` builds it",
                place.display()
            );
        }
        let wrapper = Wrapper::at(place);
        let probe = jail::probe(&wrapper, scratch.path()).context("trying out the sandbox")?;
        Self::after(&probe, wrapper, trusted)
    }

    fn after(probe: &Probe, wrapper: Wrapper, trusted: bool) -> anyhow::Result<Self> {
        let mut reduced: Vec<String> = probe.reduced().map(str::to_owned).collect();
        if probe.sandbox {
            return Ok(Self {
                wrapper: Some(wrapper),
                reduced,
            });
        }
        if !trusted {
            bail!(
                "there is no sandbox here, and a submission can do whatever you can: {}\nGrade on a \
                 Linux machine or in a container or, if you know every line that was handed in, \
                 with --trust-submissions",
                reduced.join(" ")
            );
        }
        reduced.insert(
            0,
            "Submissions ran WITHOUT A SANDBOX, because the instructor trusted them.".to_owned(),
        );
        Ok(Self {
            wrapper: None,
            reduced,
        })
    }

    /// A summary for the terminal.
    pub fn words(&self) -> String {
        if self.reduced.is_empty() {
            return "Sandbox: attacked and found tight.\n".to_owned();
        }
        let mut text = "Sandbox: this machine does not hold everything.\n".to_owned();
        for sentence in &self.reduced {
            text += &format!("  - {sentence}\n");
        }
        text
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]
mod tests {
    use jail::{Attack, Finding};

    use super::*;

    fn opened(probe: &Probe, trusted: bool) -> anyhow::Result<Sandbox> {
        Sandbox::after(probe, Wrapper::at("/nowhere"), trusted)
    }

    #[test]
    fn without_a_sandbox_only_trust_goes_on_and_that_is_written_down() {
        let none = Probe {
            sandbox: false,
            findings: Vec::new(),
            notes: vec!["This kernel is too old.".to_owned()],
        };
        let refusal = opened(&none, false).unwrap_err().to_string();
        assert!(refusal.contains("This kernel is too old."), "{refusal}");
        assert!(refusal.contains("--trust-submissions"), "{refusal}");
        let trusting = opened(&none, true).unwrap();
        assert!(trusting.wrapper.is_none());
        assert!(trusting.reduced[0].contains("WITHOUT A SANDBOX"));
        assert!(trusting.words().contains("WITHOUT A SANDBOX"));
    }

    #[test]
    fn trust_takes_no_sandbox_away_and_what_it_lacks_is_told() {
        let leaky = Probe {
            sandbox: true,
            findings: vec![Finding {
                attack: Attack::OtherAddress,
                contained: false,
                sentence: "Other machines can be reached.".to_owned(),
            }],
            notes: Vec::new(),
        };
        for trusted in [false, true] {
            let sandbox = opened(&leaky, trusted).unwrap();
            assert!(sandbox.wrapper.is_some());
            assert_eq!(sandbox.reduced, ["Other machines can be reached."]);
        }
    }
}
