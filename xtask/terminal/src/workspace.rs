//! Where the kit lies on this machine.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// The kit's root folder: the one with `lessons/` and `xtask/` at or above the current folder.
///
/// # Errors
/// When the current folder is not inside the kit.
pub fn root() -> anyhow::Result<PathBuf> {
    let here = env::current_dir().context("the current folder is gone")?;
    here.ancestors()
        .find(|folder| folder.join("xtask").is_dir() && folder.join("lessons").is_dir())
        .map(Path::to_owned)
        .with_context(|| {
            format!(
                "{} is not inside the kit: go to its folder and try again",
                here.display()
            )
        })
}

/// A path as the user would type it: relative to the current folder where that is shorter.
pub fn shown(path: &Path) -> String {
    let relative = env::current_dir()
        .ok()
        .and_then(|here| path.strip_prefix(here).ok());
    relative.unwrap_or(path).display().to_string()
}
