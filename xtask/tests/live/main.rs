//! The nightlight live: the command line that runs it, its pages in a browser, its board beside the
//! published CounterFit, its programs beside the original course's, and its broker with Python's clients.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod browser;
mod counterfit;
mod paho;
#[cfg(unix)]
mod run;
#[cfg(unix)]
mod serve;
#[cfg(unix)]
mod serving;
mod table;
#[cfg(unix)]
mod version5;

use std::env;
use std::io::Write;
use std::path::PathBuf;

use course::{DEVICE, SERVER, Step, steps};

/// Set where everything is installed: a test that cannot run is then a failure.
const NO_SKIP: &str = "NIGHTLIGHT_NO_SKIP";

/// The kit's root folder, as cargo names it now: the one it was built in may have been moved.
fn root() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR").unwrap();
    PathBuf::from(package).join("..").canonicalize().unwrap()
}

/// A step with a device and a server.
fn both() -> &'static Step {
    let has = |step: &&Step| [DEVICE, SERVER].iter().all(|id| step.program(*id).is_ok());
    steps().iter().find(has).unwrap()
}

/// Says that a test did not run, past cargo's capture of what passing tests print.
fn skip(test: &str, missing: &str, install: &str) {
    let words = format!("SKIPPED {test}: {missing}. To run it:\n    {install}\n");
    assert!(env::var_os(NO_SKIP).is_none(), "{words}");
    std::io::stderr().write_all(words.as_bytes()).unwrap();
}
