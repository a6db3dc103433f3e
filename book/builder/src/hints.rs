//! The places in the book that the checks send a learner to.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, ensure};
use course::{Step, steps};
use pulldown_cmark::{Event, Tag};

use crate::folders::Folders;
use crate::markdown;

/// The heading that a check names when it has passed; see the runner's `check`.
const OTHER_WAYS: &str = "other-ways";

/// Checks that every chapter and heading the steps name is there; says how many they name.
pub fn check(folders: &Folders) -> Result<usize> {
    let places = places(folders)?;
    let checked = steps().iter().chain([course::firmware()]);
    let mut named: BTreeSet<String> = checked.flat_map(named_by).collect();
    let of_page = course::page().criteria.iter();
    named.extend(of_page.map(|criterion| criterion.chapter.clone()));
    let lost: Vec<&String> = named
        .iter()
        .filter(|place| !places.contains(*place))
        .collect();
    ensure!(
        lost.is_empty(),
        "the checks point at places that the book does not have: {lost:?}"
    );
    Ok(named.len())
}

/// In hints, and after a pass.
fn named_by(step: &Step) -> impl Iterator<Item = String> {
    let criteria = step.criteria.iter();
    let criteria = criteria.map(|criterion| criterion.chapter.to_string());
    let chapter = step.chapter.to_string();
    let ways = format!("{chapter}#{OTHER_WAYS}");
    criteria.chain([chapter, ways])
}

/// Every chapter, and every heading of it, as `mqtt.md` and `mqtt.md#broker`.
pub fn places(folders: &Folders) -> Result<BTreeSet<String>> {
    let mut places = BTreeSet::new();
    for entry in fs::read_dir(folders.chapters()).context("no chapters")? {
        let path = entry?.path();
        // Pictures lie in a folder among the chapters.
        if path.is_dir() {
            continue;
        }
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let text = fs::read_to_string(&path).with_context(|| name.clone())?;
        for (event, _) in markdown::events(&text) {
            if let Event::Start(Tag::Heading { id: Some(id), .. }) = event {
                places.insert(format!("{name}#{id}"));
            }
        }
        places.insert(name);
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_gone_is_named() {
        let kit = tempfile::tempdir().unwrap();
        let folders = Folders::at(kit.path());
        fs::create_dir_all(folders.chapters()).unwrap();
        let chapter = &*steps()[0].chapter;
        let place = &*steps()[0].criteria[0].chapter;
        let error = || check(&folders).unwrap_err().to_string();
        let (whole, part) = (format!("{chapter:?}"), format!("{place:?}"));
        assert!(error().contains(&whole) && error().contains(&part));
        let (_, id) = place.split_once('#').unwrap();
        let text = format!("# Title {{#title}}\n\n## Part {{#{id}}}\n");
        fs::write(folders.chapters().join(chapter), text).unwrap();
        assert!(!error().contains(&whole) && !error().contains(&part));
    }

    #[test]
    fn every_hint_leads_into_the_book() {
        check(&Folders::find().unwrap()).unwrap();
    }
}
