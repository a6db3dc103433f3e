//! The tables as the guide shows them.

use std::fs;

use anyhow::Context;
use protocols::report::Report;
use terminal::{say, workspace};

/// Where they lie, within the kit.
const FOLDER: &str = "xtask/transcripts/protocols";

/// Writes each part of the report to a file of its own.
///
/// # Errors
/// When this is not called in the kit, or a file cannot be written.
pub fn write(report: &Report) -> anyhow::Result<()> {
    let folder = workspace::root()?.join(FOLDER);
    let failed = || format!("writing {}", workspace::shown(&folder));
    fs::create_dir_all(&folder).with_context(failed)?;
    for part in report.parts() {
        let file = folder.join(format!("{}.snap", part.name));
        fs::write(file, &part.text).with_context(failed)?;
    }
    say::out(&format!("\nWritten to {FOLDER}.\n"))?;
    Ok(())
}
