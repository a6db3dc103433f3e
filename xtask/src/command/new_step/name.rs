//! The name of a new step: it becomes a package, a module and a part of file names.

use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};

/// What cargo refuses as a package, or rustc as a module, of the words that look like a name.
const KEYWORDS: &str = "abstract as async await become box break const continue crate do dyn else \
                        enum extern false final fn for gen if impl in let loop macro match mod \
                        move mut override priv pub ref return self static struct super test trait \
                        true try type typeof unsafe unsized use virtual where while yield";

/// Refuses a name that something in the kit would stumble over.
pub fn check(root: &Path, name: &str) -> anyhow::Result<()> {
    let fine =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    let begins = |letter: char| letter.is_ascii_lowercase();
    ensure!(
        name.starts_with(begins) && name.chars().all(fine) && !name.ends_with('-'),
        "`{name}` is no name for a step: small letters, digits and dashes, a letter first, as in \
         `telemetry`"
    );
    ensure!(
        !KEYWORDS.split_whitespace().any(|word| word == name),
        "`{name}` is a word of Rust's own, so no package can be called that"
    );
    let lock = fs::read_to_string(root.join("Cargo.lock")).context("reading Cargo.lock")?;
    let entry = format!("name = \"{name}\"");
    ensure!(
        !lock.lines().any(|line| line == entry),
        "the kit uses a package `{name}` already (see Cargo.lock): choose another name"
    );
    Ok(())
}
