//! One spelling for each term of the field, in chapters and quizzes.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::folders::Folders;
use crate::{markdown, quiz};

/// `book/terms.toml`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Terms {
    /// Words that have exactly one spelling, capitals included.
    exact: Vec<String>,
    /// A wrong spelling, in small letters, and what to write instead.
    instead: BTreeMap<String, String>,
}

/// Checks all prose; says how many words it read.
pub fn check(folders: &Folders) -> Result<usize> {
    let file = folders.book().join("terms.toml");
    let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let terms: Terms = toml::from_str(&text).with_context(|| file.display().to_string())?;
    let mut problems = Vec::new();
    let mut words = 0;
    for (name, line, prose) in all_prose(folders)? {
        words += prose.split_whitespace().count();
        for problem in terms.misspelt(&prose) {
            problems.push(format!("{name}:{line}: {problem}"));
        }
    }
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(words)
}

fn all_prose(folders: &Folders) -> Result<Vec<(String, usize, String)>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folders.chapters()).context("no chapters")? {
        let path = entry?.path();
        // Pictures lie in a folder among the chapters.
        if path.is_dir() {
            continue;
        }
        let name = format!(
            "{}",
            path.strip_prefix(folders.root()).unwrap_or(&path).display()
        );
        let text = fs::read_to_string(&path).with_context(|| name.clone())?;
        all.extend(
            markdown::prose(&text)
                .into_iter()
                .map(|(line, text)| (name.clone(), line, text)),
        );
    }
    for quiz in quiz::all(folders)? {
        let name = format!("book/quizzes/{}.toml", quiz.name);
        for text in quiz.questions.iter().flat_map(quiz::Question::texts) {
            all.extend(
                markdown::prose(text)
                    .into_iter()
                    .map(|(_, text)| (name.clone(), 1, text)),
            );
        }
    }
    Ok(all)
}

impl Terms {
    fn misspelt(&self, prose: &str) -> Vec<String> {
        // A directive and a web address are names of files and machines, not prose.
        if prose.contains("{{#") || prose.contains("://") {
            return Vec::new();
        }
        let words: Vec<&str> = prose
            .split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '.' || c == '/'))
            .map(|word| word.trim_matches(['.', '-', '/']))
            .filter(|word| !word.is_empty())
            .collect();
        let mut problems = Vec::new();
        for length in 1..=2 {
            for window in words.windows(length) {
                let found = window.join(" ");
                if let Some(problem) = self.problem(&found) {
                    problems.push(problem);
                }
            }
        }
        problems
    }

    fn problem(&self, found: &str) -> Option<String> {
        let small = found.to_lowercase();
        if let Some(right) = self.instead.get(&small) {
            return Some(format!("write `{right}` instead of `{found}`"));
        }
        let exact = self
            .exact
            .iter()
            .find(|term| term.to_lowercase() == small)?;
        (exact != found).then(|| format!("write `{exact}` instead of `{found}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_each() {
        let terms = Terms {
            exact: vec!["MQTT".into(), "Raspberry Pi".into()],
            instead: BTreeMap::from([("night light".into(), "nightlight".into())]),
        };
        assert!(
            terms
                .misspelt("MQTT on a Raspberry Pi. A nightlight.")
                .is_empty()
        );
        assert_eq!(
            terms.misspelt("a Mqtt client"),
            ["write `MQTT` instead of `Mqtt`"]
        );
        assert_eq!(
            terms.misspelt("a raspberry Pi"),
            ["write `Raspberry Pi` instead of `raspberry Pi`"]
        );
        assert_eq!(
            terms.misspelt("a Night light"),
            ["write `nightlight` instead of `Night light`"]
        );
    }
}
