//! The manifest because of which cargo builds nothing at all, read from cargo's own words.
//!
//! Cargo reads all manifests of a workspace before it builds any of it. Its words say what is wrong,
//! but not what that means for somebody who has lost a file or mistyped a line in a lesson.

use std::fmt;
use std::path::{Path, PathBuf};

const MANIFEST: &str = "Cargo.toml";

/// Where learners write.
const LESSONS: &str = "lessons";

/// One manifest that cargo does not accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Within the workspace, if it lies there.
    file: PathBuf,
    trouble: Trouble,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Trouble {
    Missing,
    /// In cargo's own words, and in which line if cargo says so.
    Wrong {
        line: Option<String>,
        words: String,
    },
}

impl Fault {
    /// Reads what cargo said, without colours, when it was called in the workspace's folder. None
    /// where that was about anything but one manifest.
    pub fn read(said: &str, root: &Path) -> Option<Self> {
        let (file, trouble) = at_a_line(said)
            .or_else(|| as_a_cause(said))
            .or_else(|| of_the_same_name(said))
            .or_else(|| no_workspace(said))
            .or_else(|| wants_a_crate(said, root))?;
        Some(Self {
            file: file.strip_prefix(root).unwrap_or(&file).to_owned(),
            trouble,
        })
    }

    /// How the manifest becomes what it was, in a sentence. `runs` says whether the kit's runner is
    /// there to do it.
    pub fn way_back(&self, root: &Path, runs: bool) -> String {
        let file = self.file.display();
        let mut folders = self.file.iter().filter_map(|name| name.to_str());
        if let (Some(LESSONS), Some(folder)) = (folders.next(), folders.next()) {
            match step(folder) {
                Some(step) if runs => {
                    return format!(
                        "`cargo xtask reset {step} {MANIFEST}` brings back what you began with; \
                         what is there is saved first."
                    );
                }
                None if self.trouble == Trouble::Missing => {
                    return format!(
                        "Cargo takes each folder in {LESSONS}/ for a package: move this one \
                         elsewhere."
                    );
                }
                None => return format!("Mend it, or move its folder out of {LESSONS}/."),
                Some(_) => {}
            }
            // A hand-out keeps them for `reset`.
            let starter = Path::new("xtask").join("starters").join(folder);
            let starter = starter.join(MANIFEST);
            if root.join(&starter).is_file() {
                return format!("Copy {} to its place.", starter.display());
            }
        }
        if root.join(".git").exists() {
            format!("`git checkout -- {file}` brings back what git has of it.")
        } else {
            "Mend it, or take it once more from where you got the kit.".to_owned()
        }
    }
}

/// What is wrong, without a full stop.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        match &self.trouble {
            Trouble::Missing => write!(f, "{file} is missing"),
            Trouble::Wrong { line, words } => match line {
                Some(line) => write!(f, "{file}, line {line}: {words}"),
                None => write!(f, "{file}: {words}"),
            },
        }
    }
}

/// The step whose folder this is, by the first word of its name.
fn step(folder: &str) -> Option<&str> {
    let name = folder.split('-').next()?;
    let number = name.strip_prefix("step")?;
    let is_number = !number.is_empty() && number.bytes().all(|letter| letter.is_ascii_digit());
    is_number.then_some(name)
}

fn wrong(line: Option<&str>, words: &str) -> Trouble {
    Trouble::Wrong {
        line: line.map(str::to_owned),
        words: words.trim().trim_end_matches('.').to_owned(),
    }
}

/// ` --> lessons/step2-telemetry/Cargo.toml:2:6`, below what is wrong there.
fn at_a_line(said: &str) -> Option<(PathBuf, Trouble)> {
    let mut above = "";
    for line in said.lines() {
        if let Some(place) = line.trim_start().strip_prefix("--> ") {
            // From the end: Windows' paths have colons of their own.
            let mut parts = place.rsplitn(3, ':');
            let (_, number, path) = (parts.next()?, parts.next()?, parts.next()?);
            let words = above.strip_prefix("error: ")?;
            let path = PathBuf::from(path);
            return path
                .ends_with(MANIFEST)
                .then(|| (path, wrong(Some(number), words)));
        }
        above = line;
    }
    None
}

/// A chain of causes: the last that names the manifest, and what stands at the chain's end.
fn as_a_cause(said: &str) -> Option<(PathBuf, Trouble)> {
    let mut file = None;
    let mut is_cause = false;
    let mut last = "";
    for line in said.lines() {
        let text = line.trim();
        if is_cause {
            let path = quoted(text).map(PathBuf::from);
            file = path.filter(|path| path.ends_with(MANIFEST)).or(file);
            last = text;
        }
        is_cause = text == "Caused by:";
    }
    let file = file?;
    let trouble = if last.contains("(os error 2)") || last.contains("(os error 3)") {
        Trouble::Missing
    } else if quoted(last).is_some_and(|path| Path::new(path) == file) {
        // "path at `…` was not valid utf-8"
        wrong(None, last.rsplit('`').next().unwrap_or(last))
    } else {
        wrong(None, last)
    };
    Some((file, trouble))
}

/// `two packages named … in this workspace:` and where. A step's own is not the one too many.
fn of_the_same_name(said: &str) -> Option<(PathBuf, Trouble)> {
    let mut lines = said
        .lines()
        .skip_while(|line| !line.contains("two packages named"));
    let name = quoted(lines.next()?)?;
    let mut files: Vec<_> = lines
        .map_while(|line| Some(PathBuf::from(line.strip_prefix("- ")?)))
        .collect();
    let is_step = |file: &PathBuf| {
        let folder = file.parent().and_then(Path::file_name);
        folder.and_then(|folder| step(folder.to_str()?)).is_some()
    };
    files.sort_by_key(is_step);
    let words = format!("another package is called `{name}` already");
    Some((files.into_iter().next()?, wrong(None, &words)))
}

