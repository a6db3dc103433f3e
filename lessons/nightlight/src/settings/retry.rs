//! How long to leave the broker in peace after a failure.

use std::time::Duration;

use super::{Setting, SettingsError};

/// What nobody has to set: long enough for a broker that restarts, short enough for a person.
const DEFAULT: Duration = Duration::from_secs(1);

/// An hour, in milliseconds. Who waits longer wants to be switched off.
const LONGEST: u64 = 3_600_000;

/// The pause that is written, or the default if none is.
pub(super) fn pause(setting: Option<Setting>) -> Result<Duration, SettingsError> {
    let Some(Setting { value, origin }) = setting else {
        return Ok(DEFAULT);
    };
    match value.trim().parse() {
        Ok(ms @ 1..=LONGEST) => Ok(Duration::from_millis(ms)),
        _ => Err(SettingsError::BadRetry { value, origin }),
    }
}
