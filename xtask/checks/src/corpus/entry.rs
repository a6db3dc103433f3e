//! One entry of the corpus: a TOML file that changes the solution, or a folder that is laid over
//! it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use serde::Deserialize;

use super::{Expectation, Program, sources};
use course::ProgramId;

/// The TOML file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// What is different about this program, in a sentence.
    about: String,
    /// The source that is changed, within the step's folder.
    file: PathBuf,
    /// A wrong program's criterion.
    fails: Option<String>,
    /// Words of its hint.
    hint: Option<String>,
    /// Another source altogether, instead of changes.
    source: Option<String>,
    /// Applied one after the other.
    #[serde(default)]
    change: Vec<Change>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    /// Must occur exactly once: a change that fits nowhere would go unnoticed, and the corpus
    /// would rot.
    replace: String,
    with: String,
}

/// Reads an entry of the folder `kind`, `right` or `wrong`.
pub fn read(path: &Path, kind: &str, solution: &Program) -> anyhow::Result<Program> {
    let name = path.file_stem().context("it has no name")?;
    let name = format!("{kind}/{}", name.to_string_lossy());
    let mut changed = solution.sources.clone();
    let mut about = String::new();
    let expected = if path.is_dir() {
        changed.extend(sources(path)?);
        expectation(kind, None, None, solution)?
    } else {
        let entry: Entry = toml::from_str(&fs::read_to_string(path)?)?;
        ensure!(entry.about.ends_with('.'), "`about` is a sentence");
        change(&mut changed, &entry)?;
        about = entry.about;
        expectation(kind, entry.fails, entry.hint, solution)?
    };
    Ok(Program {
        step: solution.step,
        name,
        about,
        expected,
        unchanged: unchanged(&changed, solution),
        sources: changed,
    })
}

/// The programs whose sources are as in the solution. A file that belongs to no program alone
/// changes all.
fn unchanged(changed: &BTreeMap<PathBuf, String>, solution: &Program) -> Vec<ProgramId> {
    let programs = &solution.step.programs;
    let other = changed
        .iter()
        .filter(|(file, text)| solution.sources.get(*file) != Some(*text))
        .map(|(file, _)| file);
    let mut touched = Vec::new();
    for file in other {
        match programs.iter().find(|program| is_of(program, file)) {
            Some(program) => touched.push(program.id),
            None => return Vec::new(),
        }
    }
    let ids = programs.iter().map(|program| program.id);
    ids.filter(|id| !touched.contains(id)).collect()
}

/// Whether a file is what a program begins with, or a module in a folder of its own.
fn is_of(program: &course::Program, file: &Path) -> bool {
    let source = Path::new(&program.source);
    let own_folder = source
        .parent()
        .filter(|folder| source.ends_with("main.rs") && *folder != Path::new("src"));
    file == source || own_folder.is_some_and(|folder| file.starts_with(folder))
}

fn expectation(
    kind: &str,
    fails: Option<String>,
    hint: Option<String>,
    solution: &Program,
) -> anyhow::Result<Expectation> {
    match (kind, fails, hint) {
        ("right", None, None) => Ok(Expectation::Pass),
        ("wrong", Some(criterion), Some(hint)) => {
            let known = &solution.step.criteria;
            ensure!(
                known.iter().any(|known| known.id == criterion),
                "{} has no criterion `{criterion}`",
                solution.step.name()
            );
            Ok(Expectation::Fail { criterion, hint })
        }
        _ => bail!("a wrong program has `fails` and `hint`, a right one has neither"),
    }
}

fn change(sources: &mut BTreeMap<PathBuf, String>, entry: &Entry) -> anyhow::Result<()> {
    let source = sources
        .get_mut(&entry.file)
        .with_context(|| format!("the solution has no {}", entry.file.display()))?;
    match (&entry.source, entry.change.as_slice()) {
        (Some(other), []) => *source = other.clone(),
        (None, [_, ..]) => {
            for Change { replace, with } in &entry.change {
                let times = source.matches(replace.as_str()).count();
                ensure!(
                    times == 1,
                    "`{replace}` occurs {times} times in {}, not once",
                    entry.file.display()
                );
                *source = source.replace(replace.as_str(), with);
            }
        }
        _ => bail!("it has either `source` or at least one `[[change]]`"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::steps;

    fn solution() -> Program {
        Program {
            step: &steps()[0],
            name: "solution".to_owned(),
            about: String::new(),
            expected: Expectation::Pass,
            sources: BTreeMap::from([("src/main.rs".into(), "one two two".to_owned())]),
            unchanged: Vec::new(),
        }
    }

    fn read_text(kind: &str, text: &str) -> anyhow::Result<Program> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        read(file.path(), kind, &solution())
    }

    const HEAD: &str = "about = \"It says three.\"\nfile = \"src/main.rs\"\n";

    #[test]
    fn a_change_that_fits_once_is_made() {
        let text = format!("{HEAD}change = [{{ replace = \"one\", with = \"three\" }}]");
        let program = read_text("right", &text).unwrap();
        assert_eq!(program.sources[Path::new("src/main.rs")], "three two two");
    }

    #[test]
    fn a_change_that_fits_nowhere_or_twice_is_an_error() {
        for (word, times) in [("four", "0 times"), ("two", "2 times")] {
            let text = format!("{HEAD}change = [{{ replace = \"{word}\", with = \"\" }}]");
            let error = read_text("right", &text).unwrap_err().to_string();
            assert!(error.contains(times), "{error}");
        }
    }

    #[test]
    fn a_wrong_program_says_what_it_fails_and_which_hint_it_gets() {
        let change = "change = [{ replace = \"one\", with = \"three\" }]";
        assert!(read_text("wrong", &format!("{HEAD}{change}")).is_err());
        let known = format!("{HEAD}fails = \"led\"\nhint = \"300\"\n{change}");
        assert!(read_text("wrong", &known).is_ok());
        assert!(read_text("right", &known).is_err());
        let unknown = known.replace("\"led\"", "\"lamp\"");
        let error = read_text("wrong", &unknown).unwrap_err().to_string();
        assert!(error.contains("no criterion `lamp`"), "{error}");
    }
}
