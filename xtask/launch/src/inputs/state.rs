//! What an input looks like.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::OF_ONE_PACKAGE;

/// File systems tell the time of a change in steps of up to two seconds (FAT). What changes within
/// the step in which it was looked at may look as before.
pub const STEP: Duration = Duration::from_secs(2);

/// Where the times have small fractions, steps are those of the system's clock: 16 ms at most.
pub const FINE_STEP: Duration = Duration::from_millis(50);

/// What the names of the variables begin with by which cargo, rustc and rustup are steered.
const STEERING: [&str; 6] = [
    "CARGO",
    "RUSTC",
    "RUSTDOC",
    "RUSTFLAGS",
    "RUSTUP",
    "RUST_TARGET_PATH",
];

/// Of these, what changes cargo's own words at most.
const WORDS_ONLY: &str = "CARGO_TERM_";

/// What tells a file's state from others, and when the step is over in which it last changed.
pub fn file(path: &Path) -> (String, Option<SystemTime>) {
    let known = fs::metadata(path).and_then(|known| Ok((known.modified()?, known)));
    let Ok((changed, known)) = known else {
        return ("absent".to_owned(), None);
    };
    if known.is_dir() {
        return folder(path);
    }
    let Ok(since) = changed.duration_since(UNIX_EPOCH) else {
        // Before 1970 is a time as good as any other.
        return (format!("{changed:?} {}", known.len()), Some(changed));
    };
    let fraction = since.subsec_nanos();
    let step = if fraction.is_multiple_of(10_000_000) {
        STEP
    } else {
        FINE_STEP
    };
    let state = format!("{}.{fraction:09} {}", since.as_secs(), known.len());
    (state, Some(changed.checked_add(step).unwrap_or(changed)))
}

/// The same of all that is in a folder, but for what is built there, as cargo looks at the folders
/// that build scripts name.
fn folder(path: &Path) -> (String, Option<SystemTime>) {
    let mut all = BTreeMap::new();
    let mut last = None;
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name == "target" {
            continue;
        }
        let (state, settled) = file(&entry.path());
        last = last.max(settled);
        all.insert(name, state);
    }
    (hash(&all), last)
}

pub fn steering() -> BTreeSet<(OsString, OsString)> {
    let steers = |name: &OsStr| {
        name.to_str().is_some_and(|name| {
            STEERING.iter().any(|start| name.starts_with(start))
                && !OF_ONE_PACKAGE.iter().any(|start| name.starts_with(start))
                && !name.starts_with(WORDS_ONLY)
        })
    };
    env::vars_os().filter(|(name, _)| steers(name)).collect()
}

/// Values may be secrets, so they are not written down.
pub fn hash(value: &impl Hash) -> String {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
