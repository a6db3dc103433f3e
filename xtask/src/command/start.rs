//! `cargo xtask start`: a step begins, with the learner's own earlier program where that passed.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;

use super::reset::{SAVED, save, starters};
use crate::carry::{self, Beginning, Way, Whose};
use crate::pointer::guide;
use crate::progress::Progress;
use crate::report::human::first_todo;
use checks::compile::{CompileError, compile};
use checks::subject::Subject;
use course::Step;
use course::starters::{self as files, Starter};
use terminal::say;
use terminal::workspace::shown;

pub async fn run(root: &Path, name: Option<&str>, force: bool) -> anyhow::Result<ExitCode> {
    let step = Progress::open(root)?.at(name)?;
    let kit = starters(root, step)?;
    let beginnings = carry::beginnings(root, step, &kit)?;
    let lessons = root.join("lessons");
    let mut text = String::new();
    if let Some(begun) = begun(&beginnings, &kit, &lessons)? {
        for (beginning, way) in begun {
            text += &told(root, step, beginning, way, &kit)?;
        }
        return said(root, step, format!("Nothing is changed.\n{text}"));
    }
    let modules = beginnings.iter().flat_map(|it| it.modules.clone());
    let touched: Vec<Starter> = kit.iter().cloned().chain(modules).collect();
    let drift = files::drift(&touched, &lessons)?;
    if let Some(mine) = drift.iter().find(|drift| drift.what == files::DIFFERS) {
        if !force {
            bail!(
                "lessons/{} is not the starter any more: you have worked on it. `cargo xtask start \
                 {} --force` begins anew, and saves your files first",
                mine.file.display(),
                step.name()
            );
        }
        if let Some(saved) = save(root, &lessons.join(&step.folder), &step.folder)? {
            text += &format!("What was there is now in {}.\n", shown(&saved));
        }
    }
    files::write(&kit, &lessons)?;
    for (beginning, way) in chosen(root, step, &beginnings, &lessons).await? {
        text += &told(root, step, beginning, way, &kit)?;
    }
    said(root, step, text)
}

/// Whether the step is still the kit's starter, and a program of the learner's own could be in its
/// place.
pub fn is_offered(root: &Path, step: &'static Step) -> bool {
    let untouched = starters(root, step).and_then(|kit| {
        let drift = files::drift(&kit, &root.join("lessons"))?;
        let beginnings = carry::beginnings(root, step, &kit)?;
        let can_be_carried = beginnings.iter().any(|beginning| {
            let best = beginning.ways.first();
            best.is_some_and(|way| kit.iter().all(|starter| starter.text != way.text))
        });
        Ok(drift.is_empty() && can_be_carried)
    });
    untouched.unwrap_or_default()
}

/// What is there, if it is just what the step would begin with.
fn begun<'a>(
    beginnings: &'a [Beginning],
    kit: &[Starter],
    lessons: &Path,
) -> anyhow::Result<Option<Vec<(&'a Beginning, &'a Way)>>> {
    let is_main = |file: &Path| beginnings.iter().any(|it| it.file == file);
    let others = kit.iter().filter(|starter| !is_main(&starter.file));
    let modules = beginnings.iter().flat_map(|it| &it.modules);
    let others: Vec<Starter> = others.chain(modules).cloned().collect();
    if !files::drift(&others, lessons)?.is_empty() {
        return Ok(None);
    }
    let there = |beginning: &'a Beginning| {
        let there = fs::read_to_string(lessons.join(&beginning.file)).ok()?;
        // Where something can be carried, the kit's starter is no beginning yet.
        let carried = beginning.ways.len() - 1;
        let mut ways = beginning.ways.iter().take(carried.max(1));
        Some((beginning, ways.find(|way| way.text == there)?))
    };
    Ok(beginnings.iter().map(there).collect())
}

/// Writes, for each program, the best way to begin that compiles.
async fn chosen<'a>(
    root: &Path,
    step: &'static Step,
    beginnings: &'a [Beginning],
    lessons: &Path,
) -> anyhow::Result<Vec<(&'a Beginning, &'a Way)>> {
    let mut chosen = Vec::new();
    for beginning in beginnings {
        let last = beginning.ways.len() - 1;
        for (number, way) in beginning.ways.iter().enumerate() {
            put(beginning, way, lessons)?;
            // The kit's own starter is known to compile, and so is the whole step with it.
            if number == last || compiles(root, step).await? {
                chosen.push((beginning, way));
                break;
            }
        }
    }
    Ok(chosen)
}

fn put(beginning: &Beginning, way: &Way, lessons: &Path) -> anyhow::Result<()> {
    let main = Starter {
        file: beginning.file.clone(),
        text: way.text.clone(),
    };
    let mut written = vec![main];
    if way.whose != Whose::Kit {
        written.extend(beginning.modules.iter().cloned());
    }
    files::write(&written, lessons)?;
    if way.whose == Whose::Kit {
        for module in &beginning.modules {
            // Written a moment ago, for a program that does not compile here.
            fs::remove_file(lessons.join(&module.file))?;
        }
    }
    Ok(())
}

async fn compiles(root: &Path, step: &'static Step) -> anyhow::Result<bool> {
    match compile(root, &Subject::Lessons, step).await {
        Ok(_) => Ok(true),
        Err(CompileError::Rejected(_)) => Ok(false),
        Err(CompileError::Environment(error)) => Err(error),
    }
}

/// What a program begins with, and why.
fn told(
    root: &Path,
    step: &Step,
    beginning: &Beginning,
    way: &Way,
    kit: &[Starter],
) -> anyhow::Result<String> {
    let file = format!("lessons/{}", beginning.file.display());
    let name = step.name();
    Ok(match (way.whose, &beginning.why_not) {
        (Whose::Merged(0), _) => {
            format!("{file} is your own earlier program, with the TODOs of {name} in it.\n")
        }
        (Whose::Merged(places), _) => format!(
            "{file} is your own earlier program, with the TODOs of {name} in it. {places} of its \
             places you have written in your own way, and {name} changes them: look for `TODO:`.\n"
        ),
        (Whose::Listed, _) => {
            let starter: Vec<Starter> = kit.to_vec();
            let place = root.join(SAVED).join("starters");
            files::write(&starter, &place)?;
            format!(
                "{file} is your own earlier program. It is built in another way than the kit's, so \
                 the TODOs of {name} stand in a list at its top. The kit's starter, for you to look \
                 at, is {}.\n",
                shown(&place.join(&beginning.file))
            )
        }
        (Whose::Kit, Some(why)) => format!("{file} is the kit's starter. {why}\n"),
        (Whose::Kit, None) if beginning.ways.len() > 1 => format!(
            "{file} is the kit's starter: your own earlier program does not compile here.\n"
        ),
        (Whose::Kit, None) => format!("{file} is the kit's starter.\n"),
    })
}

fn said(root: &Path, step: &Step, text: String) -> anyhow::Result<ExitCode> {
    let folder = root.join("lessons").join(&step.folder);
    let sources = step
        .sources()
        .map(|source| first_todo(&folder.join(source)));
    say::sentences(&format!(
        "{text}  read   {}\n  edit   {}\n  check  cargo xtask check {}\n",
        guide(&step.chapter),
        sources.collect::<Vec<_>>().join("\n         "),
        step.name()
    ))?;
    Ok(ExitCode::SUCCESS)
}
