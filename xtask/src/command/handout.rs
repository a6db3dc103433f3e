//! `cargo xtask handout`.

use std::path::Path;
use std::process::ExitCode;

use checks::corpus::puzzle;
use handout::{self, Edition};
use terminal::say;
use terminal::workspace::shown;

pub fn run(root: &Path, to: &Path, puzzles: bool) -> anyhow::Result<ExitCode> {
    handout::write(root, to, Edition::Learner)?;
    let mut with = "";
    if puzzles {
        puzzle::keep(root, to)?;
        with = ", and with programs to mend";
    }
    say::out(&format!(
        "The kit for learners is in {0}, without solutions{with}. Try it: cd {0} && cargo xtask\n",
        shown(to)
    ))?;
    Ok(ExitCode::SUCCESS)
}
