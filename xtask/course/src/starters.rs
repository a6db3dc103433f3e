//! Starters out of solutions.
//!
//! A solution marks its pieces with [anchors]. A step's file names the pieces
//! that a learner writes, and what stands in their place until then.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use crate::anchors::{self, Line};
use crate::step::{Hole, MANIFEST, Step};
use crate::{FOLDER_OF_FIRMWARE, FOLDER_OF_PAGE, firmware, lessons, page, steps};

/// Where a copy of the kit without solutions keeps what steps go on from.
pub const EARLIER: &str = "xtask/starters/earlier";

/// What is wrong with a file that is there.
pub const DIFFERS: &str = "differs";

/// A generated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Starter {
    /// Within `lessons/`.
    pub file: PathBuf,
    /// What it holds.
    pub text: String,
}

/// A file in `lessons/` that is not what it should be.
#[derive(Debug, PartialEq, Eq)]
pub struct Drift {
    /// Within `lessons/`.
    pub file: PathBuf,
    /// What is wrong with it.
    pub what: &'static str,
}

/// All starters that follow from the solutions in this folder.
///
/// # Errors
/// When a solution cannot be read, or does not have the pieces that its step's file names.
pub fn generate(solutions: &Path) -> anyhow::Result<Vec<Starter>> {
    let mut starters = Vec::new();
    for step in lessons() {
        let made = of_step(solutions, step);
        starters.extend(made.with_context(|| format!("the starter of {}", step.folder))?);
    }
    if solutions.join(FOLDER_OF_FIRMWARE).is_dir() {
        starters.extend(of_firmware(solutions).context("the starter of the firmware")?);
    }
    if solutions.join(FOLDER_OF_PAGE).is_dir() {
        starters.extend(of_page(solutions).context("the starter of the page")?);
    }
    Ok(starters)
}

/// The firmware's starter. Its package is a workspace by itself, so all of its files belong to it.
///
/// # Errors
/// As [`generate`].
pub fn of_firmware(solutions: &Path) -> anyhow::Result<Vec<Starter>> {
    of_all_files(solutions, firmware())
}

/// The page's starter.
///
/// # Errors
/// As [`generate`].
pub fn of_page(solutions: &Path) -> anyhow::Result<Vec<Starter>> {
    of_all_files(solutions, page())
}

/// The starters of whatever lies in a folder.
fn of_all_files(solutions: &Path, step: &Step) -> anyhow::Result<Vec<Starter>> {
    let package = solutions.join(&step.folder);
    let mut starters = Vec::new();
    for path in files_below(&package)? {
        let text = read(&path)?;
        let file = path.strip_prefix(&package)?;
        let name = file.to_string_lossy().replace('\\', "/");
        let is_source = (file.extension()).is_some_and(|kind| kind == "rs" || kind == "html");
        starters.push(Starter {
            text: match is_source {
                true => cut(&name, &text, &step.holes).with_context(|| format!("in {name}"))?,
                false => manifest(&text),
            },
            file: Path::new(&step.folder).join(file),
        });
    }
    Ok(starters)
}

