//! The places in the book that the checks send a learner to.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use pulldown_cmark::{Event, Tag};

use crate::folders::Folders;
use crate::markdown;

/// How a criterion or a wrong answer names its chapter, in the runner's source and its data.
const MARKS: [&str; 2] = ["chapter: \"", "chapter = \""];

/// Checks that every chapter and heading the runner names is there; says how many it names.
pub fn check(folders: &Folders) -> Result<usize> {
    let places = places(folders)?;
    let mut named = BTreeSet::new();
    collect(&folders.root().join("xtask"), &mut named)?;
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

/// Every chapter, and every heading of it, as `mqtt.md` and `mqtt.md#broker`.
fn places(folders: &Folders) -> Result<BTreeSet<String>> {
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

fn collect(folder: &Path, named: &mut BTreeSet<String>) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, named)?;
        } else if path
            .extension()
            .is_some_and(|kind| kind == "rs" || kind == "toml")
        {
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            for mark in MARKS {
                let places = text
                    .split(mark)
                    .skip(1)
                    .filter_map(|rest| rest.split('"').next());
                named.extend(
                    places
                        .filter(|place| place.contains(".md"))
                        .map(str::to_owned),
                );
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_gone_is_named() {
        let kit = tempfile::tempdir().unwrap();
        let folders = Folders::at(kit.path());
        fs::create_dir_all(folders.chapters()).unwrap();
        fs::create_dir_all(kit.path().join("xtask/src")).unwrap();
        fs::write(folders.chapters().join("mqtt.md"), "# MQTT {#mqtt}\n").unwrap();
        let source = kit.path().join("xtask/src/a.rs");
        fs::write(
            &source,
            r#"A { chapter: "mqtt.md#mqtt" } B { chapter: "mqtt.md" }"#,
        )
        .unwrap();
        assert_eq!(check(&folders).unwrap(), 2);
        fs::write(&source, r#"A { chapter: "mqtt.md#gone" }"#).unwrap();
        assert!(
            check(&folders)
                .unwrap_err()
                .to_string()
                .contains("mqtt.md#gone")
        );
        fs::remove_file(&source).unwrap();
        fs::write(
            kit.path().join("xtask/src/a.toml"),
            r#"chapter = "mqtt.md#lost""#,
        )
        .unwrap();
        assert!(check(&folders).is_err(), "data files count too");
    }

    #[test]
    fn every_hint_leads_into_the_book() {
        check(&Folders::find().unwrap()).unwrap();
    }
}