/// `could not find `Cargo.toml` in `/kit` or any parent directory`
fn no_workspace(said: &str) -> Option<(PathBuf, Trouble)> {
    let (_, folder) = said.split_once("could not find `Cargo.toml` in ")?;
    Some((Path::new(quoted(folder)?).join(MANIFEST), Trouble::Missing))
}

/// `required by package `telemetry v0.1.0 (/kit/lessons/step2-telemetry)``, said of a crate that a
/// lesson names and nobody has. Of the kit's own crates it is said where they are not downloaded.
fn wants_a_crate(said: &str, root: &Path) -> Option<(PathBuf, Trouble)> {
    let lessons = root.join(LESSONS);
    let mut folders = said.split('(').skip(1).filter_map(|rest| {
        let folder = Path::new(rest.split(')').next()?);
        folder.starts_with(&lessons).then(|| folder.to_owned())
    });
    let words = said.lines().find_map(|line| line.strip_prefix("error: "))?;
    let is_about_crates = ["no matching package", "failed to select", "failed to get"]
        .iter()
        .any(|start| words.starts_with(start));
    let file = folders.next()?.join(MANIFEST);
    is_about_crates.then(|| (file, wrong(None, words)))
}

/// What stands between the first two backticks.
fn quoted(text: &str) -> Option<&str> {
    text.split('`').nth(1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]
mod tests {
    use super::*;

    const STEP: &str = "lessons/step2-telemetry/Cargo.toml";

    fn said(text: &str) -> String {
        let fault = Fault::read(text, Path::new("/kit")).unwrap();
        let said = format!("{fault}. {}", fault.way_back(Path::new("/kit"), true));
        // As Windows joins a path to one that has slashes in it.
        said.replace(std::path::MAIN_SEPARATOR, "/")
    }

    #[test]
    fn a_mistyped_line_is_named() {
        let text = format!(
            "error: key with no value, expected `=`\n --> {STEP}:2:6\n  |\n2 | name \"telemetry\"\n\
             error: failed to load manifest for workspace member `/kit/lessons/step2-telemetry`\n"
        );
        assert_eq!(
            said(&text),
            format!(
                "{STEP}, line 2: key with no value, expected `=`. `cargo xtask reset step2 \
                 Cargo.toml` brings back what you began with; what is there is saved first."
            )
        );
    }

    fn caused(by: &str) -> String {
        format!(
            "error: failed to load manifest for workspace member `/kit/lessons/step2-telemetry`\n\
             referenced via `lessons/*` by workspace at `/kit/Cargo.toml`\n\n\
             Caused by:\n  failed to parse manifest at `/kit/{STEP}`\n\nCaused by:\n  {by}\n"
        )
    }

    #[test]
    fn causes_are_shortened_to_the_last() {
        let missing = said(&caused("No such file or directory (os error 2)"));
        assert!(
            missing.starts_with(&format!("{STEP} is missing. ")),
            "{missing}"
        );
        let empty = said(&caused(
            "manifest is missing either a `[package]` or a `[workspace]`",
        ));
        let words = format!("{STEP}: manifest is missing either a `[package]`");
        assert!(empty.starts_with(&words), "{empty}");
        let bytes = said(&caused(&format!(
            "path at `/kit/{STEP}` was not valid utf-8"
        )));
        let words = format!("{STEP}: was not valid utf-8. ");
        assert!(bytes.starts_with(&words), "{bytes}");
    }

    #[test]
    fn a_folder_that_is_no_step_is_not_reset() {
        let text = caused("No such file or directory (os error 2)");
        let notes = said(&text.replace("step2-telemetry", "notes"));
        assert!(
            notes.starts_with("lessons/notes/Cargo.toml is missing. "),
            "{notes}"
        );
        assert!(notes.ends_with("move this one elsewhere."), "{notes}");

        let text = "error: two packages named `connect` in this workspace:\n\
                    - /kit/lessons/step1-connect/Cargo.toml\n- /kit/lessons/x/Cargo.toml\n";
        let twice = said(text);
        let words = "lessons/x/Cargo.toml: another package is called `connect` already. ";
        assert!(twice.starts_with(words), "{twice}");
    }

    #[test]
    fn the_workspace_s_own_is_named_too() {
        let gone = said("error: could not find `Cargo.toml` in `/kit` or any parent directory\n");
        assert!(gone.starts_with("Cargo.toml is missing. "), "{gone}");
        let typo = said("error: key with no value, expected `=`\n --> Cargo.toml:2:10\n");
        assert!(typo.starts_with("Cargo.toml, line 2: key"), "{typo}");
    }

    #[test]
    fn a_crate_that_nobody_has_is_the_lesson_s() {
        let text = "error: no matching package named `serd` found\n\
                    location searched: crates.io index\n\
                    required by package `telemetry v0.1.0 (/kit/lessons/step2-telemetry)`\n";
        let words = format!("{STEP}: no matching package named `serd` found. ");
        assert!(said(text).starts_with(&words));
        let own = text.replace("lessons/step2-telemetry", "xtask/arena");
        assert_eq!(Fault::read(&own, Path::new("/kit")), None);
    }

    #[test]
    fn other_words_are_no_manifest_s_fault() {
        for other in [
            "",
            "error[E0308]: mismatched types\n --> xtask/src/main.rs:3:9\n",
            "error: could not compile `xtask` (bin \"xtask\") due to 1 previous error\n",
            "error: failed to run `rustc`\n\nCaused by:\n  No such file or directory (os error 2)\n",
        ] {
            assert_eq!(Fault::read(other, Path::new("/kit")), None, "{other}");
        }
    }
}
