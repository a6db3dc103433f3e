//! Whether a page is the client that its lesson asks for, in a real browser.
//!
//! [`check`] serves the page, with a small script of ours before its own, and lets Chromium open it.
//! The page's line to the broker is recorded as that of any program, and its criteria and the report
//! are made as a step's. A crate of its own, so that who only checks steps does not build it.

mod chromium;
mod desk;
mod scene;
mod served;

use std::path::Path;

use anyhow::{Context, bail};
use course::verdict::{Outcome, Row, Status, Verdict};

pub use chromium::{Chromium, NoChromium};

/// Judges the page in this folder.
///
/// # Errors
/// When there is no page, or the browser or the broker fails: never the page's fault.
pub async fn check(chromium: &Chromium, folder: &Path, seed: u64) -> anyhow::Result<Verdict> {
    let step = course::page();
    let Some(program) = step.programs.first() else {
        bail!("the lesson has no page");
    };
    let file = folder.join(&program.source);
    let page = std::fs::read_to_string(&file);
    let page = page.with_context(|| {
        format!(
            "there is no page to be read at {}. `cargo xtask reset browser` puts the starter into \
             lessons/",
            terminal::workspace::shown(&file)
        )
    })?;
    let rows = scene::play(chromium, &page, seed).await?;
    let status = match rows.iter().all(|row| row.status == Outcome::Pass) {
        true => Status::Pass,
        false => Status::Fail,
    };
    let points = rows.iter().map(|row: &Row| row.points).sum();
    let nothing = Verdict::not_played(step, status, seed, "embedded".to_owned());
    Ok(Verdict {
        points,
        criteria: rows,
        ..nothing
    })
}
