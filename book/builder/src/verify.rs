//! `cargo xtask book test`: everything in the book that can be proved.

use anyhow::{Context, Result};

use crate::browser::{self, Outcome};
use crate::folders::Folders;
use crate::{commands, links, programs, render, terms};

/// Builds the book and checks it, one line for each kind of proof.
pub fn verify(folders: &Folders) -> Result<()> {
    render::build(folders)?;
    println!("ok       pages build, listings and outputs are fresh");
    let links = links::check(folders).context("links")?;
    println!("ok       {links} links lead somewhere, nothing is loaded from outside");
    let words = terms::check(folders).context("terms")?;
    println!("ok       terms are spelt alike in {words} words");
    let programs = programs::check(folders).context("programs in quizzes")?;
    println!("ok       {programs} quiz programs print what their answers say");
    let commands = commands::check(folders).context("commands")?;
    println!("ok       {commands}");
    match browser::test(folders)? {
        Outcome::Passed => println!("ok       every page in a browser"),
        Outcome::Skipped(reason) => println!("SKIPPED  every page in a browser: {reason}"),
    }
    Ok(())
}
