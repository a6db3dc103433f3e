//! What differs from one desk to the next: the learner's id, the broker, the board.

mod address;
mod error;
mod file;

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::str::FromStr;

pub use address::{AddressError, BoardAddress, BrokerAddress};
pub use error::{Origin, SettingsError};
use file::SettingsFile;

const ID: &str = "NIGHTLIGHT_ID";
const BROKER: &str = "NIGHTLIGHT_BROKER";
const BOARD: &str = "NIGHTLIGHT_BOARD";

/// The longest id that is accepted, in characters.
const LONGEST_ID: usize = 64;

/// Who you are, and where your broker and your board are.
///
/// Each setting is looked for in the environment, then in a file named `nightlight.toml`, and
/// then has its default. A variable that is set to nothing counts as not set.
///
/// | variable | key in `nightlight.toml` | default |
/// |---|---|---|
/// | `NIGHTLIGHT_ID` | `id` | none: you have to choose one |
/// | `NIGHTLIGHT_BROKER` | `broker` | `mqtt://127.0.0.1:1883` |
/// | `NIGHTLIGHT_BOARD` | `board` | `http://127.0.0.1:5000` |
///
/// The file is looked for in the current folder and the folders above it, and then in the same way
/// from the folder of the package that cargo runs. It is read only if a variable is missing.
///
/// ```toml
/// id = "choose-your-own"
/// broker = "mqtt://127.0.0.1:1883"
/// board = "pi"
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Your unique id: 1 to 64 ASCII letters, digits, `-` and `_`.
    ///
    /// Client names and topics start with it, so that learners who share a broker do not hear each
    /// other. Device and server need the same one.
    pub id: String,
    /// The MQTT broker.
    pub broker: BrokerAddress,
    /// The board with the light sensor and the LED.
    pub board: BoardAddress,
}

impl Settings {
    /// Reads the settings from the environment and `nightlight.toml`.
    ///
    /// # Errors
    ///
    /// When no id is chosen, or when a setting or the file is not understood. The message says
    /// which one, where it came from and how to write it.
    pub fn load() -> Result<Settings, SettingsError> {
        let current = env::current_dir().ok();
        Settings::resolve(|name| env::var_os(name), current.as_deref())
    }

    /// [`Settings::load`] with the environment and the current folder given.
    fn resolve(
        variable: impl Fn(&str) -> Option<OsString>,
        current: Option<&Path>,
    ) -> Result<Settings, SettingsError> {
        let id = from_environment(&variable, ID)?;
        let broker = from_environment(&variable, BROKER)?;
        let board = from_environment(&variable, BOARD)?;

        let mut file = SettingsFile::default();
        if id.is_none() || broker.is_none() || board.is_none() {
            let package = variable("CARGO_MANIFEST_DIR");
            let starts = [current, package.as_deref().map(Path::new)];
            if let Some(path) = file::find(starts.into_iter().flatten()) {
                file = SettingsFile::read(&path)?;
            }
        }

        let id = id.or(file.id).ok_or(SettingsError::MissingId)?;
        check_id(&id)?;
        Ok(Settings {
            id: id.value,
            broker: parse_or(
                broker.or(file.broker),
                "mqtt://127.0.0.1:1883",
                |origin, reason| SettingsError::BadBroker { origin, reason },
            )?,
            board: parse_or(
                board.or(file.board),
                "http://127.0.0.1:5000",
                |origin, reason| SettingsError::BadBoard { origin, reason },
            )?,
        })
    }
}

/// A setting as it was written, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Setting {
    value: String,
    origin: Origin,
}

fn from_environment(
    variable: impl Fn(&str) -> Option<OsString>,
    name: &'static str,
) -> Result<Option<Setting>, SettingsError> {
    let Some(value) = variable(name).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let value = value
        .into_string()
        .map_err(|_| SettingsError::NotUnicode { variable: name })?;
    let origin = Origin::Variable(name);
    Ok(Some(Setting { value, origin }))
}

fn check_id(id: &Setting) -> Result<(), SettingsError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let problem = if id.value.is_empty() {
        "it is empty".to_owned()
    } else if let Some(bad) = id.value.chars().find(|c| !allowed(*c)) {
        format!("it contains {bad:?}")
    } else if id.value.len() > LONGEST_ID {
        format!("it has {} characters", id.value.len())
    } else {
        return Ok(());
    };
    Err(SettingsError::BadId {
        id: id.value.clone(),
        origin: id.origin.clone(),
        problem,
    })
}

fn parse_or<T: FromStr<Err = AddressError>>(
    setting: Option<Setting>,
    default: &'static str,
    error: impl Fn(Origin, AddressError) -> SettingsError,
) -> Result<T, SettingsError> {
    let setting = setting.unwrap_or_else(|| Setting {
        value: default.to_owned(),
        origin: Origin::Default,
    });
    setting
        .value
        .trim()
        .parse()
        .map_err(|reason| error(setting.origin, reason))
}