/// All files below a folder, in an order that stays.
fn files_below(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let entries = fs::read_dir(&next).with_context(|| format!("reading {}", next.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// The starters of one step.
///
/// # Errors
/// As [`generate`].
pub fn of_step(solutions: &Path, step: &Step) -> anyhow::Result<Vec<Starter>> {
    let folder = solutions.join(&step.folder);
    let mut starters = Vec::new();
    for file in step.files() {
        let text = read(&folder.join(file))?;
        let text = if file == MANIFEST {
            manifest(&text)
        } else {
            cut(file, &text, &step.holes).with_context(|| format!("in {file}"))?
        };
        let file = Path::new(&step.folder).join(file);
        starters.push(Starter { file, text });
    }
    Ok(starters)
}

/// The same manifest under the learner's names: the solution's end in `-solution`.
fn manifest(manifest: &str) -> String {
    manifest.replace("-solution\"", "\"")
}

/// Puts what a learner starts with in the place of each hole.
fn cut(file: &str, source: &str, holes: &[Hole]) -> anyhow::Result<String> {
    let of_file = || holes.iter().filter(|hole| hole.file == file);
    let is_hole = |name: &str| of_file().find(|hole| hole.anchor == name);
    let mut filled = Vec::new();
    let mut used = 0;
    for marked in anchors::lines(source)? {
        if marked.inside.iter().any(|name| is_hole(name).is_some()) {
            continue;
        }
        match marked.line {
            Line::Begin(name) => {
                if let Some(hole) = is_hole(name) {
                    used += 1;
                    filled.extend(indented(&hole.starter, marked.indent));
                }
            }
            Line::End(_) => {}
            Line::Code(code) => filled.push(code.to_owned()),
        }
    }
    let named = of_file().map(|hole| hole.anchor.as_str());
    ensure!(
        used == of_file().count(),
        "holes name anchors that are not there, or not outside of another hole: {}",
        named.collect::<Vec<_>>().join(", ")
    );
    Ok(anchors::collapse_blank_lines(
        filled.iter().map(String::as_str),
    ))
}

fn indented(lines: &str, indent: usize) -> impl Iterator<Item = String> {
    lines.trim_matches('\n').lines().map(move |line| {
        if line.is_empty() {
            String::new()
        } else {
            format!("{:indent$}{line}", "")
        }
    })
}

/// The starters in a folder laid out like `lessons/`.
///
/// # Errors
/// When one is not there.
pub fn kept(folder: &Path) -> anyhow::Result<Vec<Starter>> {
    let files =
        lessons().flat_map(|step| step.files().map(|file| Path::new(&step.folder).join(file)));
    let mut files: Vec<PathBuf> = files.collect();
    for beside in [FOLDER_OF_FIRMWARE, FOLDER_OF_PAGE] {
        let beside = folder.join(beside);
        if beside.is_dir() {
            for path in files_below(&beside)? {
                files.push(path.strip_prefix(folder)?.to_owned());
            }
        }
    }
    let starters = files.into_iter().map(|file| {
        Ok(Starter {
            text: read(&folder.join(&file))?,
            file,
        })
    });
    starters.collect()
}

/// Which solution goes on from which: the later file and the earlier one, within `solutions/`.
pub fn lineage() -> impl Iterator<Item = (PathBuf, PathBuf)> {
    steps().iter().flat_map(|step| {
        step.programs.iter().filter_map(|program| {
            let later = Path::new(&step.folder).join(&program.source);
            Some((later, program.follows.as_ref()?.into()))
        })
    })
}

/// The finished programs that later steps go on from, and so show in their starters.
///
/// # Errors
/// As [`finished`].
pub fn earlier(solutions: &Path) -> anyhow::Result<Vec<Starter>> {
    let files: BTreeSet<PathBuf> = lineage().map(|(_, earlier)| earlier).collect();
    let made = files.into_iter().map(|file| {
        let text = finished(&solutions.join(&file))?;
        Ok(Starter { file, text })
    });
    made.collect()
}

/// A solution's source without its anchors.
///
/// # Errors
/// When the file cannot be read or its anchors do not match.
pub fn finished(file: &Path) -> anyhow::Result<String> {
    anchors::without_marks(&read(file)?).with_context(|| format!("in {}", file.display()))
}

fn read(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))
}

/// Writes the starters that are not already there, and returns how many.
///
/// # Errors
/// When a file cannot be written.
pub fn write(starters: &[Starter], lessons: &Path) -> anyhow::Result<usize> {
    let mut written = 0;
    for Starter { file, text } in starters {
        let file = lessons.join(file);
        if fs::read_to_string(&file).is_ok_and(|there| there == *text) {
            continue;
        }
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&file, text).with_context(|| format!("writing {}", file.display()))?;
        written += 1;
    }
    Ok(written)
}

/// Compares `lessons/` with the starters.
///
/// # Errors
/// When a file that is there cannot be read.
pub fn drift(starters: &[Starter], lessons: &Path) -> anyhow::Result<Vec<Drift>> {
    let mut drifts = Vec::new();
    for Starter { file, text } in starters {
        let path = lessons.join(file);
        let what = if !path.exists() {
            "is missing"
        } else if read(&path)? != *text {
            DIFFERS
        } else {
            continue;
        };
        drifts.push(Drift {
            file: file.clone(),
            what,
        });
    }
    Ok(drifts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hole(anchor: &str, starter: &str) -> [Hole; 1] {
        [Hole {
            file: "a.rs".to_owned(),
            anchor: anchor.to_owned(),
            starter: starter.to_owned(),
        }]
    }

    const SOURCE: &str = "one\n    // ANCHOR: a\n    two\n    // ANCHOR: b\n    three\n    \
                          // ANCHOR_END: b\n    // ANCHOR_END: a\nfour\n";

    #[test]
    fn a_hole_takes_its_anchor_and_all_inside() {
        let starter = cut("a.rs", SOURCE, &hole("a", "\n// TODO 1: write\ncode();\n"));
        assert_eq!(
            starter.unwrap(),
            "one\n    // TODO 1: write\n    code();\nfour\n"
        );
    }

    #[test]
    fn other_anchors_leave_their_lines() {
        let starter = cut("a.rs", SOURCE, &hole("b", "")).unwrap();
        assert_eq!(starter, "one\n    two\nfour\n");
        let other_file = cut("b.rs", SOURCE, &hole("b", "")).unwrap();
        assert_eq!(other_file, "one\n    two\n    three\nfour\n");
    }

    #[test]
    fn a_hole_without_an_anchor_is_refused() {
        assert!(cut("a.rs", SOURCE, &hole("nowhere", "")).is_err());
    }

    #[test]
    fn a_manifest_gets_the_learners_names() {
        assert_eq!(manifest("name = \"a-solution\"\n"), "name = \"a\"\n");
    }
}
