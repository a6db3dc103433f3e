//! The finished pages in a real browser: `book/browser/test.mjs`.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::folders::Folders;
use crate::{pdf, serve};

/// What became of the browser tests.
pub enum Outcome {
    /// They passed.
    Passed,
    /// They did not run, and this is what was missing.
    Skipped(String),
}

/// Runs them when Node.js, Chromium and the packages are here.
pub fn test(folders: &Folders) -> Result<Outcome> {
    let Some(chromium) = pdf::chromium() else {
        return Ok(Outcome::Skipped("Chromium is not installed".to_owned()));
    };
    if Command::new("node").arg("--version").output().is_err() {
        return Ok(Outcome::Skipped("Node.js is not installed".to_owned()));
    }
    let tests = folders.book().join("browser");
    if !tests.join("node_modules/playwright-core").is_dir() {
        let missing = "their packages are missing: `npm ci --prefix book/browser` gets them";
        return Ok(Outcome::Skipped(missing.to_owned()));
    }
    let address = serve::in_background(folders)?;
    let status = Command::new("node")
        .arg(tests.join("test.mjs"))
        .arg(address)
        .env("CHROMIUM", chromium)
        .status()
        .context("node does not start")?;
    ensure!(
        status.success(),
        "the pages do not pass in a browser (above)"
    );
    Ok(Outcome::Passed)
}
