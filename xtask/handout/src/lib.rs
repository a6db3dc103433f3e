//! The kit as learners get it: no solutions, no wrong answers, nothing that grades. A machine that
//! grades them gets the same with what grades.

mod manifest;

use std::fs;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, bail};

use course::starters;
use terminal::workspace::shown;

/// What a learner gets of the kit's top level; `lessons/` is made from the starters.
const TOP: [&str; 10] = [
    ".cargo",
    ".devcontainer",
    ".gitignore",
    ".vscode",
    "Cargo.lock",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "book",
    "clippy.toml",
    "xtask",
];

/// What stays behind, whoever gets the copy. The runner's own tests go with the solutions that
/// they need.
const LEFT_OUT: [&str; 11] = [
    "solutions",
    "xtask/boards",
    "xtask/browser/tests",
    "xtask/checks/tests",
    "xtask/classroom",
    "xtask/corpus",
    "xtask/fleet",
    "xtask/interop",
    "xtask/pi",
    "xtask/tests",
    "xtask/wine",
];

/// It names tests of its own.
const RUNNER: &str = "xtask/Cargo.toml";

/// What only graders get.
const GRADING: [&str; 3] = ["xtask/grade", "xtask/grading", "xtask/jail"];

/// What tools leave lying about.
const LITTER: [&str; 2] = ["node_modules", "target"];

const README: &str = include_str!("../README.md");

/// Who gets a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edition {
    /// Learners: it does not grade.
    Learner,
    /// A machine that grades them, where submissions could look around.
    Grader,
}

impl Edition {
    fn left_out(self) -> Vec<&'static str> {
        let grading = match self {
            Self::Learner => GRADING.as_slice(),
            Self::Grader => &[],
        };
        [&LEFT_OUT, grading].concat()
    }
}

/// Writes a copy of the kit at `root` to `to`, a new or an empty folder.
///
/// # Errors
/// When `to` holds something, this copy of the kit has no solutions, or a file cannot be copied.
pub fn write(root: &Path, to: &Path, edition: Edition) -> anyhow::Result<()> {
    let solutions = root.join("solutions");
    if !solutions.is_dir() {
        bail!(
            "this copy of the kit has no solutions/, so it is a hand-out itself: copy its folder"
        );
    }
    if fs::read_dir(to).is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("{} is not empty: name a new folder", shown(to));
    }
    fs::create_dir_all(to).with_context(|| format!("creating {}", shown(to)))?;
    let (from, into) = (root.canonicalize()?, to.canonicalize()?);
    if TOP.iter().any(|name| into.starts_with(from.join(name))) {
        bail!(
            "{} lies in what is handed out: name a folder outside the kit",
            shown(to)
        );
    }
    let left_out = edition.left_out();
    for name in TOP {
        if root.join(name).exists() {
            copy(root, Path::new(name), to, &left_out)?;
        }
    }
    for name in [
        "lessons/.cargo",
        "lessons/nightlight",
        "lessons/nightlight-core",
    ] {
        copy(root, Path::new(name), to, &left_out)?;
    }
    let starters = starters::generate(&solutions)?;
    starters::write(&starters, &to.join("lessons"))?;
    // For `reset`, which has no solutions to make them from.
    starters::write(&starters, &to.join("xtask/starters"))?;
    // For `start`, which merges by them. The starters of later steps have every line of them.
    starters::write(&starters::earlier(&solutions)?, &to.join(starters::EARLIER))?;
    let manifest = fs::read_to_string(root.join("Cargo.toml"))?;
    fs::write(
        to.join("Cargo.toml"),
        manifest::without(&manifest, &left_out),
    )?;
    let runner = fs::read_to_string(root.join(RUNNER))?;
    fs::write(to.join(RUNNER), manifest::without_tests(&runner))?;
    fs::write(to.join("README.md"), README)?;
    prune_lock(to);
    Ok(())
}

/// Lets cargo drop from `Cargo.lock` what was left out. Learners' first build would do it too.
fn prune_lock(kit: &Path) {
    let _ = launch::cargo()
        .args(["metadata", "--offline", "--quiet", "--format-version=1"])
        .current_dir(kit)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

/// Copies `path` below `root` to the same place below `to`, without what is left out.
fn copy(root: &Path, path: &Path, to: &Path, left_out: &[&str]) -> anyhow::Result<()> {
    let (source, copied) = (root.join(path), to.join(path));
    let name = path.file_name().unwrap_or_default();
    if left_out.iter().any(|left_out| path == Path::new(left_out))
        || LITTER.iter().any(|litter| name == *litter)
    {
        return Ok(());
    }
    let failed = || format!("copying {} to {}", shown(&source), shown(&copied));
    if !source.is_dir() {
        if let Some(folder) = copied.parent() {
            fs::create_dir_all(folder).with_context(failed)?;
        }
        fs::copy(&source, &copied).with_context(failed)?;
        return Ok(());
    }
    fs::create_dir_all(&copied).with_context(failed)?;
    for entry in fs::read_dir(&source).with_context(failed)? {
        copy(root, &path.join(entry?.file_name()), to, left_out)?;
    }
    Ok(())
}
