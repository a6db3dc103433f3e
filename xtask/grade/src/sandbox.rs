//! Whether this machine can contain a submission, found out before anything is run.

use anyhow::{Context, bail};
use jail::Wrapper;

/// What submissions run in.
#[derive(Clone, Debug)]
pub struct Sandbox {
    /// Nothing where the instructor trusts the submissions and there is no jail.
    pub wrapper: Option<Wrapper>,
    /// What it does not hold, in sentences for every report.
    pub reduced: Vec<String>,
}

impl Sandbox {
    /// Tries small attacks on this machine.
    ///
    /// # Errors
    /// When there is no sandbox here and the submissions are not `trusted`.
    pub fn open(trusted: bool) -> anyhow::Result<Self> {
        let wrapper = Wrapper::this_program()?;
        let probe = jail::probe(&wrapper).context("trying out the sandbox")?;
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

    /// For the terminal.
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
