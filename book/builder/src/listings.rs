//! The pieces of the solutions that chapters show.
//!
//! `solutions/` is the truth; its `// ANCHOR: name` marks say where a piece starts and ends. A
//! learner's hand-out has no `solutions/`, so the pieces are checked in under `book/listings`, and
//! a build that finds both refuses to start when they differ.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::directive::Directive;
use crate::folders::Folders;

/// Pieces by the path of their file inside `book/listings`.
type Pieces = BTreeMap<PathBuf, String>;

/// A listing named like `step1-connect/main/options`, as a block of Rust with its file above it.
pub fn show(folders: &Folders, listing: &str) -> Result<String> {
    let file = folders.listings().join(format!("{listing}.rs"));
    let code = fs::read_to_string(&file)
        .with_context(|| format!("no listing {listing} ({})", file.display()))?;
    let place = learners_file(listing)?;
    Ok(format!(
        "<p class=\"listing-file\">{place}</p>\n\n```rust\n{code}```\n"
    ))
}

/// Where a learner writes this piece: `step4-commands/device/…` is `src/bin/device.rs`.
fn learners_file(listing: &str) -> Result<String> {
    let mut parts = listing.split('/');
    let (Some(step), Some(program), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        bail!("a listing is step/program/anchor, not `{listing}`");
    };
    let file = if program == "main" {
        "main.rs".to_owned()
    } else {
        format!("bin/{program}.rs")
    };
    Ok(format!("lessons/{step}/src/{file}"))
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
    for entry in fs::read_dir(folders.chapters()).context("no chapters")? {
        let path = entry?.path();
        // Pictures lie in a folder among the chapters.
        if path.is_dir() {
            continue;
        }
        let text = fs::read_to_string(path)?;
        for directive in text.lines().filter_map(Directive::parse) {
            if let ("listing", [listing]) = (directive.name, directive.arguments.as_slice()) {
                shown.insert(PathBuf::from(format!("{listing}.rs")));
            }
        }
    }
    let mut pieces = from_solutions(folders)?;
    pieces.retain(|name, _| shown.contains(name));
    Ok(pieces)
}

fn checked_in(folders: &Folders) -> Result<Pieces> {
    let root = folders.listings();
    let mut pieces = Pieces::new();
    for file in rust_files(&root)? {
        let code = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        pieces.insert(file.strip_prefix(&root)?.to_owned(), code);
    }
    Ok(pieces)
}

fn from_solutions(folders: &Folders) -> Result<Pieces> {
    let root = folders.solutions();
    let mut pieces = Pieces::new();
    for file in rust_files(&root)? {
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let inside = file.strip_prefix(&root)?;
        let step = inside
            .components()
            .next()
            .context("a file outside of any step")?;
        let program = file.file_stem().context("a file without a name")?;
        for (anchor, code) in anchors(&text).with_context(|| file.display().to_string())? {
            let name = Path::new(step.as_os_str())
                .join(program)
                .join(format!("{anchor}.rs"));
            ensure!(
                pieces.insert(name.clone(), code).is_none(),
                "two anchors are called {}",
                name.display()
            );
        }
    }
    Ok(pieces)
}

/// All `.rs` files below `folder`; none when it does not exist.
fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if !folder.is_dir() || folder.ends_with("target") {
        return Ok(found);
    }
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(found)
}

/// The pieces of one file, without the marks of anchors inside them, moved to the left margin.
fn anchors(text: &str) -> Result<BTreeMap<String, String>> {
    let mut open: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut done = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let comment = line.trim();
        if let Some(name) = comment.strip_prefix("// ANCHOR: ") {
            let twice =
                open.insert(name.to_owned(), Vec::new()).is_some() || done.contains_key(name);
            ensure!(!twice, "line {}: anchor {name} starts twice", index + 1);
        } else if let Some(name) = comment.strip_prefix("// ANCHOR_END: ") {
            let lines = open
                .remove(name)
                .with_context(|| format!("line {}: anchor {name} was not open", index + 1))?;
            ensure!(
                lines.iter().any(|line| !line.trim().is_empty()),
                "anchor {name} is empty"
            );
            done.insert(name.to_owned(), to_the_margin(&lines));
        } else {
            open.values_mut().for_each(|lines| lines.push(line));
        }
    }
    ensure!(open.is_empty(), "anchors without an end: {:?}", open.keys());
    Ok(done)
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
        let pieces = anchors(FILE).unwrap();
        assert_eq!(pieces["inner"], "if a == 1 {\n    stop();\n}\n");
        assert_eq!(
            pieces["outer"],
            "let a = 1;\nif a == 1 {\n    stop();\n}\n\n"
        );
    }

    #[test]
    fn a_broken_anchor_is_refused() {
        assert!(anchors("// ANCHOR: a\nx\n").is_err());
        assert!(anchors("// ANCHOR_END: a\n").is_err());
        assert!(anchors("// ANCHOR: a\n// ANCHOR_END: a\n").is_err());
    }

    #[test]
    fn drift_is_named() {
        let kit = tempfile::tempdir().unwrap();
        let folders = Folders::at(kit.path());
        let source = folders.solutions().join("step1-connect/src");
        fs::create_dir_all(&source).unwrap();
        fs::write(source.join("main.rs"), FILE).unwrap();
        fs::create_dir_all(folders.chapters()).unwrap();
        fs::write(
            folders.chapters().join("a.md"),
            "{{#listing step1-connect/main/inner}}",
        )
        .unwrap();
        let error = check(&folders).unwrap_err().to_string();
        assert!(error.contains("step1-connect/main/inner.rs"), "{error}");
        write(&folders).unwrap();
        check(&folders).unwrap();
        assert!(
            !folders
                .listings()
                .join("step1-connect/main/outer.rs")
                .exists(),
            "nobody shows it"
        );
        fs::write(source.join("main.rs"), FILE.replace("stop", "go")).unwrap();
        assert!(check(&folders).is_err());
    }
}
