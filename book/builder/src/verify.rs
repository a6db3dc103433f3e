//! `cargo xtask book test`: everything in the book that can be proved.

use anyhow::{Result, ensure};

use crate::browser::{self, Outcome};
use crate::folders::Folders;
use crate::{commands, hints, links, programs, render, terms};

/// Builds the book and checks it, one line for each kind of proof. One that fails does not hide
/// the others.
pub fn verify(folders: &Folders) -> Result<()> {
    render::build(folders)?;
    println!("ok       pages build, listings and outputs are fresh");
    let proofs = [
        links::check(folders)
            .map(|n| format!("{n} links lead somewhere, nothing is loaded from outside")),
        hints::check(folders).map(|n| format!("{n} places that checks point at are there")),
        terms::check(folders).map(|n| format!("terms are spelt alike in {n} words")),
        programs::check(folders).map(|n| format!("{n} quiz programs print what answers say")),
        browser::test(folders).map(|outcome| match outcome {
            Outcome::Passed => "every page works in a browser".to_owned(),
            Outcome::Skipped(reason) => {
                format!("... but SKIPPED every page in a browser: {reason}")
            }
        }),
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
