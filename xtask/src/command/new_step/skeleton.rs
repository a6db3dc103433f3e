//! The parts of a new step, as texts.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use super::simplest;
use course::{Step, anchors, steps};

/// Registers the scenes of each step.
const SCENES: &str = "xtask/checks/src/scenario.rs";

/// Lists the chapters.
const CONTENTS: &str = "book/src/SUMMARY.md";

/// A file from the kit's root, and what it holds.
pub type Part = (String, String);

/// What is known of a new step before anybody has written a word.
pub struct Skeleton<'a> {
    root: &'a Path,
    name: &'a str,
    number: u8,
    folder: String,
    model: &'static Step,
    step_file: String,
}

impl<'a> Skeleton<'a> {
    /// Of the step that comes next.
    pub fn new(root: &'a Path, name: &'a str) -> anyhow::Result<Self> {
        let number = steps().last().map_or(1, |last| last.number + 1);
        let mut skeleton = Self {
            root,
            name,
            number,
            folder: format!("step{number}-{name}"),
            model: simplest()?,
            step_file: String::new(),
        };
        skeleton.step_file = skeleton.filled(include_str!("step.toml.template"));
        Ok(skeleton)
    }

    /// Its name on the command line.
    pub fn step(&self) -> String {
        format!("step{}", self.number)
    }

    /// Its folder in `lessons/` and `solutions/`.
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// What its file in the course says.
    pub fn step_file(&self) -> &str {
        &self.step_file
    }

    /// The files that are new.
    pub fn created(&self) -> anyhow::Result<Vec<Part>> {
        let (folder, step) = (&self.folder, self.step());
        let solution = format!("solutions/{folder}");
        Ok(vec![
            (format!("{solution}/Cargo.toml"), self.manifest()?),
            (format!("{solution}/{}", self.source()), self.solution()?),
            (
                format!("xtask/course/steps/{folder}.toml"),
                self.step_file.clone(),
            ),
            (
                format!("xtask/checks/src/scenario/{}.rs", self.module()),
                self.filled(include_str!("scenes.rs.template")),
            ),
            (
                format!("xtask/corpus/{step}/wrong/example.toml"),
                self.filled(include_str!("wrong.toml.template")),
            ),
            (
                format!("xtask/corpus/{step}/right/example.toml"),
                self.filled(include_str!("right.toml.template")),
            ),
            (
                format!("book/src/{folder}.md"),
                self.filled(include_str!("chapter.md.template")),
            ),
            (
                format!("book/src/{step}-finished.md"),
                self.filled(include_str!("finished.md.template")),
            ),
            (
                format!("book/quizzes/{step}.toml"),
                self.filled(include_str!("quiz.toml.template")),
            ),
        ])
    }

    /// The files that name all steps, with this one.
    pub fn changed(&self) -> anyhow::Result<Vec<Part>> {
        let registered = self.registered(&self.read(SCENES)?).context(SCENES)?;
        let listed = self.listed(&self.read(CONTENTS)?).context(CONTENTS)?;
        Ok(vec![
            (SCENES.to_owned(), registered),
            (CONTENTS.to_owned(), listed),
        ])
    }

    fn filled(&self, template: &str) -> String {
        let program = &self.model.programs[0];
        let mut title = self.name.to_owned();
        if let Some(first) = title.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        [
            ("NUMBER", self.number.to_string().as_str()),
            ("NAME", self.name),
            ("TITLE", &title),
            ("FOLDER", &self.folder),
            ("MODEL", &self.model.folder),
            ("PROGRAM", program.id.name()),
            ("SOURCE", &program.source),
            ("CLIENT", &program.client),
        ]
        .iter()
        .fold(template.to_owned(), |text, (key, value)| {
            text.replace(&format!("@{key}@"), value)
        })
    }

    fn source(&self) -> &'static str {
        &self.model.programs[0].source
    }

    fn module(&self) -> String {
        self.name.replace('-', "_")
    }

    fn manifest(&self) -> anyhow::Result<String> {
        let text = self.read_model("Cargo.toml")?;
        let named = |package: &str| format!("name = \"{package}-solution\"");
        let (before, after) = (named(&self.model.package), named(self.name));
        ensure!(
            text.contains(&before),
            "the solution of {} has no {before}",
            self.model.name()
        );
        Ok(text.replace(&before, &after))
    }

    /// The model's program, with a title of its own and a place for what is new.
    fn solution(&self) -> anyhow::Result<String> {
        let text = anchors::without_marks(&self.read_model(self.source())?)?;
        let mut lines = text.lines().skip_while(|line| line.starts_with("//!"));
        let mut solution = format!(
            "// ANCHOR: title\n//! Step {}: TO WRITE: what the program does, in a sentence.\n\
             // ANCHOR_END: title\n",
            self.number
        );
        let mut push = |line: &str| {
            solution += line;
            solution.push('\n');
        };
        let main = lines.by_ref().find(|line| {
            push(line);
            line.starts_with("fn main()")
        });
        main.with_context(|| format!("{} has no `fn main()`", self.model.name()))?;
        for line in [
            "// ANCHOR: new",
            "// TO WRITE: what is new in this step.",
            "// ANCHOR_END: new",
        ] {
            push(&format!("    {line}"));
        }
        lines.for_each(push);
        Ok(solution)
    }

    /// One line more among the scenes, and the module that it names.
    fn registered(&self, text: &str) -> anyhow::Result<String> {
        let is_module = |line: &str| line.starts_with("mod ") && line.ends_with(';');
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let first = lines
            .iter()
            .position(|line| is_module(line))
            .context("no modules")?;
        let modules = lines[first..]
            .iter()
            .take_while(|line| is_module(line))
            .count();
        lines.insert(first, format!("mod {};", self.module()));
        // As rustfmt wants them.
        lines[first..=first + modules].sort();
        let table = lines
            .iter()
            .position(|line| line.starts_with("const SCENES: "));
        let table = table.context("no SCENES")?;
        let end = lines[table..]
            .iter()
            .position(|line| line == "];")
            .context("SCENES has no end")?;
        let entry = format!("    (\"{}\", {}::SCENES),", self.folder, self.module());
        lines.insert(table + end, entry);
        Ok(lines.join("\n") + "\n")
    }

    /// One chapter more, behind those that go with the last step, and its finished code.
    fn listed(&self, text: &str) -> anyhow::Result<String> {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let last = steps().last().context("there is no step yet")?;
        let number = self.number;
        let chapter = format!("- [Step {number}: {}]({}.md)", self.name, self.folder);
        let finished = format!("- [Step {number}, finished](step{number}-finished.md)");
        for (page, entry) in [(last.chapter.clone(), chapter), (last.finished(), finished)] {
            let link = format!("]({page})");
            let place = lines.iter().position(|line| line.ends_with(&link));
            let place = place.with_context(|| format!("it does not list {page}"))?;
            let behind = lines[place..]
                .iter()
                .take_while(|line| line.starts_with("- "))
                .count();
            lines.insert(place + behind, entry);
        }
        Ok(lines.join("\n") + "\n")
    }

    fn read(&self, file: impl Into<PathBuf>) -> anyhow::Result<String> {
        let file = self.root.join(file.into());
        fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))
    }

    fn read_model(&self, file: &str) -> anyhow::Result<String> {
        self.read(Path::new("solutions").join(&self.model.folder).join(file))
    }
}
