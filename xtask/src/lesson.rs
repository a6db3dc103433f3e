//! The learner's folder of a step, and whether all of it is there.

use std::path::{Path, PathBuf};

use anyhow::bail;
use course::Step;

const MANIFEST: &str = "Cargo.toml";

/// What cargo needs for the step and does not find, as paths within the kit.
pub fn missing(root: &Path, step: &Step) -> Vec<PathBuf> {
    let folder = Path::new("lessons").join(&step.folder);
    let files = step.files().map(|file| folder.join(file));
    let all = [PathBuf::from(MANIFEST)].into_iter().chain(files);
    all.filter(|file| !root.join(file).is_file()).collect()
}

/// # Errors
/// Names what is missing, and how it comes back.
pub fn is_whole(root: &Path, step: &Step) -> anyhow::Result<()> {
    let missing = missing(root, step);
    let name = step.name();
    let folder = Path::new("lessons").join(&step.folder);
    match missing.as_slice() {
        [] => Ok(()),
        [only] if only.starts_with(&folder) => {
            let file = only.strip_prefix(&folder).unwrap_or(only);
            bail!(
                "{} is missing. `cargo xtask reset {name} {}` brings back what you began with",
                only.display(),
                file.display()
            )
        }
        _ if !root.join(&folder).is_dir() => bail!(
            "{} is missing. `cargo xtask reset {name}` brings back what you began with",
            folder.display()
        ),
        several => {
            let names: Vec<_> = several
                .iter()
                .map(|file| file.display().to_string())
                .collect();
            bail!(
                "{} are missing. `cargo xtask reset {name}` brings back what you began with",
                names.join(" and ")
            )
        }
    }
}
