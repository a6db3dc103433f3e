//! One chapter: its directives replaced, its reading time added, its holes refused.

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::directive::Directive;
use crate::folders::Folders;
use crate::markdown;
use crate::{diagram, glossary, listings, progress, quiz, reading_time, steps, transcript, ways};

/// The chapter as mdBook shall render it, or everything that is wrong with it.
pub fn complete(folders: &Folders, name: &str, text: &str) -> Result<String> {
    let mut problems = Vec::new();
    let mut expanded = String::with_capacity(text.len());
    for (index, line) in text.lines().enumerate() {
        match Directive::parse(line) {
            None => expanded.push_str(line),
            Some(directive) => match expand(folders, &directive) {
                Ok(piece) => expanded.push_str(&piece),
                Err(error) => problems.push(format!("{name}:{}: {error:#}", index + 1)),
            },
        }
        expanded.push('\n');
    }
    problems.extend(
        holes(&expanded)
            .into_iter()
            .map(|problem| format!("{name}: {problem}")),
    );
    if !problems.is_empty() {
        bail!("{}", problems.join("\n"));
    }
    let linked = glossary::complete(folders, name, &expanded)?;
    Ok(reading_time::announce(&linked))
}

fn expand(folders: &Folders, directive: &Directive<'_>) -> Result<String> {
    match (directive.name, directive.arguments.as_slice()) {
        ("steps", []) => Ok(steps::list()),
        ("effort", []) => Ok(steps::effort()),
        ("listing", [listing]) => listings::show(folders, listing),
        ("ways", [step, names @ ..]) => ways::show(folders, step, names),
        ("table", [name]) => transcript::table(folders, name),
        ("transcript", [step, section @ ..]) if !section.is_empty() => {
            transcript::show(folders, step, &section.join(" "))
        }
        // For the test only, which compares the mistake with the program.
        ("corpus", [_, ..]) => Ok(String::new()),
        ("quiz", [quiz]) => Ok(quiz::load(folders, quiz)?.html(folders)?),
        ("diagram", [diagram]) => diagram::show(folders, diagram),
        ("progress", []) => progress::table(folders).context("the table of quizzes"),
        (name, arguments) => bail!(
            "`{{{{#{name}}}}}` with {} arguments is none of our directives; \
             book/builder/src/directive.rs lists them",
            arguments.len()
        ),
    }
}

/// What a reader would meet as a gap: a directive left over, a block of code with nothing in it, a
/// heading that no hint can point at.
fn holes(text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for (line, piece) in markdown::prose(text) {
        if piece.contains("{{#") {
            problems.push(format!(
                "`{piece}` (line {line}): a directive stands alone on its line"
            ));
        }
    }
    for block in markdown::code_blocks(text) {
        if block.text.trim().is_empty() {
            problems.push(format!("the code block in line {} is empty", block.line));
        }
        if let Err(error) = reads_as(&block.language, &block.text) {
            problems.push(format!(
                "the {} in line {}: {error:#}",
                block.language, block.line
            ));
        }
    }
    problems.extend(headings_without_id(text));
    problems
}

/// A learner copies settings and JSON from the book; they must at least parse.
fn reads_as(language: &str, text: &str) -> Result<()> {
    match language {
        "toml" => toml::from_str::<toml::Table>(text)
            .map(|_| ())
            .context("it is no TOML"),
        "json" => serde_json::from_str::<Value>(text)
            .map(|_| ())
            .context("it is no JSON"),
        "diff" | "rust" | "sh" | "text" => Ok(()),
        // A test in a browser opens the guide's page, and does what is written in its console.
        "html" | "js" => Ok(()),
        // The grader's tests run the guide's scripts and workflows.
        "bash" | "yaml" => Ok(()),
        other => bail!("`{other}` is none of the languages of this book"),
    }
}

fn headings_without_id(text: &str) -> Vec<String> {
    use pulldown_cmark::{Event, Tag};
    markdown::events(text)
        .filter_map(|(event, range)| match event {
            Event::Start(Tag::Heading { id: None, .. }) => {
                let heading = text.get(range).unwrap_or_default().trim();
                Some(format!(
                    "`{heading}` has no id; write `{heading} {{#short-name}}`"
                ))
            }
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kit() -> (tempfile::TempDir, Folders) {
        let kit = tempfile::tempdir().unwrap();
        let folders = Folders::at(kit.path());
        (kit, folders)
    }

    #[test]
    fn a_missing_listing_names_the_chapter_and_the_line() {
        let (_kit, folders) = kit();
        let text = "# T {#t}\n\n{{#listing step1-connect/device/gone}}\n";
        let error = complete(&folders, "mqtt.md", text).unwrap_err().to_string();
        assert!(error.starts_with("mqtt.md:3: "), "{error}");
        assert!(error.contains("step1-connect/device/gone"), "{error}");
    }

    #[test]
    fn gaps_are_refused() {
        let (_kit, folders) = kit();
        for gap in [
            "see {{#quiz x}}",
            "```rust\n```",
            "## No id",
            "{{#include x.rs}}",
            "```toml\na = b\n```",
            "```\nno language\n```",
        ] {
            let text = format!("# T {{#t}}\n\n{gap}\n");
            assert!(complete(&folders, "c.md", &text).is_err(), "{gap} passed");
        }
        let good = "# T {#t}\n\n```rust\nlet a = 1;\n```\n";
        assert!(complete(&folders, "c.md", good).is_ok());
    }
}
