//! Chooses the wanted files of one submission and reads them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::UNIX_EPOCH;

use super::folder::Folder;
use super::path::{self, Pattern};
use super::roster::Form;
use super::{MOST_BYTES, Reason, Refusal, Wanted, WantedStep, archive, layout, manifest};

/// Maximum number of files in one submission.
const MOST_FILES: usize = 200;
/// Bytes of all files that are taken together.
const MOST_TAKEN: u64 = 4 * 1024 * 1024;
/// Entries of a submission that are looked at: more is no homework.
pub(super) const MOST_ENTRIES: usize = 20_000;
/// Bytes of the names of all entries together.
pub(super) const MOST_NAMES: u64 = 4 * 1024 * 1024;
/// Refused files that are listed, and how much of each path, in bytes.
const MOST_LISTED: usize = 50;
const LONGEST_LISTED: usize = 300;
/// Manifests and build scripts that are looked at.
const MOST_NOTES: usize = 20;

/// A file, folder or link in a submission.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// With `/` between its parts, as the submission has it.
    pub(super) path: String,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File {
        bytes: u64,
    },
    /// A folder; archives list them, and nothing depends on it.
    Folder,
    Link,
    Special,
    /// A file of which the archive holds two.
    Twice,
}

/// A folder or an archive: what is in it, and the bytes of some of it.
pub(super) trait Source {
    /// All but folders.
    fn entries(&mut self) -> Result<Vec<Entry>, String>;
    /// The files at these indices of `entries`, each at most [`MOST_BYTES`].
    fn read(&mut self, indices: &[usize]) -> Result<Vec<Result<Vec<u8>, Reason>>, String>;
    /// When the newest of them was written, in seconds since 1970; of an archive, when it was.
    fn newest(&self, indices: &[usize]) -> Option<u64>;
}

/// What is taken out of one submission.
pub(super) struct Content {
    /// Texts by their path in the scratch folder.
    pub(super) files: BTreeMap<String, String>,
    pub(super) refused: Refused,
    /// What of it plays no part, and is worth a word.
    pub(super) notes: Vec<String>,
    /// When the newest of it was written, in seconds since 1970.
    pub(super) newest: Option<u64>,
}

/// What is not taken.
#[derive(Default)]
pub(super) struct Refused {
    /// For people to read.
    pub(super) listed: Vec<Refusal>,
    /// How many there are beyond those.
    pub(super) more: usize,
    /// Of all that would have been taken: the path in the scratch folder, and why it is not there.
    pub(super) places: Vec<(String, Reason)>,
}

impl Refused {
    fn add(&mut self, path: &str, place: Option<String>, reason: Reason) {
        if let Some(place) = place {
            self.places.push((place, reason.clone()));
        }
        if self.listed.len() < MOST_LISTED {
            let path = path::shortened(path, LONGEST_LISTED);
            self.listed.push(Refusal { path, reason });
        } else {
            self.more += 1;
        }
    }
}

/// Reads the wanted files of one submission. An error is a sentence on why nothing can be taken.
pub(super) fn take(origin: &Path, form: Form, wanted: &Wanted) -> Result<Content, String> {
    let mut source: Box<dyn Source> = match form {
        Form::Folder => Box::new(Folder::new(origin)),
        packed => archive::open(origin, packed)?,
    };
    let entries = source.entries()?;
    if entries.len() > MOST_ENTRIES {
        return Err(format!("it holds more than {MOST_ENTRIES} files"));
    }
    let mut refused = Refused::default();
    let mut honest = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        match path::parts(&entry.path) {
            _ if entry.kind == Kind::Folder => {}
            Some(parts) => honest.push((index, parts)),
            None => refused.add(&entry.path, None, Reason::PathTrick),
        }
    }
    let patterns: Vec<Pattern> = wanted
        .steps
        .iter()
        .flat_map(|step| &step.sources)
        .map(|pattern| Pattern::new(pattern))
        .collect();
    let root = layout::root(
        honest.iter().map(|(_, parts)| parts.as_slice()),
        &patterns,
        &wanted.documents,
    )?;
    let place = |parts: &[String]| layout::place(parts, &root, &patterns, &wanted.documents);
    let chosen = choose(
        &entries,
        honest
            .iter()
            .filter_map(|(index, parts)| Some((place(parts)?, *index))),
        &mut refused,
    );
    let notes = notes(source.as_mut(), &entries, &honest, &root, wanted)?;
    if chosen.len() > MOST_FILES {
        return Err(format!("it brings more than {MOST_FILES} source files"));
    }

    let indices: Vec<usize> = chosen.values().copied().collect();
    let mut files = BTreeMap::new();
    let mut taken = 0;
    for ((place, index), bytes) in chosen.into_iter().zip(source.read(&indices)?) {
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).map_err(|_| Reason::NotText));
        match text {
            Ok(text) => {
                taken += text.len() as u64;
                files.insert(place, text);
            }
            Err(reason) => refused.add(&entries[index].path, Some(place), reason),
        }
        if taken > MOST_TAKEN {
            return Err(format!(
                "its source files are larger than {} MiB together",
                MOST_TAKEN / 1024 / 1024
            ));
        }
    }
    Ok(Content {
        files,
        refused,
        notes,
        newest: source.newest(&indices),
    })
}

