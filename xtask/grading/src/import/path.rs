//! Paths of a submission: honest ones, and patterns to choose from them.

/// Bytes of one part of a path; every system takes as many, and no lesson needs more.
const LONGEST_PART: usize = 100;
/// Maximum number of components of a path.
const MOST_PARTS: usize = 32;

/// The parts of a relative path, or nothing when it is a trick: absolute, `..`, a drive letter, a control character, a
/// name that another system reads differently.
pub(super) fn parts(path: &str) -> Option<Vec<String>> {
    // Some archivers on Windows write backslashes.
    let path = path.replace('\\', "/");
    if path.starts_with('/') || path.chars().any(char::is_control) {
        return None;
    }
    let parts = path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".");
    let parts: Vec<String> = parts.map(str::to_owned).collect();
    let is_trick = |part: &String| {
        part == ".."
            || part.len() > LONGEST_PART
            || part.contains(':')
            || part.ends_with(['.', ' '])
    };
    (!parts.is_empty() && parts.len() <= MOST_PARTS && !parts.iter().any(is_trick)).then_some(parts)
}

/// At most `most` bytes of a path, for people to read.
pub(super) fn shortened(path: &str, most: usize) -> String {
    if path.len() <= most {
        return path.to_owned();
    }
    let is_boundary = |end: &usize| path.is_char_boundary(*end);
    let end = (0..=most).rev().find(is_boundary).unwrap_or_default();
    format!("{}…", &path[..end])
}

/// A path, or `folder/**/*.ending` for every such file below a folder.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    folder: Vec<String>,
    last: Last,
}

#[derive(Debug, Clone)]
enum Last {
    File(String),
    AnyBelow { ending: String },
}

impl Pattern {
    pub(super) fn new(pattern: &str) -> Self {
        if let Some((folder, ending)) = pattern.split_once("/**/*") {
            return Self {
                folder: split(folder),
                last: Last::AnyBelow {
                    ending: ending.to_owned(),
                },
            };
        }
        let mut folder = split(pattern);
        let file = folder.pop().unwrap_or_default();
        Self {
            folder,
            last: Last::File(file),
        }
    }

    /// The first part: the step's folder, by which a layout is recognised.
    pub(super) fn step(&self) -> Option<&str> {
        self.folder.first().map(String::as_str)
    }

    pub(super) fn matches(&self, parts: &[String]) -> bool {
        let Some((file, folder)) = parts.split_last() else {
            return false;
        };
        match &self.last {
            Last::File(name) => folder == self.folder && file == name,
            Last::AnyBelow { ending } => folder.starts_with(&self.folder) && file.ends_with(ending),
        }
    }

    /// Whether a link or pipe at `parts` stands where this pattern's files should be.
    pub(super) fn is_below(&self, parts: &[String]) -> bool {
        !parts.is_empty() && self.folder.starts_with(parts)
    }
}

fn split(path: &str) -> Vec<String> {
    path.split('/').map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tricks_are_no_paths() {
        for trick in [
            "/etc/passwd",
            "../x",
            "a/../../x",
            "C:\\x",
            "c:x",
            "a\\..\\x",
            "a/b\0c",
            "a\n",
            "",
            "./",
            "a/x.",
        ] {
            assert_eq!(parts(trick), None, "{trick:?}");
        }
        assert_eq!(parts("./a//b\\c.rs").expect("honest"), ["a", "b", "c.rs"]);
    }

    #[test]
    fn patterns_choose() {
        let matches = |pattern: &str, path: &str| Pattern::new(pattern).matches(&split(path));
        assert!(matches("step1/src/**/*.rs", "step1/src/main.rs"));
        assert!(matches("step1/src/**/*.rs", "step1/src/a/b.rs"));
        assert!(!matches("step1/src/**/*.rs", "step1/build.rs"));
        assert!(!matches("step1/src/**/*.rs", "step1/src/x.toml"));
        assert!(!matches("step1/src/**/*.rs", "step2/src/x.rs"));
        assert!(matches("step1/src/main.rs", "step1/src/main.rs"));
        assert!(!matches("step1/src/main.rs", "step1/src/a/main.rs"));
    }
}
