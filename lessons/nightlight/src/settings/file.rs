//! `nightlight.toml`: where it lies, and what may stand in it.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::{Origin, Setting, SettingsError};

const NAME: &str = "nightlight.toml";

/// The first `nightlight.toml` in one of the folders, or in a folder above it.
pub(super) fn find<'a>(folders: impl IntoIterator<Item = &'a Path>) -> Option<PathBuf> {
    folders
        .into_iter()
        .flat_map(Path::ancestors)
        .map(|folder| folder.join(NAME))
        .find(|path| path.is_file())
}

/// What `nightlight.toml` says. Every key may be left out.
#[derive(Default)]
pub(super) struct SettingsFile {
    pub(super) path: Option<PathBuf>,
    pub(super) id: Option<Setting>,
    pub(super) broker: Option<Setting>,
    pub(super) broker_ca: Option<Setting>,
    pub(super) client_cert: Option<Setting>,
    pub(super) client_key: Option<Setting>,
    pub(super) board: Option<Setting>,
    pub(super) retry: Option<Setting>,
    pub(super) goodbye: Option<Setting>,
    pub(super) device: Option<Setting>,
    pub(super) stale: Option<Setting>,
    pub(super) folder: Option<Setting>,
    pub(super) queue: Option<Setting>,
    pub(super) alone: Option<Setting>,
    pub(super) task_pause: Option<Setting>,
}

impl SettingsFile {
    pub(super) fn read(path: PathBuf) -> Result<Self, SettingsError> {
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(path, &text),
            Err(reason) => Err(SettingsError::UnreadableFile { path, reason }),
        }
    }

    fn parse(path: PathBuf, text: &str) -> Result<Self, SettingsError> {
        let table = match DeTable::parse(text) {
            Ok(table) => table.into_inner(),
            Err(error) => {
                let place = error.span().unwrap_or_default();
                return Err(bad_file(path, text, place, error.message().to_owned()));
            }
        };
        // In the order of the file, so that the first error is the one that is reported.
        let mut entries: Vec<_> = table.into_iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);

        let mut file = Self::default();
        for (key, value) in entries {
            let (name, setting) = match key.get_ref().as_ref() {
                "id" => ("id", &mut file.id),
                "broker" => ("broker", &mut file.broker),
                "broker_ca" => ("broker_ca", &mut file.broker_ca),
                "client_cert" => ("client_cert", &mut file.client_cert),
                "client_key" => ("client_key", &mut file.client_key),
                "board" => ("board", &mut file.board),
                "retry_ms" => ("retry_ms", &mut file.retry),
                "goodbye_ms" => ("goodbye_ms", &mut file.goodbye),
                "device" => ("device", &mut file.device),
                "stale_ms" => ("stale_ms", &mut file.stale),
                "folder" => ("folder", &mut file.folder),
                "queue" => ("queue", &mut file.queue),
                "alone_ms" => ("alone_ms", &mut file.alone),
                "task_pause_ms" => ("task_pause_ms", &mut file.task_pause),
                other => {
                    let problem = format!("{other:?} is not the name of a setting");
                    return Err(bad_file(path, text, key.span(), problem));
                }
            };
            let DeValue::String(written) = value.get_ref() else {
                let problem = format!("the value of `{name}` must be in double quotes");
                return Err(bad_file(path, text, value.span(), problem));
            };
            *setting = Some(Setting {
                value: written.to_string(),
                origin: Origin::File {
                    key: name,
                    path: path.clone(),
                    line: line_and_column(text, value.span().start).0,
                },
            });
        }
        file.path = Some(path);
        Ok(file)
    }
}

fn bad_file(path: PathBuf, text: &str, place: Range<usize>, problem: String) -> SettingsError {
    let (line, column) = line_and_column(text, place.start);
    let text = without_login(text.lines().nth(line - 1).unwrap_or_default());
    SettingsError::BadFile {
        path,
        line,
        column,
        text,
        problem,
    }
}

/// The line as it is, but for what may be a user and a password: no screen needs to show them.
fn without_login(line: &str) -> String {
    let Some((login, rest)) = line.rsplit_once('@') else {
        return line.to_owned();
    };
    let begin = login.find("://").map_or(0, |scheme| scheme + "://".len());
    let stars = "*".repeat(login[begin..].chars().count());
    format!("{}{stars}@{rest}", &login[..begin])
}

/// Line and column, counted from 1, of the character at this byte.
fn line_and_column(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (line, before[start..].chars().count() + 1)
}
