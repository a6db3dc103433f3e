//! A step can begin with a learner's earlier program: with the kit's own solution it is the kit's
//! starter again, and with another right program it is one that compiles.

use std::path::Path;

use anyhow::{Context, ensure};
use checks::corpus::{self, Expectation, Program};
use course::{Step, anchors, starters};
use libtest_mimic::Trial;
use xtask::carry::{Way, Whose, ways};

use super::{play, root, stage, test};

pub fn tests(step: &'static Step) -> Vec<Trial> {
    let following = step.programs.iter().filter(|it| it.follows.is_some());
    let same = following.map(|program| {
        let name = format!("carry {} {}", step.name(), program.id);
        test(name, move || is_the_starter(step, program))
    });
    let mut tests: Vec<Trial> = same.collect();
    if step.number == 2 {
        let name = format!("carry {} other right programs", step.name());
        tests.push(play(name, move || others(step)));
    }
    tests
}

/// The earlier step, its solution, and the new step's starter.
fn parts(
    step: &'static Step,
    program: &course::Program,
) -> anyhow::Result<(&'static Step, String, String)> {
    let follows = program.follows.as_ref().context("it follows none")?;
    let solutions = root()?.join("solutions");
    let (folder, _) = follows.split_once('/').context("follows names no file")?;
    let file = Path::new(&step.folder).join(&program.source);
    let fresh = starters::of_step(&solutions, step)?;
    let starter = fresh.into_iter().find(|starter| starter.file == file);
    Ok((
        course::find(folder)?,
        starters::finished(&solutions.join(follows))?,
        starter.context("it has no starter")?.text,
    ))
}

fn is_the_starter(step: &'static Step, program: &course::Program) -> anyhow::Result<()> {
    let (earlier, before, starter) = parts(step, program)?;
    let ways = ways(step, program, earlier, &before, &before, &starter);
    let wanted = Way {
        text: starter,
        whose: Whose::Merged(0),
    };
    ensure!(ways.first() == Some(&wanted), "{:?}", ways.first());
    Ok(())
}

/// Carried as it is built, with the TODOs in their places or in a list; most fit in.
async fn others(step: &'static Step) -> anyhow::Result<()> {
    let program = &step.programs[0];
    let (earlier, before, starter) = parts(step, program)?;
    let (mut merged, mut all) = (0, 0);
    for right in corpus::programs(&root()?, earlier)? {
        let theirs = right.sources.get(Path::new(&earlier.programs[0].source));
        let alone = right.sources.len() == 1 && right.expected == Expectation::Pass;
        let Some(theirs) = theirs.filter(|_| alone) else {
            continue;
        };
        // A change of the solution has the solution's marks.
        let theirs = anchors::without_marks(theirs).unwrap_or_else(|_| theirs.clone());
        let ways = ways(step, program, earlier, &before, &theirs, &starter);
        let whose = first_that_compiles(step, program, ways).await?;
        let whose = whose.with_context(|| format!("{} is lost", right.name))?;
        merged += usize::from(whose != Whose::Listed);
        all += 1;
    }
    ensure!(2 * merged > all, "the TODOs fit into {merged} of {all}");
    Ok(())
}

async fn first_that_compiles(
    step: &'static Step,
    program: &course::Program,
    ways: Vec<Way>,
) -> anyhow::Result<Option<Whose>> {
    for way in ways {
        let candidate = Program {
            step,
            name: "carried".to_owned(),
            about: String::new(),
            expected: Expectation::Pass,
            sources: [(program.source.clone().into(), way.text)].into(),
            unchanged: Vec::new(),
        };
        if stage().await?.compile(&candidate).await.is_ok() {
            return Ok(Some(way.whose));
        }
    }
    Ok(None)
}