/// What is to be said of manifests and build scripts in the lessons' folder.
fn notes(
    source: &mut dyn Source,
    entries: &[Entry],
    honest: &[(usize, Vec<String>)],
    root: &[String],
    wanted: &Wanted,
) -> Result<Vec<String>, String> {
    let of_interest = honest.iter().filter_map(|(index, parts)| {
        let below = parts.strip_prefix(root)?;
        let kind = manifest::kind(below)?;
        // The kit's own library has a manifest, too.
        let is_step = |step: &WantedStep| {
            let mut sources = step.sources.iter().map(|source| Pattern::new(source));
            sources.any(|source| source.step() == Some(below[0].as_str()))
        };
        if below.len() > 1 && !below[0].starts_with('.') && !wanted.steps.iter().any(is_step) {
            return None;
        }
        let is_file = matches!(entries[*index].kind, Kind::File { .. });
        is_file.then(|| (*index, below.join("/"), kind))
    });
    let files: Vec<_> = of_interest.take(MOST_NOTES).collect();
    let indices: Vec<usize> = files.iter().map(|(index, ..)| *index).collect();
    let texts = source.read(&indices)?;
    let notes = files
        .iter()
        .zip(texts)
        .filter_map(|((_, path, kind), text)| {
            let text = String::from_utf8(text.ok()?).ok()?;
            let path = path::shortened(path, LONGEST_LISTED);
            manifest::note(&path, *kind, &text, &wanted.crates)
        });
    Ok(notes.collect())
}

/// When this file was written, in seconds since 1970.
pub(super) fn written(path: &Path) -> Option<u64> {
    let time = path.symlink_metadata().ok()?.modified().ok()?;
    Some(time.duration_since(UNIX_EPOCH).ok()?.as_secs())
}

/// The files to read, by their place in the scratch folder.
fn choose(
    entries: &[Entry],
    wanted: impl Iterator<Item = (String, usize)>,
    refused: &mut Refused,
) -> BTreeMap<String, usize> {
    let mut chosen: BTreeMap<String, usize> = BTreeMap::new();
    let mut twice = Vec::new();
    for (place, index) in wanted {
        let reason = match entries[index].kind {
            Kind::Link => Reason::Link,
            Kind::Special => Reason::Special,
            Kind::Folder => continue,
            Kind::Twice => Reason::Twice,
            Kind::File { bytes } if bytes > MOST_BYTES => Reason::TooLarge,
            Kind::File { .. } => match chosen.insert(place.clone(), index) {
                None => continue,
                Some(_) => Reason::Twice,
            },
        };
        if reason == Reason::Twice {
            twice.push(place.clone());
        }
        refused.add(&entries[index].path, Some(place), reason);
    }
    // A file that occurs twice is ambiguous: neither is taken.
    chosen.retain(|place, _| !twice.contains(place));
    // A path cannot be both a file and a folder.
    let places: Vec<String> = chosen.keys().cloned().collect();
    chosen.retain(|place, index| {
        let inside = places.iter().any(|other| {
            place
                .strip_prefix(other)
                .is_some_and(|rest| rest.starts_with('/'))
        });
        if inside {
            refused.add(
                &entries[*index].path,
                Some(place.clone()),
                Reason::PathTrick,
            );
        }
        !inside
    });
    chosen
}
