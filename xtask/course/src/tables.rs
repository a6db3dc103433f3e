//! Lists of all steps in files that people and editors read as they are.
//!
//! Each stands in a block between two marks, lines of their own. In Markdown, `<!-- steps -->` and
//! `<!-- /steps -->` hold a table of goals; in an editor's JSON, `// steps` and `// /steps` hold the
//! steps' names.

use anyhow::{Context, ensure};

use crate::steps;

/// The files that have such blocks, from the kit's root.
pub static FILES: [&str; 3] = [".vscode/tasks.json", "README.md", "xtask/handout/README.md"];

/// What may stand between two marks.
struct Kind {
    begin: &'static str,
    end: &'static str,
    lines: fn() -> Vec<String>,
}

static KINDS: [Kind; 2] = [
    Kind {
        begin: "<!-- steps -->",
        end: "<!-- /steps -->",
        lines: goals,
    },
    Kind {
        begin: "// steps",
        end: "// /steps",
        lines: names,
    },
];

/// The same text with its blocks as the steps want them.
///
/// # Errors
/// When it has no block, or one that does not end.
pub fn filled(text: &str) -> anyhow::Result<String> {
    let mut filled = String::new();
    let mut push = |line: &str| {
        filled += line;
        filled.push('\n');
    };
    let mut lines = text.lines();
    let mut blocks = 0;
    while let Some(line) = lines.next() {
        push(line);
        let mark = line.trim();
        let Some(kind) = KINDS.iter().find(|kind| kind.begin == mark) else {
            continue;
        };
        let indent = line.len() - line.trim_start().len();
        for line in (kind.lines)() {
            push(format!("{:indent$}{line}", "").trim_end());
        }
        // What stands there now is left out.
        let end = lines.find(|line| line.trim() == kind.end);
        push(end.with_context(|| format!("`{}` is missing after `{mark}`", kind.end))?);
        blocks += 1;
    }
    ensure!(blocks > 0, "it has no block such as `{}`", KINDS[0].begin);
    Ok(filled)
}

/// Blank lines around it, because a comment of HTML is no part of a table.
fn goals() -> Vec<String> {
    let head = ["", "| step | you build |", "|---|---|"].map(str::to_owned);
    let rows = steps()
        .iter()
        .map(|step| format!("| {} {} | {} |", step.number, step.package, step.goal));
    head.into_iter()
        .chain(rows)
        .chain([String::new()])
        .collect()
}

fn names() -> Vec<String> {
    let mut names: Vec<String> = steps()
        .iter()
        .map(|step| format!("\"{}\",", step.name()))
        .collect();
    if let Some(last) = names.last_mut() {
        // JSON allows no comma there.
        last.pop();
    }
    names
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_has_the_steps_of_the_course() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        // In a hand-out they are a learner's to change.
        if !root.join("solutions").is_dir() {
            return;
        }
        for file in FILES {
            let text = fs::read_to_string(root.join(file)).unwrap();
            let filled = filled(&text).unwrap();
            assert!(filled == text, "{file}: run `cargo xtask starters`");
        }
    }

    #[test]
    fn a_block_is_replaced_and_the_rest_stays() {
        let stale = "# Kit\n<!-- steps -->\nold\n<!-- /steps -->\nend\n";
        let text = filled(stale).unwrap();
        assert!(
            text.starts_with("# Kit\n<!-- steps -->\n\n| step |"),
            "{text}"
        );
        assert!(text.contains("\n| 2 telemetry | the nightlight"), "{text}");
        assert!(text.ends_with("|\n\n<!-- /steps -->\nend\n"), "{text}");
        assert!(!text.contains("old"));
        assert_eq!(filled(&text).unwrap(), text);
    }

    #[test]
    fn an_editors_list_stays_json_at_its_indentation() {
        let text = filled("[\n  // steps\n  // /steps\n]\n").unwrap();
        let json = text.replace("// steps", "").replace("// /steps", "");
        let names: Vec<String> = serde_json::from_str(&json).unwrap();
        let expected: Vec<String> = steps().iter().map(crate::Step::name).collect();
        assert_eq!(names, expected);
        assert!(text.contains("\n  \"step2\",\n"), "{text}");
    }

    #[test]
    fn a_lost_mark_is_named() {
        for (text, words) in [
            ("# Kit\n", "no block"),
            ("<!-- steps -->\nrest\n", "<!-- /steps -->"),
        ] {
            let error = filled(text).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
