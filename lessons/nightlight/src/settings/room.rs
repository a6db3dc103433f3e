//! Room for what is kept: where, and how much.

use std::path::{Path, PathBuf};

use super::{Setting, SettingsError};

/// How many readings wait where nothing else is said: those of eight minutes.
const QUEUE: usize = 100;

/// The most that fit into one message: rumqttc sends none above 10 KiB, and the longest readings
/// have some 40 bytes.
const LONGEST_QUEUE: usize = 200;

/// The folder that is written, else where the file is, else the current one.
pub(super) fn folder(setting: Option<Setting>, file: Option<&Path>) -> PathBuf {
    let beside_file = || file.and_then(Path::parent).map(Path::to_owned);
    setting
        .map(Setting::into_path)
        .or_else(beside_file)
        .unwrap_or_else(|| PathBuf::from("."))
}

/// The number that is written, or the default if none is.
pub(super) fn queue(setting: Option<Setting>) -> Result<usize, SettingsError> {
    let Some(Setting { value, origin }) = setting else {
        return Ok(QUEUE);
    };
    match value.trim().parse() {
        Ok(readings @ 1..=LONGEST_QUEUE) => Ok(readings),
        _ => Err(SettingsError::BadQueue { value, origin }),
    }
}
