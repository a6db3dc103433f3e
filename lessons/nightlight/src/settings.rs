//! What differs from one desk to the next: the learner's id, the broker, the board.

mod address;
mod error;
mod file;
mod url;

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::str::FromStr;

pub use address::{BoardAddress, BrokerAddress};
pub use error::{Origin, SettingsError};
use file::SettingsFile;
pub use url::AddressError;

const ID: &str = "NIGHTLIGHT_ID";
const BROKER: &str = "NIGHTLIGHT_BROKER";
const BOARD: &str = "NIGHTLIGHT_BOARD";

/// The longest id, in characters. With the rest of a client name it stays below the 128 bytes that
/// brokers are known to allow; MQTT itself promises only 23 (3.1.1, section 3.1.3.1).
const LONGEST_ID: usize = 64;

/// Who you are, and where your broker and your board are.
///
/// Each setting is taken from the environment, else from a file named `nightlight.toml`, else it
/// has its default. A variable that is set to nothing counts as not set.
///
/// | variable | key in the file | written as | default |
/// |---|---|---|---|
/// | `NIGHTLIGHT_ID` | `id` | 1 to 64 ASCII letters, digits, `-`, `_` | none: choose one |
/// | `NIGHTLIGHT_BROKER` | `broker` | `mqtt://host:port` | `mqtt://127.0.0.1:1883` |
/// | `NIGHTLIGHT_BOARD` | `board` | `http://host:port` or `pi` | `http://127.0.0.1:5000` |
///
/// The file is looked for in the current folder and in every folder above it; then in the folder
/// of the package that cargo runs and in every folder above that. It is read only if at least one
/// variable is not set. A file with all three settings looks like this:
///
/// ```toml
/// id = "the-id-that-you-chose"
/// broker = "mqtt://test.mosquitto.org"
/// board = "http://127.0.0.1:5000"
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Your unique id.
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
    /// which, where it is written, and how to write it.
    pub fn load() -> Result<Settings, SettingsError> {
        let current = env::current_dir().ok();
        Settings::resolve(|name| env::var_os(name), current.as_deref())
    }

    /// [`Settings::load`] with a given environment and current folder.
    fn resolve(
        variable: impl Fn(&str) -> Option<OsString>,
        current: Option<&Path>,
    ) -> Result<Settings, SettingsError> {
        let id = Setting::from_variable(ID, &variable)?;
        let broker = Setting::from_variable(BROKER, &variable)?;
        let board = Setting::from_variable(BOARD, &variable)?;

        let mut file = SettingsFile::default();
        if id.is_none() || broker.is_none() || board.is_none() {
            // Cargo sets it for the programs that it runs, wherever they are run from.
            let package = variable("CARGO_MANIFEST_DIR");
            let folders = current.into_iter().chain(package.as_deref().map(Path::new));
            if let Some(path) = file::find(folders) {
                file = SettingsFile::read(path)?;
            }
        }

        let Some(id) = id.or(file.id) else {
            return Err(SettingsError::MissingId { file: file.path });
        };
        Ok(Settings {
            id: id.checked_id()?,
            broker: Setting::parse(broker.or(file.broker), |origin, reason| {
                SettingsError::BadBroker { origin, reason }
            })?,
            board: Setting::parse(board.or(file.board), |origin, reason| {
                SettingsError::BadBoard { origin, reason }
            })?,
        })
    }
}

/// A setting as it is written, and where.
#[derive(Debug)]
struct Setting {
    value: String,
    origin: Origin,
}

impl Setting {
    fn from_variable(
        name: &'static str,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Option<Self>, SettingsError> {
        let Some(value) = variable(name).filter(|value| !value.is_empty()) else {
            return Ok(None);
        };
        let origin = Origin::Variable(name);
        match value.into_string() {
            Ok(value) => Ok(Some(Self { value, origin })),
            Err(_) => Err(SettingsError::NotUnicode { variable: name }),
        }
    }

    /// The value, if it can be an id.
    fn checked_id(self) -> Result<String, SettingsError> {
        let Self { value: id, origin } = self;
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let problem = if id.is_empty() {
            "it is empty".to_owned()
        } else if let Some(bad) = id.chars().find(|c| !allowed(*c)) {
            format!("{bad:?} is in it")
        } else if id.len() > LONGEST_ID {
            format!("it has {} characters", id.len())
        } else {
            return Ok(id);
        };
        Err(SettingsError::BadId {
            id,
            origin,
            problem,
        })
    }

    /// The address that is written, or the default if none is.
    fn parse<T: FromStr<Err = AddressError> + Default>(
        setting: Option<Self>,
        error: impl FnOnce(Origin, AddressError) -> SettingsError,
    ) -> Result<T, SettingsError> {
        match setting {
            // A stray space is easily left behind where variables are set by `set NAME=value `.
            Some(Self { value, origin }) => {
                value.trim().parse().map_err(|reason| error(origin, reason))
            }
            None => Ok(T::default()),
        }
    }
}

#[cfg(test)]
mod tests;
