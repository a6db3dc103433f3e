//! `nightlight.toml`: where it lies, and what may stand in it.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::{Origin, Setting, SettingsError};

const NAME: &str = "nightlight.toml";

/// The first `nightlight.toml` in one of the folders, or in a folder above it.
pub(super) fn find<'a>(starts: impl Iterator<Item = &'a Path>) -> Option<PathBuf> {
    starts
        .flat_map(Path::ancestors)
        .map(|folder| folder.join(NAME))
        .find(|path| path.is_file())
}

/// What `nightlight.toml` says. Every key may be left out.
#[derive(Debug, Default)]
pub(super) struct SettingsFile {
    pub(super) id: Option<Setting>,
    pub(super) broker: Option<Setting>,
    pub(super) board: Option<Setting>,
}

impl SettingsFile {
    pub(super) fn read(path: &Path) -> Result<Self, SettingsError> {
        let text = fs::read_to_string(path).map_err(|source| SettingsError::UnreadableFile {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, SettingsError> {
        let table = DeTable::parse(text).map_err(|error| {
            let place = error.span().unwrap_or_default();
            bad_file(path, text, place, error.message().to_owned())
        })?;
        // In the order of the file, so that the first error is the one reported.
        let mut entries: Vec<_> = table.into_inner().into_iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);

        let mut file = Self::default();
        for (key, value) in entries {
            let (name, slot) = match key.get_ref().as_ref() {
                "id" => ("id", &mut file.id),
                "broker" => ("broker", &mut file.broker),
                "board" => ("board", &mut file.board),
                other => {
                    let problem = format!("the key `{other}` is not known");
                    return Err(bad_file(path, text, key.span(), problem));
                }
            };
            let DeValue::String(setting) = value.get_ref() else {
                let problem = format!("`{name}` must be text in double quotes");
                return Err(bad_file(path, text, value.span(), problem));
            };
            *slot = Some(Setting {
                value: setting.to_string(),
                origin: Origin::File {
                    key: name,
                    path: path.to_owned(),
                    line: line_of(text, value.span().start),
                },
            });
        }
        Ok(file)
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes()
        .take(offset)
        .filter(|byte| *byte == b'\n')
        .count()
        + 1
}

fn bad_file(path: &Path, text: &str, place: Range<usize>, problem: String) -> SettingsError {
    let line = line_of(text, place.start);
    let before = text.get(..place.start).unwrap_or(text);
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    SettingsError::BadFile {
        path: path.to_owned(),
        line,
        column,
        text: text.lines().nth(line - 1).unwrap_or_default().to_owned(),
        problem,
    }
}
