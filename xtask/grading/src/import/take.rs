//! Chooses the wanted files of one submission and reads them.

use std::collections::BTreeMap;
use std::path::Path;

use super::folder::Folder;
use super::path::{self, Pattern};
use super::{MOST_BYTES, Reason, Refusal, Wanted, archive, layout};

/// Maximum number of files in one submission.
const MOST_FILES: usize = 200;
/// Entries of a submission that are looked at: more is no homework.
pub(super) const MOST_ENTRIES: usize = 20_000;

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
}

/// A folder or an archive: what is in it, and the bytes of some of it.
pub(super) trait Source {
    /// All but folders.
    fn entries(&mut self) -> Result<Vec<Entry>, String>;
    /// The files at these indices of `entries`, each at most [`MOST_BYTES`].
    fn read(&mut self, indices: &[usize]) -> Result<Vec<Result<Vec<u8>, Reason>>, String>;
}

/// What is taken out of one submission.
pub(super) struct Content {
    /// Texts by their path in the scratch folder.
    pub(super) files: BTreeMap<String, String>,
    pub(super) refused: Vec<Refusal>,
}

/// Reads the wanted files of one submission. An error is a sentence on why nothing can be taken.
pub(super) fn take(origin: &Path, wanted: &Wanted) -> Result<Content, String> {
    let mut source: Box<dyn Source> = if origin.is_dir() {
        Box::new(Folder::new(origin))
    } else {
        archive::open(origin)?
    };
    let entries = source.entries()?;
    if entries.len() > MOST_ENTRIES {
        return Err(format!("it holds more than {MOST_ENTRIES} files"));
    }
    let mut refused = Vec::new();
    let mut honest = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        match path::parts(&entry.path) {
            _ if entry.kind == Kind::Folder => {}
            Some(parts) => honest.push((index, parts)),
            None => refused.push(Refusal {
                path: entry.path.clone(),
                reason: Reason::PathTrick,
            }),
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

    let mut chosen: BTreeMap<String, usize> = BTreeMap::new();
    for (index, parts) in honest {
        let Some(path) = layout::place(&parts, &root, &patterns, &wanted.documents) else {
            continue;
        };
        let reason = match entries[index].kind {
            Kind::Link => Reason::Link,
            Kind::Special => Reason::Special,
            Kind::Folder => continue,
            Kind::File { bytes } if bytes > MOST_BYTES => Reason::TooLarge,
            Kind::File { .. } => match chosen.insert(path, index) {
                None => continue,
                Some(_) => Reason::Twice,
            },
        };
        refused.push(Refusal {
            path: entries[index].path.clone(),
            reason,
        });
    }
    // A file that occurs twice is ambiguous: neither is taken.
    let twice: Vec<String> = refused
        .iter()
        .filter(|refusal| refusal.reason == Reason::Twice)
        .filter_map(|refusal| {
            layout::place(
                &path::parts(&refusal.path)?,
                &root,
                &patterns,
                &wanted.documents,
            )
        })
        .collect();
    chosen.retain(|path, _| !twice.contains(path));
    // A path cannot be both a file and a folder.
    let paths: Vec<String> = chosen.keys().cloned().collect();
    chosen.retain(|path, index| {
        let inside = paths.iter().any(|other| {
            path.strip_prefix(other)
                .is_some_and(|rest| rest.starts_with('/'))
        });
        if inside {
            refused.push(Refusal {
                path: entries[*index].path.clone(),
                reason: Reason::PathTrick,
            });
        }
        !inside
    });
    if chosen.len() > MOST_FILES {
        return Err(format!("it brings more than {MOST_FILES} source files"));
    }

    let indices: Vec<usize> = chosen.values().copied().collect();
    let mut files = BTreeMap::new();
    for ((path, index), bytes) in chosen.into_iter().zip(source.read(&indices)?) {
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).map_err(|_| Reason::NotText));
        match text {
            Ok(text) => drop(files.insert(path, text)),
            Err(reason) => refused.push(Refusal {
                path: entries[index].path.clone(),
                reason,
            }),
        }
    }
    Ok(Content { files, refused })
}
