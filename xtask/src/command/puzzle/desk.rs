//! The folder where a puzzle lies: `lessons/puzzle`. Git ignores it, and it is no package: only
//! sources lie in it, laid out as in `lessons/`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use terminal::workspace::shown;

use crate::command::reset;
use crate::lesson::PUZZLE as NAME;

/// Says which puzzle lies there, in its first line.
const README: &str = "README.md";
const HEADING: &str = "# Puzzle ";

/// Texts by their path within the folder, with slashes.
pub type Files = BTreeMap<String, String>;

/// The folder.
pub fn place(root: &Path) -> PathBuf {
    root.join("lessons").join(NAME)
}

/// The number of the puzzle that lies there.
pub fn there(root: &Path) -> Option<usize> {
    let text = fs::read_to_string(place(root).join(README)).ok()?;
    text.lines().next()?.strip_prefix(HEADING)?.parse().ok()
}

/// Puts a puzzle there, and words about it.
pub fn write(root: &Path, number: usize, words: &str, given: &Files) -> anyhow::Result<()> {
    let readme = (README.to_owned(), format!("{HEADING}{number}\n\n{words}"));
    let all = given.iter().chain([(&readme.0, &readme.1)]);
    for (file, text) in all {
        let file = place(root).join(file);
        let folder = file.parent().map_or(Ok(()), fs::create_dir_all);
        folder
            .and_then(|()| fs::write(&file, text))
            .with_context(|| format!("writing {}", shown(&file)))?;
    }
    Ok(())
}

/// Whether what lies there is what was given.
pub fn is_untouched(root: &Path, given: &Files) -> anyhow::Result<bool> {
    let mut found = BTreeMap::new();
    read(&place(root), "", &mut found)?;
    found.remove(README);
    let same = |(file, text): (&String, &String)| {
        found
            .get(file)
            .is_some_and(|bytes| bytes == text.as_bytes())
    };
    Ok(found.len() == given.len() && given.iter().all(same))
}

/// All files below a folder, by their path within it.
fn read(folder: &Path, within: &str, found: &mut BTreeMap<String, Vec<u8>>) -> anyhow::Result<()> {
    let unreadable = || format!("reading {}", shown(folder));
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{within}{name}");
        if path.is_dir() {
            read(&path, &format!("{name}/"), found)?;
        } else {
            let bytes = fs::read(&path).with_context(|| format!("reading {}", shown(&path)))?;
            found.insert(name, bytes);
        }
    }
    Ok(())
}

/// Empties the folder. Unless it holds what was given, that is saved first: says where.
pub fn clear(root: &Path, given: Option<&Files>) -> anyhow::Result<Option<PathBuf>> {
    let folder = place(root);
    if !folder.exists() {
        return Ok(None);
    }
    let is_untouched = match given {
        Some(given) => is_untouched(root, given)?,
        None => false,
    };
    let saved = match is_untouched {
        true => None,
        false => reset::save(root, &folder, NAME)?,
    };
    fs::remove_dir_all(&folder).with_context(|| format!("emptying {}", shown(&folder)))?;
    Ok(saved)
}
