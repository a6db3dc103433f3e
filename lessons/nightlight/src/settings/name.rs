//! What can be a level of a topic and part of a client name: an id, and the name of a device.

use super::{Setting, SettingsError};

/// The longest id, in characters. With the rest of a client name it stays below the 128 bytes that
/// brokers are known to allow; MQTT itself promises only 23 (3.1.1, section 3.1.3.1).
const LONGEST_ID: usize = 64;

/// The longest name of a device, in characters. It stands in a client name together with an id.
const LONGEST_DEVICE: usize = 32;

/// What a device is called that is the only one.
const DEFAULT_DEVICE: &str = "device1";

/// Why this cannot be an id.
pub(super) fn problem_of_id(id: &str) -> Option<String> {
    problem(id, LONGEST_ID)
}

/// The id, if it can be one.
pub(super) fn id(setting: Setting) -> Result<String, SettingsError> {
    let Setting { value: id, origin } = setting;
    match problem_of_id(&id) {
        None => Ok(id),
        Some(problem) => Err(SettingsError::BadId {
            id,
            origin,
            problem,
        }),
    }
}

/// The name that is written, or the default if none is.
pub(super) fn device(setting: Option<Setting>) -> Result<String, SettingsError> {
    let Some(Setting { value, origin }) = setting else {
        return Ok(DEFAULT_DEVICE.to_owned());
    };
    match problem(&value, LONGEST_DEVICE) {
        None => Ok(value),
        Some(problem) => Err(SettingsError::BadDevice {
            device: value,
            origin,
            problem,
        }),
    }
}

fn problem(name: &str, longest: usize) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() {
        Some("it is empty".to_owned())
    } else if let Some(bad) = name.chars().find(|c| !allowed(*c)) {
        Some(format!("{bad:?} is in it"))
    } else if name.len() > longest {
        Some(format!("it has {} characters", name.len()))
    } else {
        None
    }
}
