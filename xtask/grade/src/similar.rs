//! Which submissions are alike beyond what the starter explains.

use std::collections::BTreeMap;
use std::path::Path;

use course::starters;
use course::{Step, steps};
use grading::class::{Class, Learner};
use grading::similarity::{Pair, Source, pairs};

/// Of somebody's own code: less in common is nothing to look at.
const SHARE: f64 = 0.5;

/// Bytes of one learner's step that are compared: several times what a solution has.
const MOST: usize = 64 * 1024;

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
    let mut found = Vec::new();
    for step in steps() {
        let text = all.iter().filter(|starter| {
            starter.file.starts_with(&step.folder)
                && starter.file.extension().is_some_and(|kind| kind == "rs")
        });
        let starter = text.map(|starter| starter.text.as_str()).collect();
        let starters = BTreeMap::from([(step.name(), starter)]);
        // One step after the other: a class's sources need not be in memory together.
        let learners = class.learners.iter();
        let sources: Vec<Source> = learners
            .filter_map(|learner| source(learner, step))
            .collect();
        found.extend(pairs(&sources, &starters, SHARE));
    }
    found.sort_by(|one, other| other.share.total_cmp(&one.share));
    Ok(found)
}

fn source(learner: &Learner, step: &Step) -> Option<Source> {
    let submission = learner.submission.as_ref()?;
    let files = submission.taken.keys();
    let own = files.filter(|path| Path::new(path).starts_with(&step.folder));
    let mut text: String = own.filter_map(|path| submission.text(path)).collect();
    let is_boundary = |end: &usize| text.is_char_boundary(*end);
    let end = (0..=MOST).rev().find(is_boundary).unwrap_or_default();
    text.truncate(end);
    (!text.is_empty()).then(|| Source {
        learner: learner.name.clone(),
        step: step.name(),
        text,
    })
}
