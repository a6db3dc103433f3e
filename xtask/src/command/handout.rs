//! `cargo xtask handout`.

use std::path::Path;
use std::process::ExitCode;

use handout::{self, Edition};
use terminal::say;
use terminal::workspace::shown;

pub fn run(root: &Path, to: &Path) -> anyhow::Result<ExitCode> {
    handout::write(root, to, Edition::Learner)?;
    say::out(&format!(
        "The kit for learners is in {0}, without solutions. Try it: cd {0} && cargo xtask\n",
        shown(to)
    ))?;
    Ok(ExitCode::SUCCESS)
}
