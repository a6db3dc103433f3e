//! Other right ways to write a step: programs of the corpus that pass, and how each differs from the
//! solution.
//!
//! A hand-out has neither solutions nor corpus. What a chapter shows is checked in, among the
//! [listings](crate::listings).

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use course::Step;
use course::starters;
use serde::Deserialize;
use similar::{ChangeTag, TextDiff};

use crate::folders::Folders;

/// How many equal lines are shown around a difference.
const CONTEXT: usize = 1;

/// An entry of the corpus.
#[derive(Debug, Deserialize)]
struct Way {
    /// What is different, and what that is good for.
    about: String,
    /// Within the step's folder.
    file: String,
    change: Vec<Change>,
}

#[derive(Debug, Deserialize)]
struct Change {
    replace: String,
    with: String,
}

/// Where a way is checked in, inside `book/listings`.
pub fn piece(step: &str, name: &str) -> Result<PathBuf> {
    let step = course::find(step)?;
    Ok(PathBuf::from(format!("{}/ways/{name}.md", step.folder)))
}

/// All of them, folded: who has not passed yet need not see them.
pub fn show(folders: &Folders, step: &str, names: &[&str]) -> Result<String> {
    ensure!(!names.is_empty(), "which other ways of {step}?");
    let mut html = String::from(
        "<details class=\"ways\">\n<summary>Open this when your own has passed</summary>\n",
    );
    for name in names {
        let file = folders.listings().join(piece(step, name)?);
        let way = fs::read_to_string(&file)
            .with_context(|| format!("no other way {name} ({})", file.display()))?;
        html += &format!("\n{way}");
    }
    Ok(html + "\n</details>\n")
}

/// What is checked in: a sentence or two, and the difference.
pub fn made(folders: &Folders, step: &str, name: &str) -> Result<String> {
    let step = course::find(step)?;
    let path = format!("{}/right/{name}.toml", step.name());
    let text = fs::read_to_string(folders.corpus().join(&path))
        .with_context(|| format!("there is no right program {path}"))?;
    let way: Way = toml::from_str(&text).with_context(|| path.clone())?;
    way.told(folders, step).with_context(|| path)
}

impl Way {
    fn told(&self, folders: &Folders, step: &Step) -> Result<String> {
        let source = folders.solutions().join(&step.folder).join(&self.file);
        let marked = fs::read_to_string(&source).with_context(|| source.display().to_string())?;
        let mut changed = marked;
        for Change { replace, with } in &self.change {
            ensure!(
                changed.contains(replace.as_str()),
                "the solution has no `{replace}`"
            );
            changed = changed.replacen(replace.as_str(), with, 1);
        }
        let changed = course::anchors::without_marks(&changed)?;
        let difference = difference(&starters::finished(&source)?, &changed);
        Ok(format!(
            "{}\n\n<p class=\"listing-file\">lessons/{}/{}</p>\n\n```diff\n{difference}```\n",
            self.about, step.folder, self.file
        ))
    }
}

/// What goes and what comes, in groups, each moved to the left margin.
fn difference(solution: &str, other: &str) -> String {
    let diff = TextDiff::from_lines(solution, other);
    let groups = diff.grouped_ops(CONTEXT);
    let groups = groups.iter().map(|operations| {
        let changes = operations
            .iter()
            .flat_map(|operation| diff.iter_changes(operation));
        let mut lines: Vec<(char, &str)> = changes
            .map(|change| {
                let sign = match change.tag() {
                    ChangeTag::Equal => ' ',
                    ChangeTag::Delete => '-',
                    ChangeTag::Insert => '+',
                };
                (sign, change.value().trim_end())
            })
            .collect();
        let is_blank = |line: Option<&(char, &str)>| line == Some(&(' ', ""));
        while is_blank(lines.last()) {
            lines.pop();
        }
        while is_blank(lines.first()) {
            lines.remove(0);
        }
        let indents = lines.iter().filter(|(_, line)| !line.is_empty());
        let margin = indents.map(|(_, line)| line.len() - line.trim_start().len());
        let margin = margin.min().unwrap_or(0);
        let lines = lines.iter().map(|(sign, line)| {
            let line = format!("{sign} {}", line.get(margin..).unwrap_or_default());
            line.trim_end().to_owned() + "\n"
        });
        lines.collect::<String>()
    });
    groups.collect::<Vec<_>>().join("  …\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_shows_signs_and_starts_at_the_margin() {
        let before = "fn a() {\n    one();\n    two();\n    three();\n}\n";
        let after = before.replace("    two();\n", "    if true {\n        two();\n    }\n");
        assert_eq!(
            difference(before, &after),
            "  one();\n- two();\n+ if true {\n+     two();\n+ }\n  three();\n"
        );
    }

    #[test]
    fn a_way_is_made_of_the_solution_and_shown_folded() {
        let kit = tempfile::tempdir().unwrap();
        let folders = Folders::at(kit.path());
        let step = &course::steps()[0];
        let write = |file: PathBuf, text: &str| {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        };
        let solution = "// ANCHOR: a\na();\n// ANCHOR_END: a\n";
        write(
            folders.solutions().join(&step.folder).join("src/main.rs"),
            solution,
        );
        let entry = "about = 'Good for b.'\nfile = 'src/main.rs'\n\
                     change = [{ replace = 'a();', with = 'b();' }]\n";
        let corpus = folders.corpus().join(step.name()).join("right/way.toml");
        write(corpus, entry);
        let made = made(&folders, &step.name(), "way").unwrap();
        assert!(made.starts_with("Good for b.\n"), "{made}");
        assert!(made.contains("```diff\n- a();\n+ b();\n```"), "{made}");

        let error = show(&folders, &step.name(), &["way"]).unwrap_err();
        assert!(error.to_string().contains("no other way way"), "{error}");
        let piece = folders.listings().join(piece(&step.name(), "way").unwrap());
        write(piece, &made);
        let shown = show(&folders, &step.name(), &["way"]).unwrap();
        assert!(
            shown.contains("<details") && shown.contains(&made),
            "{shown}"
        );
    }
}
