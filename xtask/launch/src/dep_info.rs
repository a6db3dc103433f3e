//! The files in which rustc and cargo name what a program was made of: dep-info, in the notation
//! of Makefiles.

use std::collections::BTreeSet;
use std::path::PathBuf;

/// What dep-info names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DepInfo {
    /// The sources, and what they include.
    pub files: BTreeSet<PathBuf>,
    /// The environment variables that were read while compiling.
    pub variables: BTreeSet<String>,
}

impl DepInfo {
    /// Reads `target: file file …` of each line, and rustc's `# env-dep:NAME=value`.
    pub fn parse(text: &str) -> Self {
        let mut all = Self::default();
        for line in text.lines() {
            if let Some(variable) = line.strip_prefix("# env-dep:") {
                let name = variable.split('=').next().unwrap_or(variable);
                all.variables.insert(name.to_owned());
            } else if let Some((_, files)) = line.split_once(": ") {
                all.files.extend(names(files));
            }
        }
        all
    }
}

/// Names between spaces; a backslash before a space makes it part of the name. Any other backslash
/// stands for itself: on Windows they separate folders.
fn names(text: &str) -> Vec<PathBuf> {
    let mut names = Vec::new();
    let mut name = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if letters.peek() == Some(&' ') => name.extend(letters.next()),
            ' ' => names.push(std::mem::take(&mut name)),
            letter => name.push(letter),
        }
    }
    names.push(name);
    let named = names.into_iter().filter(|name| !name.is_empty());
    named.map(PathBuf::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_separate_names_unless_they_are_escaped() {
        let text = "/my kit/target/debug/xtask: /my\\ kit/a.rs  /my\\ kit/b.rs\n\n/my kit/a.rs:\n";
        let files = DepInfo::parse(text).files;
        assert_eq!(
            files,
            BTreeSet::from(["/my kit/a.rs".into(), "/my kit/b.rs".into()])
        );
    }

    #[test]
    fn windows_paths_keep_their_backslashes() {
        let text =
            "C:\\kit\\target\\debug\\xtask.exe: C:\\kit\\xtask\\src\\main.rs C:\\my\\ kit\\b.rs";
        let files = DepInfo::parse(text).files;
        assert_eq!(
            files,
            BTreeSet::from([
                "C:\\kit\\xtask\\src\\main.rs".into(),
                "C:\\my kit\\b.rs".into()
            ])
        );
    }

    #[test]
    fn variables_are_named_with_and_without_a_value() {
        let text = "a.d: a.rs\n\n# env-dep:COLOUR=red=ish\n# env-dep:ABSENT\n";
        let variables = DepInfo::parse(text).variables;
        assert_eq!(
            variables,
            BTreeSet::from(["ABSENT".into(), "COLOUR".into()])
        );
    }
}
