//! *What can go wrong* in a step, tied to the programs that make each mistake.
//!
//! A chapter lists mistakes, a paragraph each, and below each stands a `{{#corpus step1/led-at-300}}`
//! that names a wrong program of the corpus. The runner's tests hold every such program to getting a
//! hint with certain words in it. The same words have to stand in the paragraph: what the book says
//! of a mistake is then what a learner who makes it is told.

use std::fmt;
use std::fs;

use anyhow::{Context, Result, bail, ensure};
use course::steps;
use serde::Deserialize;

use crate::directive::Directive;
use crate::folders::Folders;

/// The heading of the list.
const HEADING: &str = "{#wrong}";
/// In the place of a program, for a mistake that none can make. Its reason follows.
const NONE: &str = "none";

/// What is known of an entry of the corpus here.
#[derive(Debug, Deserialize)]
struct Program {
    hint: String,
}

/// What was compared.
#[derive(Debug, Default)]
pub struct Tied {
    mistakes: usize,
    programs: usize,
    /// Chapters whose list names no program at all.
    untied: Vec<String>,
}

impl fmt::Display for Tied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            mistakes, programs, ..
        } = self;
        write!(
            f,
            "{mistakes} mistakes read like the hints of {programs} programs"
        )?;
        if !self.untied.is_empty() {
            write!(
                f,
                "; SKIPPED, they name no program: {}",
                self.untied.join(", ")
            )?;
        }
        Ok(())
    }
}

/// Compares them all. A hand-out has no corpus, and nothing to compare with.
pub fn check(folders: &Folders) -> Result<Tied> {
    let mut tied = Tied::default();
    if !folders.corpus().is_dir() {
        return Ok(tied);
    }
    let mut problems = Vec::new();
    for step in steps() {
        let file = folders.chapters().join(&*step.chapter);
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let mistakes = mistakes(&text);
        if mistakes.iter().all(|mistake| mistake.programs.is_empty()) {
            tied.untied.push(step.chapter.to_string());
            continue;
        }
        for mistake in &mistakes {
            tied.mistakes += 1;
            match mistake.check(folders) {
                Ok(programs) => tied.programs += programs,
                Err(problem) => problems.push(format!("{}: {problem:#}", step.chapter)),
            }
        }
    }
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(tied)
}

/// One entry of a list.
#[derive(Debug)]
struct Mistake<'a> {
    text: &'a str,
    /// The arguments of its directives.
    programs: Vec<Vec<&'a str>>,
}

/// The entries of the chapter's list: paragraphs that begin in bold.
fn mistakes(chapter: &str) -> Vec<Mistake<'_>> {
    let mut lines = chapter.lines().skip_while(|line| !line.ends_with(HEADING));
    lines.next();
    let mut mistakes: Vec<Mistake<'_>> = Vec::new();
    for line in lines.take_while(|line| !line.starts_with("## ")) {
        if line.starts_with("**") {
            mistakes.push(Mistake {
                text: line,
                programs: Vec::new(),
            });
        } else if let Some(directive) = Directive::parse(line)
            && directive.name == "corpus"
            && let Some(mistake) = mistakes.last_mut()
        {
            mistake.programs.push(directive.arguments);
        }
    }
    mistakes
}

impl Mistake<'_> {
    /// How many programs make it, each with a hint that says the same.
    fn check(&self, folders: &Folders) -> Result<usize> {
        ensure!(
            !self.programs.is_empty(),
            "`{}` names no program; write `{{{{#corpus step/program}}}}` below it",
            self.text
        );
        let mut programs = 0;
        for arguments in &self.programs {
            match arguments.as_slice() {
                [NONE, reason @ ..] => ensure!(
                    !reason.is_empty(),
                    "`{}`: why can no program do this?",
                    self.text
                ),
                [name] => {
                    self.says_the_same(folders, name)?;
                    programs += 1;
                }
                _ => bail!("`{}` names one program a line", self.text),
            }
        }
        Ok(programs)
    }

    fn says_the_same(&self, folders: &Folders, name: &str) -> Result<()> {
        let (step, program) = name
            .split_once('/')
            .with_context(|| format!("`{name}` is not `step/program`"))?;
        let file = folders
            .corpus()
            .join(format!("{step}/wrong/{program}.toml"));
        let text = fs::read_to_string(&file)
            .with_context(|| format!("there is no wrong program {name}"))?;
        let program: Program = toml::from_str(&text).with_context(|| name.to_owned())?;
        ensure!(
            plain(self.text).contains(&plain(&program.hint)),
            "`{}` does not say `{}`, which the hint for {name} does",
            self.text,
            program.hint
        );
        Ok(())
    }
}

/// Words without what Markdown and a sentence's beginning do to them.
fn plain(text: &str) -> String {
    text.replace('`', "").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_of_the_book_reads_like_its_hint() {
        let tied = check(&Folders::find().unwrap()).unwrap();
        // A hand-out has no corpus.
        assert!(tied.mistakes >= 25 || tied.mistakes == 0, "{tied}");
    }

    #[test]
    fn a_mistake_that_reads_otherwise_is_named() {
        let kit = tempfile::tempdir().unwrap();
        let folders = Folders::at(kit.path());
        let wrong = folders.corpus().join("step1/wrong");
        fs::create_dir_all(&wrong).unwrap();
        fs::write(
            wrong.join("a.toml"),
            "hint = 'Exactly `300`'\nfails = 'led'",
        )
        .unwrap();
        let problem = |entry: &str| {
            let chapter =
                format!("## W {{#wrong}}\n\n{entry}\n\n## Next {{#n}}\n\n**Not this.**\n");
            let found = mistakes(&chapter);
            assert_eq!(found.len(), 1);
            let checked = found[0].check(&folders);
            checked.map_err(|error| format!("{error:#}"))
        };
        assert_eq!(
            problem("**On at exactly 300.** So.\n{{#corpus step1/a}}"),
            Ok(1)
        );
        assert_eq!(
            problem("**It is off.**\n{{#corpus none the plug is out}}"),
            Ok(0)
        );
        for (entry, words) in [
            ("**On at 300.**\n{{#corpus step1/a}}", "does not say"),
            (
                "**On at exactly 300.**\n{{#corpus step1/b}}",
                "no wrong program step1/b",
            ),
            ("**On at exactly 300.**", "names no program"),
            ("**It is off.**\n{{#corpus none}}", "why"),
        ] {
            let error = problem(entry).unwrap_err();
            assert!(error.contains(words), "{entry}: {error}");
        }
    }
}
