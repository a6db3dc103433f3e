//! `cargo xtask doctor`: is this machine ready for the lessons?

mod machine;
mod rivals;
mod runs;

use std::borrow::Cow;
use std::path::Path;
use std::process::ExitCode;

use terminal::exit::FAILED;
use terminal::say::{self, BAD, GOOD, NOTE, paint};

/// What was found, and what to do about it.
enum Finding {
    Good(String),
    /// Works, but somebody may trip over it.
    Note(String, Cow<'static, str>),
    Bad(String, Cow<'static, str>),
}

pub async fn run(root: &Path) -> anyhow::Result<ExitCode> {
    let mut findings = machine::findings(root);
    findings.extend(runs::findings(root).await);
    let mut text = String::new();
    let mut bad = false;
    for finding in findings {
        text += &match finding {
            Finding::Good(what) => format!("{} {what}\n", paint(GOOD, "✓")),
            Finding::Note(what, todo) => format!("{} {what}\n    {todo}\n", paint(NOTE, "!")),
            Finding::Bad(what, todo) => {
                bad = true;
                format!("{} {what}\n    {todo}\n", paint(BAD, "✗"))
            }
        };
    }
    say::sentences(&text)?;
    Ok(if bad {
        ExitCode::from(FAILED)
    } else {
        ExitCode::SUCCESS
    })
}
