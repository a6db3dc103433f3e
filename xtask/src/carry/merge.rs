//! Three texts into one: what the kit's program was, what it becomes, and what a learner has made
//! of it meanwhile.

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices};

/// How far what is shown of the kit's program stands from its comment's mark.
const INSET: &str = "    ";

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The learner's program, with what the kit's gets.
    pub text: String,
    /// How many places both have changed. There the learner's lines stay, and a comment above them
    /// shows what the kit's are.
    pub places: usize,
}

/// Puts into `theirs`, which the learner has made of `before`, what `after` has more. Nothing, when
/// the learner's program has little in common with `before`: then nothing would find its place.
pub fn merge(before: &str, theirs: &str, after: &str, step: &str) -> Option<Merged> {
    let [before, theirs, after] =
        [before, theirs, after].map(|text| text.lines().collect::<Vec<_>>());
    let (in_theirs, in_after) = (places(&before, &theirs), places(&before, &after));
    let kept = in_theirs.iter().flatten().count();
    if 2 * kept < before.len() {
        return None;
    }
    let mut lines: Vec<String> = Vec::new();
    let mut conflicts = 0;
    // As far as each of the three has been read.
    let (mut old, mut own, mut new) = (0, 0, 0);
    loop {
        let same = |line: usize| {
            in_theirs
                .get(line)
                .copied()?
                .zip(in_after.get(line).copied()?)
        };
        let next = (old..before.len()).find_map(|line| Some((line, same(line)?)));
        let (line, (own_line, new_line)) =
            next.unwrap_or((before.len(), (theirs.len(), after.len())));
        let (was, is, becomes) = (
            &before[old..line],
            &theirs[own..own_line],
            &after[new..new_line],
        );
        let own_lines = is.iter().map(|line| (*line).to_owned());
        if was == is {
            lines.extend(becomes.iter().map(|line| (*line).to_owned()));
        } else if was == becomes || is == becomes {
            lines.extend(own_lines);
        } else if was.is_empty() {
            // Both have put something here, and there is room for both; but nothing is imported twice.
            let is_twice = |line: &&&str| line.starts_with("use ") && is.contains(line);
            lines.extend(own_lines);
            let more = becomes.iter().filter(|line| !is_twice(line));
            lines.extend(more.map(|line| (*line).to_owned()));
        } else {
            let shown = shown(was, becomes, is, step);
            conflicts += usize::from(!shown.is_empty());
            lines.extend(shown);
            lines.extend(own_lines);
        }
        if line == before.len() {
            break;
        }
        lines.push(before[line].to_owned());
        (old, own, new) = (line + 1, own_line + 1, new_line + 1);
    }
    Some(Merged {
        text: lines.join("\n") + "\n",
        places: conflicts,
    })
}

/// Where each line of `from` stands in `to`, if it does.
fn places(from: &[&str], to: &[&str]) -> Vec<Option<usize>> {
    let mut places = vec![None; from.len()];
    for operation in capture_diff_slices(Algorithm::Patience, from, to) {
        if let DiffOp::Equal {
            old_index,
            new_index,
            len,
        } = operation
        {
            for offset in 0..len {
                places[old_index + offset] = Some(new_index + offset);
            }
        }
    }
    places
}

/// What the kit's program gets here, as a comment above the learner's own lines. A TODO is one
/// already.
fn shown(was: &[&str], becomes: &[&str], is: &[&str], step: &str) -> Vec<String> {
    let mut todos = Vec::new();
    let mut code = Vec::new();
    for operation in capture_diff_slices(Algorithm::Patience, was, becomes) {
        let range = operation.new_range();
        if operation.tag() == DiffTag::Equal || range.is_empty() {
            continue;
        }
        let (comments, lines): (Vec<&str>, Vec<&str>) = becomes[range.clone()]
            .iter()
            .copied()
            .filter(|line| !line.trim().is_empty() && !line.starts_with("//!"))
            .partition(|line| line.trim_start().starts_with("//"));
        todos.extend(comments.iter().map(|line| (*line).to_owned()));
        if lines.is_empty() {
            continue;
        }
        if !code.is_empty() {
            code.push("…");
        }
        code.extend(lines);
        // What stands behind it tells where it belongs.
        code.extend(becomes.get(range.end).copied());
    }
    if code.is_empty() {
        return todos;
    }
    let indent = |line: &str| line.len() - line.trim_start().len();
    let margin = is
        .first()
        .or(becomes.first())
        .map_or(0, |line| indent(line));
    let least = code
        .iter()
        .filter(|line| **line != "…")
        .map(|line| indent(line));
    let least = least.min().unwrap_or_default();
    let comment = |words: &str| format!("{:margin$}// {words}", "");
    todos.push(comment(&format!(
        "TODO: here your program is your own, and {step} changes something. The kit's has here:"
    )));
    todos.extend(code.iter().map(|line| {
        let line = line.get(least..).unwrap_or(line);
        comment(&format!("{INSET}{line}"))
    }));
    todos
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "//! one\nuse a;\n\nfn main() {\n    begin();\n    match x {\n        A => go(),\n    }\n    end();\n}\n";
    const AFTER: &str = "//! two\nuse a;\n// TODO 1: more\nuse b;\n\nfn main() {\n    begin();\n    match x {\n        A => {\n            go();\n            tell();\n        }\n    }\n    end();\n}\n";

    #[test]
    fn who_wrote_the_same_gets_the_starter() {
        let merged = merge(BEFORE, BEFORE, AFTER, "step2").unwrap();
        assert_eq!((merged.text.as_str(), merged.places), (AFTER, 0));
    }

    #[test]
    fn what_is_the_learners_own_stays_and_what_is_new_comes_in() {
        let theirs = BEFORE.replace("    end();", "    say();\n    end();");
        let merged = merge(BEFORE, &theirs, AFTER, "step2").unwrap();
        let wanted = AFTER.replace("    end();", "    say();\n    end();");
        assert_eq!((merged.text, merged.places), (wanted, 0));
    }

    #[test]
    fn where_both_have_changed_something_the_learners_stays_and_the_kits_is_shown() {
        let theirs = BEFORE.replace("A => go(),", "A => run(),");
        let merged = merge(BEFORE, &theirs, AFTER, "step2").unwrap();
        assert_eq!(merged.places, 1);
        assert!(
            merged.text.contains("        //         tell();\n"),
            "{}",
            merged.text
        );
        assert!(
            merged.text.contains("        A => run(),\n    }\n"),
            "{}",
            merged.text
        );
        assert!(
            merged.text.contains("// TODO 1: more\nuse b;\n"),
            "{}",
            merged.text
        );
    }

    #[test]
    fn what_is_written_all_otherwise_is_not_merged() {
        assert_eq!(
            merge(BEFORE, "fn main() {\n    mine();\n}\n", AFTER, "step2"),
            None
        );
    }
}
