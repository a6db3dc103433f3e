//! Which submissions are alike beyond what the starter explains, and a page for each two of them.

use std::collections::BTreeSet;
use std::path::Path;

use course::starters::{self, Starter};
use course::{Step, steps};
use grading::class::{Class, Learner};
use grading::pages;
use grading::similarity::{Found, Pair, Source, marked, pairs};
use grading::text;

use crate::results;

/// Of somebody's own code: less in common is nothing to look at.
const SHARE: f64 = 0.5;

/// Bytes of one learner's step that are compared: several times what a solution has.
const MOST: usize = 64 * 1024;

/// Bytes of the texts of one step that are shown side by side, each as often as it is shown: room for a hundred pairs of
/// usual programs. What comes of them takes several times as much.
const SHOWN: usize = 2 << 20;

/// The folder of the pages, beside the overview.
const FOLDER: &str = "alike";

/// Pairs for a human to look at, the most alike first, and their pages in `out`.
///
/// # Errors
/// When the starters cannot be read, or a page not written.
pub fn alike(root: &Path, class: &Class, out: &Path) -> anyhow::Result<Vec<Pair>> {
    let solutions = root.join("solutions");
    let all = if solutions.is_dir() {
        starters::generate(&solutions)?
    } else {
        starters::kept(&root.join("xtask").join("starters"))?
    };
    let mut alike = Vec::new();
    let mut written = BTreeSet::new();
    for step in steps() {
        // One step after the other: a class's sources need not be in memory together.
        let learners = class.learners.iter();
        let sources: Vec<Source> = learners
            .filter_map(|learner| source(learner, step))
            .collect();
        let mut found = pairs(&sources, &starter(&all, step), SHARE);
        side_by_side(&mut found, &sources, out, &mut written)?;
        alike.extend(found.pairs);
    }
    results::clear(&out.join(FOLDER), &written)?;
    alike.sort_by(|one, other| other.share.total_cmp(&one.share));
    Ok(alike)
}

/// Writes pages for the most alike, as far as there is room.
fn side_by_side(
    found: &mut Found,
    sources: &[Source],
    out: &Path,
    written: &mut BTreeSet<String>,
) -> anyhow::Result<()> {
    let mut room = SHOWN;
    let text_of = |name: &str| {
        let source = sources.iter().find(|source| source.learner == name);
        source
            .map(|source| source.text.as_str())
            .unwrap_or_default()
    };
    for pair in &mut found.pairs {
        let (first, second) = (text_of(&pair.first), text_of(&pair.second));
        let Some(left) = room.checked_sub(first.len() + second.len()) else {
            break;
        };
        room = left;
        let texts = marked(first, second, &found.given, pair.renamed);
        let stem = format!("{:03}-{}", written.len() + 1, pair.step);
        let file = format!("{FOLDER}/{stem}.html");
        results::put(&out.join(&file), pages::alike(pair, &texts))?;
        written.insert(stem);
        pair.page = Some(file);
    }
    Ok(())
}

fn starter(all: &[Starter], step: &Step) -> String {
    let own = all.iter().filter(|starter| {
        starter.file.starts_with(&step.folder)
            && starter.file.extension().is_some_and(|kind| kind == "rs")
    });
    own.map(|starter| named(&starter.file.to_string_lossy(), &starter.text))
        .collect()
}

/// All files of a step.
fn source(learner: &Learner, step: &Step) -> Option<Source> {
    let submission = learner.submission.as_ref()?;
    let files = submission.taken.keys();
    let own = files.filter(|path| Path::new(path).starts_with(&step.folder));
    let texts = own.filter_map(|path| Some(named(path, &submission.text(path)?)));
    let mut text: String = texts.collect();
    let is_boundary = |end: &usize| text.is_char_boundary(*end);
    let end = (0..=MOST).rev().find(is_boundary).unwrap_or_default();
    text.truncate(end);
    (!text.is_empty()).then(|| Source {
        learner: learner.name.clone(),
        step: step.name(),
        text,
    })
}

/// A file below a comment with its name.
fn named(path: &str, text: &str) -> String {
    format!("// {}\n{text}\n", text::cell(path))
}
