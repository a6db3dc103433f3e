//! Times that a program keeps: how long it waits, and how long what it knows is good.

use std::time::Duration;

use super::{Origin, Setting, SettingsError};

/// How long to leave the broker in peace after a failure: long enough for one that restarts, short
/// enough for a person.
const RETRY: Duration = Duration::from_secs(1);

/// How long the broker's answer to a goodbye may take: long enough for a slow line, short enough
/// for a person who has pressed Ctrl-C.
const GOODBYE: Duration = Duration::from_secs(2);
/// How long a reading counts that no newer one has replaced: three of the readings that come every
/// five seconds, so that one may get lost.
const STALE_AFTER: Duration = Duration::from_secs(15);
/// How long nothing may be heard of the server: three of the answers that come every five seconds.
const ALONE_AFTER: Duration = Duration::from_secs(15);
/// How long a device rests after a task: long enough that a person sees what it does.
const TASK_PAUSE: Duration = Duration::from_secs(1);

/// An hour, in milliseconds. Who waits longer wants to be switched off.
const LONGEST: u64 = 3_600_000;

/// In milliseconds. Nine of them, as many as rumqttc reads at a time, are less than the lesson's
/// keep-alive of a minute.
const LONGEST_TASK_PAUSE: u64 = 5_000;

/// The pause before a new connection.
pub(super) fn retry(setting: Option<Setting>) -> Result<Duration, SettingsError> {
    parse(setting, RETRY, |value, origin| SettingsError::BadRetry {
        value,
        origin,
    })
}

/// The wait for the answer to a goodbye.
pub(super) fn goodbye(setting: Option<Setting>) -> Result<Duration, SettingsError> {
    parse(setting, GOODBYE, |value, origin| {
        SettingsError::BadGoodbye { value, origin }
    })
}

/// How old a reading may become.
pub(super) fn stale_after(setting: Option<Setting>) -> Result<Duration, SettingsError> {
    parse(setting, STALE_AFTER, |value, origin| {
        SettingsError::BadStale { value, origin }
    })
}

/// How long a server may be silent.
pub(super) fn alone_after(setting: Option<Setting>) -> Result<Duration, SettingsError> {
    parse(setting, ALONE_AFTER, |value, origin| {
        SettingsError::BadAlone { value, origin }
    })
}

/// The rest after a task.
pub(super) fn task(setting: Option<Setting>) -> Result<Duration, SettingsError> {
    parse_up_to(LONGEST_TASK_PAUSE, setting, TASK_PAUSE, |value, origin| {
        SettingsError::BadTaskPause { value, origin }
    })
}

/// The time that is written, or the default if none is.
fn parse(
    setting: Option<Setting>,
    default: Duration,
    error: impl FnOnce(String, Origin) -> SettingsError,
) -> Result<Duration, SettingsError> {
    parse_up_to(LONGEST, setting, default, error)
}

/// The same, of so many milliseconds at most.
fn parse_up_to(
    longest: u64,
    setting: Option<Setting>,
    default: Duration,
    error: impl FnOnce(String, Origin) -> SettingsError,
) -> Result<Duration, SettingsError> {
    let Some(Setting { value, origin }) = setting else {
        return Ok(default);
    };
    match value.trim().parse() {
        Ok(ms) if (1..=longest).contains(&ms) => Ok(Duration::from_millis(ms)),
        _ => Err(error(value, origin)),
    }
}
