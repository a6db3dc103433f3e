//! Which submissions are alike beyond what the starter explains.

use std::collections::BTreeMap;
use std::path::Path;

use course::starters;
use course::{Step, steps};
use grading::class::{Class, Learner};
use grading::similarity::{Pair, Source, pairs};

/// Of somebody's own code: less in common is nothing to look at.
const SHARE: f64 = 0.5;

/// Pairs for a human to look at.
///
/// # Errors
/// When the starters cannot be read.
pub fn alike(root: &Path, class: &Class) -> anyhow::Result<Vec<Pair>> {
    let solutions = root.join("solutions");
    let all = if solutions.is_dir() {
        starters::generate(&solutions)?
    } else {
        starters::kept(&root.join("xtask").join("starters"))?
    };
    let mut starters: BTreeMap<String, String> = BTreeMap::new();
    let mut sources = Vec::new();
    for step in steps() {
        let text = all.iter().filter(|starter| {
            starter.file.starts_with(&step.folder)
                && starter.file.extension().is_some_and(|kind| kind == "rs")
        });
        starters.insert(
            step.name(),
            text.map(|starter| starter.text.as_str()).collect(),
        );
        for learner in &class.learners {
            sources.extend(source(learner, step));
        }
    }
    Ok(pairs(&sources, &starters, SHARE))
}

fn source(learner: &Learner, step: &Step) -> Option<Source> {
    let submission = learner.submission.as_ref()?;
    let files = submission.taken.keys();
    let own = files.filter(|path| Path::new(path).starts_with(&step.folder));
    let text: String = own.filter_map(|path| submission.text(path)).collect();
    (!text.is_empty()).then(|| Source {
        learner: learner.name.clone(),
        step: step.name(),
        text,
    })
}
