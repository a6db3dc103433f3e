//! A step begins where the one before ended: its solution holds the earlier one's code, but for
//! the pieces that it marks as its own.

use std::collections::HashSet;
use std::fs;

use course::starters;
use similar::{ChangeTag, TextDiff};

use super::root;

#[test]
fn only_marked_pieces_are_new() {
    let solutions = root().join("solutions");
    let lineage: Vec<_> = starters::lineage().collect();
    assert_eq!(lineage.len(), 3, "three programs go on from an earlier one");
    for (file, previous) in lineage {
        let source = fs::read_to_string(solutions.join(&file)).unwrap();
        let marked = marked_lines(&source);
        let later = starters::finished(&solutions.join(&file)).unwrap();
        let earlier = starters::finished(&solutions.join(&previous)).unwrap();
        let diff = TextDiff::from_lines(&earlier, &later);
        for change in diff
            .iter_all_changes()
            .filter(|change| change.tag() == ChangeTag::Insert)
        {
            let line = change.value().trim();
            assert!(
                line.is_empty() || marked.contains(line),
                "{} differs from {} outside its anchors: {line}",
                file.display(),
                previous.display()
            );
        }
    }
}

/// The lines that stand between an anchor and its end.
fn marked_lines(source: &str) -> HashSet<&str> {
    let mut depth = 0;
    let mut marked = HashSet::new();
    for line in source.lines().map(str::trim) {
        if line.starts_with("// ANCHOR: ") {
            depth += 1;
        } else if line.starts_with("// ANCHOR_END: ") {
            depth -= 1;
        } else if depth > 0 {
            marked.insert(line);
        }
    }
    marked
}
