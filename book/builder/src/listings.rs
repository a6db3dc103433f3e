//! The pieces of the solutions that chapters show.
//!
//! `solutions/` is the truth; its `// ANCHOR: name` marks say where a piece starts and ends. A
//! learner's hand-out has no `solutions/`, so the pieces are checked in under `book/listings`, and
//! a build that finds both refuses to start when they differ.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use course::Step;
use course::anchors::{self, Line};

use crate::directive::Directive;
use crate::folders::Folders;
use crate::ways;

/// Pieces by the path of their file inside `book/listings`.
type Pieces = BTreeMap<PathBuf, String>;

/// A listing named like `step1-connect/device/options`, as a block of Rust with its file above it.
pub fn show(folders: &Folders, listing: &str) -> Result<String> {
    let file = folders.listings().join(format!("{listing}.rs"));
    let code = fs::read_to_string(&file)
        .with_context(|| format!("no listing {listing} ({})", file.display()))?;
    let place = learners_file(listing)?;
    Ok(format!(
        "<p class=\"listing-file\">{place}</p>\n\n```rust\n{code}```\n"
    ))
}

/// Where a learner writes this piece: `step4-commands/device/…` is that step's device.
fn learners_file(listing: &str) -> Result<String> {
    let parts = listing.split_once('/').zip(listing.rsplit_once('/'));
    let found = parts.and_then(|((folder, _), (place, _))| {
        let step = packages().find(|step| step.folder == folder)?;
        let file = step.files().find(|file| {
            let name = name(step, file);
            name.is_some_and(|name| format!("{folder}/{name}") == place)
        })?;
        Some(format!("lessons/{folder}/{file}"))
    });
    found.with_context(|| {
        format!(
            "a listing is step/program/anchor, or step/module/anchor for what is no program's main \
             file; `{listing}` is none"
        )
    })
}

/// All that has a starter.
fn packages() -> impl Iterator<Item = &'static Step> {
    course::lessons().chain([course::firmware()])
}

/// What listings call a file of a step: by its program, or by its place below `src/` or `src/bin/`.
fn name<'a>(step: &'a Step, file: &'a str) -> Option<&'a str> {
    if let Some(program) = step.programs.iter().find(|program| program.source == file) {
        return Some(program.id.name());
    }
    let module = file.strip_prefix("src/")?.strip_suffix(".rs")?;
    Some(module.strip_prefix("bin/").unwrap_or(module))
}

/// Writes `book/listings` anew.
pub fn write(folders: &Folders) -> Result<()> {
    let pieces = wanted(folders)?;
    ensure!(
        !pieces.is_empty(),
        "there is no solutions/ with anchors here; nothing written"
    );
    let listings = folders.listings();
    if listings.exists() {
        fs::remove_dir_all(&listings).with_context(|| listings.display().to_string())?;
    }
    for (name, code) in &pieces {
        let file = listings.join(name);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        }
        fs::write(&file, code).with_context(|| file.display().to_string())?;
    }
    println!(
        "{} listings written to {}",
        pieces.len(),
        listings.display()
    );
    Ok(())
}

/// Refuses listings that are not what the solutions say. Without solutions there is nothing to
/// compare with.
pub fn check(folders: &Folders) -> Result<()> {
    if !folders.solutions().is_dir() {
        return Ok(());
    }
    let (wanted, found) = (wanted(folders)?, checked_in(folders)?);
    let differing: BTreeSet<String> = wanted
        .keys()
        .chain(found.keys())
        .filter(|name| wanted.get(*name) != found.get(*name))
        .map(|name| name.display().to_string())
        .collect();
    ensure!(
        differing.is_empty(),
        "the listings are not what the solutions say: {}\nrun `cargo xtask book listings`",
        differing.into_iter().collect::<Vec<_>>().join(", ")
    );
    Ok(())
}

/// The pieces that chapters ask for. Those that no chapter shows exist for the starters only.
fn wanted(folders: &Folders) -> Result<Pieces> {
    let mut shown = BTreeSet::new();
    let mut other = Pieces::new();
    for entry in fs::read_dir(folders.chapters()).context("no chapters")? {
        let path = entry?.path();
        // Pictures lie in a folder among the chapters.
        if path.is_dir() {
            continue;
        }
        let text = fs::read_to_string(path)?;
        for directive in text.lines().filter_map(Directive::parse) {
            match (directive.name, directive.arguments.as_slice()) {
                ("listing", [listing]) => {
                    shown.insert(PathBuf::from(format!("{listing}.rs")));
                }
                ("ways", [step, names @ ..]) => {
                    for name in names {
                        other.insert(ways::piece(step, name)?, ways::made(folders, step, name)?);
                    }
                }
                _ => {}
            }
        }
    }
    let mut pieces = from_solutions(folders)?;
    pieces.retain(|name, _| shown.contains(name));
    pieces.extend(other);
    Ok(pieces)
}

