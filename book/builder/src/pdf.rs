//! The whole guide as one PDF, printed by Chromium.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::folders::Folders;
use crate::render;

/// The names under which Chromium and its relatives are found in `PATH`.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// There is no browser that prints.
#[derive(Debug, thiserror::Error)]
#[error(
    "printing needs Chromium or Chrome, and none is in PATH. Install it (Debian: `sudo apt install \
     chromium`), or open target/book/print.html in any browser and print it there"
)]
pub struct NoChromium;

/// Builds the guide and prints it to `file`, by default `target/nightlight.pdf`.
pub fn print(folders: &Folders, file: Option<PathBuf>) -> Result<()> {
    let chromium = chromium().ok_or(NoChromium)?;
    render::build(folders)?;
    let file = file.unwrap_or_else(|| folders.root().join("target/nightlight.pdf"));
    print_page(&chromium, &folders.output().join("print.html"), &file)?;
    println!("The guide is in {}", file.display());
    Ok(())
}

fn print_page(chromium: &Path, page: &Path, file: &Path) -> Result<()> {
    let output = Command::new(chromium)
        // The pages are our own, and a container seldom allows Chromium its sandbox.
        .args([
            "--headless",
            "--disable-gpu",
            "--no-sandbox",
            "--no-pdf-header-footer",
        ])
        .arg(format!("--print-to-pdf={}", file.display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .with_context(|| format!("{} does not start", chromium.display()))?;
    ensure!(
        output.status.success() && file.is_file(),
        "Chromium printed nothing:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// The browser that prints and runs the page tests.
pub fn chromium() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    NAMES.iter().find_map(|name| {
        let name = format!("{name}{}", env::consts::EXE_SUFFIX);
        folders
            .iter()
            .map(|folder| folder.join(&name))
            .find(|file| file.is_file())
    })
}
