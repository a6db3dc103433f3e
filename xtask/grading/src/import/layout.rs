//! Finds the folder that is laid out like `lessons/`, however deep it was packed.

use std::collections::BTreeSet;

use super::path::Pattern;

/// The parts of the path to the folder that holds the steps. The shallowest counts, `lessons` before others.
pub(super) fn root<'a>(
    paths: impl Iterator<Item = &'a [String]> + Clone,
    patterns: &[Pattern],
    documents: &[String],
) -> Result<Vec<String>, String> {
    let is_step = |part: &String| {
        patterns
            .iter()
            .any(|pattern| pattern.step() == Some(part.as_str()))
    };
    let mut roots: BTreeSet<(usize, Vec<String>)> = BTreeSet::new();
    for path in paths.clone().filter(|path| !is_junk(path)) {
        if let Some(depth) = path.iter().position(is_step) {
            roots.insert((depth, path[..depth].to_vec()));
        }
    }
    let Some(shallowest) = roots.first().map(|(depth, _)| *depth) else {
        // Only the written assignment, say: then the steps are missing, and that is told elsewhere.
        let has_document = paths
            .clone()
            .any(|path| path.last().is_some_and(|file| documents.contains(file)));
        return if has_document {
            Ok(Vec::new())
        } else {
            Err("it holds no lesson".into())
        };
    };
    let mut candidates: Vec<Vec<String>> = roots
        .into_iter()
        .filter(|(depth, _)| *depth == shallowest)
        .map(|(_, root)| root)
        .collect();
    if let Some(lessons) = candidates
        .iter()
        .position(|root| root.last().is_some_and(|name| name == "lessons"))
    {
        return Ok(candidates.swap_remove(lessons));
    }
    match candidates.len() {
        1 => Ok(candidates.remove(0)),
        _ => {
            let names: Vec<String> = candidates.iter().map(|root| root.join("/")).collect();
            Err(format!(
                "it holds several copies of the lessons: {}",
                names.join(", ")
            ))
        }
    }
}

/// Whether this is a file that operating systems and tools leave behind.
fn is_junk(path: &[String]) -> bool {
    path.iter().any(|part| {
        matches!(
            part.as_str(),
            "__MACOSX" | ".git" | "target" | "node_modules"
        )
    })
}

/// Where a path goes in the scratch folder; nothing when it is not wanted.
pub(super) fn place(
    path: &[String],
    root: &[String],
    patterns: &[Pattern],
    documents: &[String],
) -> Option<String> {
    if is_junk(path) {
        return None;
    }
    if let Some(below) = path.strip_prefix(root)
        && patterns
            .iter()
            .any(|pattern| pattern.matches(below) || pattern.is_below(below))
    {
        return Some(below.join("/"));
    }
    let (file, folder) = path.split_last()?;
    // Beside the steps, or in a folder around them.
    (documents.contains(file) && root.starts_with(folder)).then(|| file.clone())
}
