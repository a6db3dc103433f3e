//! A step has all its parts, and none of them is still the skeleton that `new-step` wrote.
//!
//! That it has scenes, and that they judge every criterion, its solution's tests say.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use checks::corpus::{self, Expectation};
use course::Step;
use libtest_mimic::Trial;

use super::{root, test};

/// Stands in a skeleton where something is to be written.
const MARK: &str = "TO WRITE";

pub fn tests(step: &'static Step) -> Vec<Trial> {
    vec![test(format!("parts {}", step.name()), move || {
        are_there(step)
    })]
}

fn are_there(step: &'static Step) -> anyhow::Result<()> {
    let root = root()?;
    let mut missing = Vec::new();
    for part in [solution, starter, corpus, chapter, finished, quiz, written] {
        if let Err(problem) = part(&root, step) {
            missing.push(format!("{problem:#}"));
        }
    }
    ensure!(missing.is_empty(), "{}", missing.join("\n"));
    Ok(())
}

fn solution(root: &Path, step: &'static Step) -> anyhow::Result<()> {
    let folder = root.join("solutions").join(&step.folder);
    let sources = step.programs.iter().map(|program| program.source.as_str());
    for file in ["Cargo.toml"].into_iter().chain(sources) {
        ensure!(
            folder.join(file).is_file(),
            "solution: no solutions/{}/{file}",
            step.folder
        );
    }
    Ok(())
}

fn starter(_: &Path, step: &'static Step) -> anyhow::Result<()> {
    ensure!(
        !step.holes.is_empty(),
        "starter: the step's file has no [[hole]]"
    );
    ensure!(
        !step.starter_fails.is_empty(),
        "starter: it is to fail nothing"
    );
    Ok(())
}

/// At least one wrong answer and one right one, and a wrong one for each program.
fn corpus(root: &Path, step: &'static Step) -> anyhow::Result<()> {
    let programs = corpus::programs(root, step).context("corpus")?;
    let (right, wrong): (Vec<_>, Vec<_>) = programs
        .iter()
        .partition(|program| program.expected == Expectation::Pass);
    let folder = format!("xtask/corpus/{}", step.name());
    ensure!(!right.is_empty(), "corpus: nothing in {folder}/right");
    for program in &step.programs {
        let broken = wrong
            .iter()
            .any(|wrong| !wrong.unchanged.contains(&program.id));
        ensure!(broken, "corpus: no wrong {} in {folder}/wrong", program.id);
    }
    Ok(())
}

fn chapter(root: &Path, step: &'static Step) -> anyhow::Result<()> {
    let contents = fs::read_to_string(root.join("book/src/SUMMARY.md"))?;
    ensure!(
        contents.contains(&format!("({})", step.chapter)),
        "chapter: book/src/SUMMARY.md does not list {}",
        step.chapter
    );
    text_of_chapter(root, step)?;
    Ok(())
}

/// The finished code stands on a page of its own, to which each TODO of the chapter links: who
/// reads a TODO does not have its answer before their eyes.
fn finished(root: &Path, step: &'static Step) -> anyhow::Result<()> {
    let page = step.finished();
    let contents = fs::read_to_string(root.join("book/src/SUMMARY.md"))?;
    ensure!(
        contents.contains(&format!("({page})")),
        "finished code: book/src/SUMMARY.md does not list {page}"
    );
    let code = fs::read_to_string(root.join("book/src").join(&page));
    let code = code.with_context(|| format!("finished code: no book/src/{page}"))?;
    let chapter = text_of_chapter(root, step)?;
    let is_hole = |listing: &&str| {
        let mut holes = step.holes.iter();
        holes.any(|hole| **listing == format!("{}/{}", place(step, &hole.file), hole.anchor))
    };
    if let Some(told) = listings(&chapter).find(is_hole) {
        bail!("finished code: the chapter shows {told}, which belongs to {page}");
    }
    ensure!(
        listings(&code).next().is_some(),
        "finished code: {page} shows none"
    );
    let mut headings = chapter.lines().filter(|line| line.starts_with("## TODO "));
    let without_link = headings.find(|heading| {
        let id = heading
            .split_once("{#")
            .and_then(|(_, id)| id.strip_suffix('}'));
        let link = format!("({page}#{})", id.unwrap_or_default());
        !chapter.contains(&link)
    });
    if let Some(heading) = without_link {
        bail!("finished code: no link to it below `{heading}`");
    }
    Ok(())
}

/// What listings call a file: by its program, or by its place below `src` or `src/bin`.
fn place(step: &Step, file: &str) -> String {
    let program = step.programs.iter().find(|program| program.source == file);
    let module = file.trim_start_matches("src/").trim_start_matches("bin/");
    let name = program.map_or(module.trim_end_matches(".rs"), |program| program.id.name());
    format!("{}/{name}", step.folder)
}

/// What a page shows of solutions.
fn listings(page: &str) -> impl Iterator<Item = &str> {
    let lines = page.lines();
    lines.filter_map(|line| line.trim().strip_prefix("{{#listing ")?.strip_suffix("}}"))
}

fn text_of_chapter(root: &Path, step: &Step) -> anyhow::Result<String> {
    let file = root.join("book/src").join(&step.chapter);
    fs::read_to_string(file).with_context(|| format!("chapter: no book/src/{}", step.chapter))
}

/// One that belongs to the step's chapter, and that the chapter shows.
fn quiz(root: &Path, step: &'static Step) -> anyhow::Result<()> {
    let text = text_of_chapter(root, step).context("quiz")?;
    let mut shown = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("{{#quiz ")?.strip_suffix("}}"));
    let name = shown
        .next()
        .with_context(|| format!("quiz: {} shows none", step.chapter))?;
    let file = format!("book/quizzes/{name}.toml");
    let quiz = fs::read_to_string(root.join(&file)).with_context(|| format!("quiz: no {file}"))?;
    let quiz: toml::Table = toml::from_str(&quiz).with_context(|| format!("quiz: {file}"))?;
    ensure!(
        quiz.get("chapter").and_then(toml::Value::as_str) == Some(&step.chapter),
        "quiz: {file} belongs to another chapter"
    );
    Ok(())
}

fn written(root: &Path, step: &'static Step) -> anyhow::Result<()> {
    let mut files = vec![
        root.join("xtask/course/steps")
            .join(format!("{}.toml", step.folder)),
        root.join("book/src").join(&step.chapter),
        root.join("book/src").join(step.finished()),
        root.join("book/quizzes")
            .join(format!("{}.toml", step.name())),
    ];
    for folder in [
        root.join("solutions").join(&step.folder),
        root.join("xtask/corpus").join(step.name()),
    ] {
        below(&folder, &mut files);
    }
    let mut marks = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap_or_default();
        let place = file.strip_prefix(root)?.display();
        let lines = text
            .lines()
            .zip(1..)
            .filter(|(line, _)| line.contains(MARK));
        marks.extend(lines.map(|(line, number)| format!("{place}:{number}: {}", line.trim())));
    }
    ensure!(
        marks.is_empty(),
        "still to be written:\n{}",
        marks.join("\n")
    );
    Ok(())
}

/// A folder that is not there has no files; another part says that it is not there.
fn below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            below(&path, files);
        } else {
            files.push(path);
        }
    }
}