fn checked_in(folders: &Folders) -> Result<Pieces> {
    let root = folders.listings();
    let mut pieces = Pieces::new();
    for file in files(&root)? {
        let code = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        pieces.insert(file.strip_prefix(&root)?.to_owned(), code);
    }
    Ok(pieces)
}

fn from_solutions(folders: &Folders) -> Result<Pieces> {
    let mut pieces = Pieces::new();
    for step in packages() {
        for file in step.files() {
            let Some(name) = name(step, file) else {
                continue;
            };
            let source = folders.solutions().join(&step.folder).join(file);
            let text = fs::read_to_string(&source).with_context(|| source.display().to_string())?;
            for (anchor, code) in pieces_of(&text).with_context(|| source.display().to_string())? {
                let name = format!("{}/{name}/{anchor}.rs", step.folder);
                let twice = pieces.insert(PathBuf::from(&name), code).is_some();
                ensure!(!twice, "two anchors are called {name}");
            }
        }
    }
    Ok(pieces)
}

/// All files of code and of [ways] below `folder`; none when it does not exist.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if !folder.is_dir() {
        return Ok(found);
    }
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "rs" || extension == "md")
        {
            found.push(path);
        }
    }
    Ok(found)
}

/// The pieces of one file, without the marks of anchors inside them, moved to the left margin.
fn pieces_of(source: &str) -> Result<BTreeMap<&str, String>> {
    let mut pieces: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for marked in anchors::lines(source)? {
        if let Line::Code(code) = marked.line {
            for anchor in marked.inside {
                pieces.entry(anchor).or_default().push(code);
            }
        }
    }
    let pieces = pieces.into_iter();
    Ok(pieces
        .map(|(anchor, lines)| (anchor, to_the_margin(&lines)))
        .collect())
}

fn to_the_margin(lines: &[&str]) -> String {
    let indent = |line: &&&str| line.len() - line.trim_start().len();
    let margin = lines
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(|l| indent(&l))
        .min();
    let margin = margin.unwrap_or(0);
    lines
        .iter()
        .map(|line| format!("{}\n", line.get(margin..).unwrap_or("")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
fn main() {
    // ANCHOR: outer
    let a = 1;
    // ANCHOR: inner
    if a == 1 {
        stop();
    }
    // ANCHOR_END: inner

    // ANCHOR_END: outer
}
";

    #[test]
    fn a_piece_starts_at_the_margin_and_hides_the_marks_in_it() {
        let pieces = pieces_of(FILE).unwrap();
        assert_eq!(pieces["inner"], "if a == 1 {\n    stop();\n}\n");
        assert_eq!(
            pieces["outer"],
            "let a = 1;\nif a == 1 {\n    stop();\n}\n\n"
        );
    }

    #[test]
    fn a_program_and_a_module_of_it_lead_to_their_files() {
        for step in course::steps() {
            for program in &step.programs {
                let listing = format!("{}/{}/anchor", step.folder, program.id);
                let file = format!("lessons/{}/{}", step.folder, program.source);
                assert_eq!(learners_file(&listing).unwrap(), file);
            }
        }
        let step = &course::steps()[0];
        assert_eq!(name(step, "src/bin/device/queue.rs"), Some("device/queue"));
        assert_eq!(name(step, "src/topics.rs"), Some("topics"));
        assert_eq!(name(step, "Cargo.toml"), None);
        for wrong in [
            "step1-connect/options",
            "step1-connect/gone/options",
            "options",
        ] {
            let error = learners_file(wrong).unwrap_err().to_string();
            assert!(error.contains(wrong), "{error}");
        }
    }

    #[test]
    fn drift_is_named() {
        let kit = tempfile::tempdir().unwrap();
        let folders = Folders::at(kit.path());
        for step in packages() {
            for file in step.files() {
                let source = folders.solutions().join(&step.folder).join(file);
                fs::create_dir_all(source.parent().unwrap()).unwrap();
                fs::write(source, FILE).unwrap();
            }
        }
        fs::create_dir_all(folders.chapters()).unwrap();
        fs::write(
            folders.chapters().join("a.md"),
            "{{#listing step1-connect/device/inner}}",
        )
        .unwrap();
        let error = check(&folders).unwrap_err().to_string();
        assert!(error.contains("step1-connect/device/inner.rs"), "{error}");
        write(&folders).unwrap();
        check(&folders).unwrap();
        assert!(
            !folders
                .listings()
                .join("step1-connect/device/outer.rs")
                .exists(),
            "nobody shows it"
        );
        let source = folders.solutions().join("step1-connect/src/main.rs");
        fs::write(source, FILE.replace("stop", "go")).unwrap();
        assert!(check(&folders).is_err());
    }
}
