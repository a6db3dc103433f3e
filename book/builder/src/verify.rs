//! `cargo xtask book test`: everything in the book that can be proved.

use std::env;

use anyhow::{Result, bail, ensure};

use crate::browser::{self, Outcome};
use crate::folders::Folders;
use crate::{
    commands, hints, links, measured, mistakes, programs, quiz, reading, render, steps, terms,
};

/// Set where everything is installed: a proof that cannot be made is then a failure.
const NO_SKIP: &str = "NIGHTLIGHT_NO_SKIP";

/// Builds the book and checks it, one line for each kind of proof. One that fails does not hide
/// the others.
pub fn verify(folders: &Folders) -> Result<()> {
    render::build(folders)?;
    println!("ok       pages build, listings and outputs are fresh");
    let proofs = [
        links::check(folders)
            .map(|n| format!("{n} links lead somewhere, nothing is loaded from outside")),
        steps::check(folders).map(|n| format!("{n} steps have a chapter, in order, and a quiz")),
        hints::check(folders).map(|n| format!("{n} places that checks point at are there")),
        mistakes::check(folders).map(|tied| tied.to_string()),
        reading::check(folders).map(|n| format!("{n} sources are named, and well-formed")),
        measured::check(folders)
            .map(|n| format!("{n} figures of protocols and brokers were recorded")),
        terms::check(folders).map(|n| format!("terms are spelt alike in {n} words")),
        quiz::again::check(folders).map(|n| format!("{n} questions come back, and not too soon")),
        programs::check(folders).map(|n| format!("{n} quiz programs print what answers say")),
        browser::test(folders).and_then(in_a_browser),
        commands::check(folders).map(|proved| proved.to_string()),
    ];
    let mut failed = 0;
    for proof in &proofs {
        match proof {
            Ok(proved) => println!("ok       {proved}"),
            Err(error) => {
                failed += 1;
                println!("FAILED   {error:#}");
            }
        }
    }
    ensure!(
        failed == 0,
        "{failed} of {} kinds of proof failed (above)",
        proofs.len()
    );
    Ok(())
}

fn in_a_browser(outcome: Outcome) -> Result<String> {
    match outcome {
        Outcome::Passed => Ok("every page works in a browser".to_owned()),
        Outcome::Skipped(reason) if env::var_os(NO_SKIP).is_some() => {
            bail!("no page was tried in a browser: {reason}")
        }
        Outcome::Skipped(reason) => {
            Ok(format!("SKIPPED: no page was tried in a browser: {reason}"))
        }
    }
}
