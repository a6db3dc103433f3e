//! Reading what a learner has written.

use std::fs;
use std::path::Path;

use anyhow::Context;

/// The text of a learner's file, with lines that end as the kit's do: editors on Windows may end them with
/// CR LF, and that is no difference to speak of.
///
/// # Errors
/// When it cannot be read.
pub fn read(file: &Path) -> anyhow::Result<String> {
    let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    Ok(text.replace("\r\n", "\n"))
}
