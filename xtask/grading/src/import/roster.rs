//! Which entries of the folder of submissions are whose, and which are nobody's.

use std::collections::BTreeMap;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{charset, text};

/// An entry of the folder that is no submission, or not the one that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAside {
    /// Its name.
    pub entry: String,
    /// Why it does not count, as the rest of a sentence about it.
    pub why: String,
}

/// How a submission is packed. Of several of one learner, the first of these counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    Folder,
    Zip,
    TarGz,
    Tar,
    /// A format that is not read here.
    Foreign,
}

const ENDINGS: [(&str, Form); 16] = [
    (".zip", Form::Zip),
    (".tar.gz", Form::TarGz),
    (".tgz", Form::TarGz),
    (".tar", Form::Tar),
    (".tar.xz", Form::Foreign),
    (".tar.bz2", Form::Foreign),
    (".tar.zst", Form::Foreign),
    (".txz", Form::Foreign),
    (".tbz2", Form::Foreign),
    (".rar", Form::Foreign),
    (".7z", Form::Foreign),
    (".zipx", Form::Foreign),
    (".gz", Form::Foreign),
    (".xz", Form::Foreign),
    (".bz2", Form::Foreign),
    (".zst", Form::Foreign),
];

/// One learner's submission.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) learner: String,
    pub(super) path: PathBuf,
    pub(super) form: Form,
}

/// An entry that may count for its learner. The least of one learner's does.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Packed {
    form: Form,
    /// Bytes of its name: who packs twice has a longer one.
    length: usize,
    name: String,
    path: PathBuf,
}

/// Sorts the entries of `folder`: the learners' by their names, and what is set aside by its own.
pub(super) fn roster(folder: &Path) -> io::Result<(Vec<Candidate>, Vec<SetAside>)> {
    let mut by_stem: BTreeMap<Vec<u8>, Vec<Packed>> = BTreeMap::new();
    let mut aside = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let bytes = charset::bytes(&entry.file_name());
        let name = charset::name(&bytes);
        match form(&entry, &bytes) {
            Ok((stem, form)) => {
                let same = by_stem.entry(stem.to_vec()).or_default();
                same.push(Packed {
                    form,
                    length: bytes.len(),
                    name,
                    path: entry.path(),
                });
            }
            Err(why) => aside.push(SetAside {
                entry: name,
                why: why.to_owned(),
            }),
        }
    }
    let mut shown: BTreeMap<String, usize> = BTreeMap::new();
    for stem in by_stem.keys() {
        *shown.entry(text::cell(&charset::name(stem))).or_default() += 1;
    }
    let mut candidates = Vec::new();
    for (stem, mut same) in by_stem {
        let name = charset::name(&stem);
        let looks = text::cell(&name);
        let is_taken = looks.is_empty() || shown.get(&looks).is_some_and(|alike| *alike > 1);
        let learner = if is_taken && looks.as_bytes() != stem {
            // What tables and pages do not show of it keeps it apart.
            let hex: String = stem.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{looks} [{hex}]")
        } else {
            name
        };
        same.sort();
        let mut same = same.into_iter();
        let Some(counts) = same.next() else {
            continue;
        };
        let is_folder = counts.form == Form::Folder;
        let one = format!("{}{}", counts.name, if is_folder { "/" } else { "" });
        aside.extend(same.map(|other| SetAside {
            entry: other.name,
            why: format!("it is another submission of {learner}, and {one} counts"),
        }));
        candidates.push(Candidate {
            learner,
            path: counts.path,
            form: counts.form,
        });
    }
    candidates.sort_by(|one, other| one.learner.cmp(&other.learner));
    aside.sort_by(|one, other| one.entry.cmp(&other.entry));
    Ok((candidates, aside))
}

/// The learner's part of the name, and how it is packed. An error says why it is no submission.
fn form<'a>(entry: &DirEntry, name: &'a [u8]) -> Result<(&'a [u8], Form), &'static str> {
    let kind = entry.file_type().map_err(|_| "it cannot be looked at")?;
    if name.starts_with(b".") {
        return Err("its name begins with a dot");
    }
    if kind.is_symlink() {
        return Err("it is a link, and links are not followed: put what it leads to in its place");
    }
    let (stem, packed) = stem(name);
    match packed {
        _ if kind.is_dir() => Ok((stem, Form::Folder)),
        Some(form) if kind.is_file() => Ok((stem, form)),
        None if kind.is_file() => Err("it is neither a folder nor a .zip, .tar.gz or .tar"),
        _ => Err("it is neither a folder nor a file"),
    }
}

/// Without any ending of an archive, and what the last of them says. Who packs twice has two.
fn stem(name: &[u8]) -> (&[u8], Option<Form>) {
    let mut rest = name;
    let mut outermost = None;
    while let Some((short, form)) = without_ending(rest) {
        outermost = outermost.or(Some(form));
        rest = short;
    }
    (rest, outermost)
}

fn without_ending(name: &[u8]) -> Option<(&[u8], Form)> {
    // The longest that fits: a .tar.gz is no .gz.
    let fitting = ENDINGS.iter().filter_map(|(ending, form)| {
        let at = name.len().checked_sub(ending.len()).filter(|at| *at > 0)?;
        let fits = name[at..].eq_ignore_ascii_case(ending.as_bytes());
        fits.then_some((&name[..at], *form))
    });
    fitting.min_by_key(|(short, _)| short.len())
}
