//! A learner's settings: id, broker and board.

mod address;
mod error;
mod file;
mod identity;
mod login;
mod name;
mod pause;
mod room;
mod through;
mod url;

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

#[cfg(feature = "tls")]
pub(crate) use address::Way;
pub use address::{BoardAddress, BrokerAddress};
pub use error::{Origin, SettingsError};
use file::SettingsFile;
pub use login::Login;
pub use url::AddressError;

const ID: &str = "NIGHTLIGHT_ID";
const BROKER: &str = "NIGHTLIGHT_BROKER";
const BROKER_CA: &str = "NIGHTLIGHT_BROKER_CA";
const CERT: &str = "NIGHTLIGHT_CERT";
const KEY: &str = "NIGHTLIGHT_KEY";
const BOARD: &str = "NIGHTLIGHT_BOARD";
const RETRY: &str = "NIGHTLIGHT_RETRY_MS";
const GOODBYE: &str = "NIGHTLIGHT_GOODBYE_MS";

const DEVICE: &str = "NIGHTLIGHT_DEVICE";
const STALE: &str = "NIGHTLIGHT_STALE_MS";
const FOLDER: &str = "NIGHTLIGHT_FOLDER";
const QUEUE: &str = "NIGHTLIGHT_QUEUE";
const ALONE: &str = "NIGHTLIGHT_ALONE_MS";
const TASK_PAUSE: &str = "NIGHTLIGHT_TASK_PAUSE_MS";

/// Who you are, and where your broker and your board are.
///
/// Each setting is taken from the environment, else from a file named `nightlight.toml`, else it
/// has its default. A variable that is set to nothing counts as not set.
///
/// | variable | key in the file | written as | default |
/// |---|---|---|---|
/// | `NIGHTLIGHT_ID` | `id` | 1 to 64 ASCII letters, digits, `-`, `_` | none: choose one |
/// | `NIGHTLIGHT_BROKER` | `broker` | `mqtt://host:port` or `mqtts://host:port`, with or without `user:password@` before the host; `ws://host:port/path` or `wss://host:port/path` | `mqtt://127.0.0.1:1883` |
/// | `NIGHTLIGHT_BROKER_CA` | `broker_ca` | the path of a PEM file | the authorities that browsers know |
/// | `NIGHTLIGHT_CERT` | `client_cert` | the path of a PEM file | none |
/// | `NIGHTLIGHT_KEY` | `client_key` | the path of a PEM file | none |
/// | `NIGHTLIGHT_BOARD` | `board` | `http://host:port` or `pi` | `http://127.0.0.1:5000` |
/// | `NIGHTLIGHT_RETRY_MS` | `retry_ms` | whole milliseconds, 1 to 3600000 | `1000` |
/// | `NIGHTLIGHT_GOODBYE_MS` | `goodbye_ms` | whole milliseconds, 1 to 3600000 | `2000` |
/// | `NIGHTLIGHT_DEVICE` | `device` | 1 to 32 ASCII letters, digits, `-`, `_` | `device1` |
/// | `NIGHTLIGHT_STALE_MS` | `stale_ms` | whole milliseconds, 1 to 3600000 | `15000` |
/// | `NIGHTLIGHT_FOLDER` | `folder` | the path of a folder | where the file is, else the current folder |
/// | `NIGHTLIGHT_QUEUE` | `queue` | a whole number, 1 to 200 | `100` |
/// | `NIGHTLIGHT_ALONE_MS` | `alone_ms` | whole milliseconds, 1 to 3600000 | `15000` |
/// | `NIGHTLIGHT_TASK_PAUSE_MS` | `task_pause_ms` | whole milliseconds, 1 to 5000 | `1000` |
///
/// In user and password, write `%40` for `@`, `%3A` for `:`, `%2F` for `/` and `%25` for `%`.
///
/// # Encryption
///
/// With `mqtts://` the connection is encrypted, and it is made only to a broker that proves with a
/// certificate that it has the name in the address. Who vouches for the certificate is an
/// authority that browsers know, or the one in the file of `NIGHTLIGHT_BROKER_CA`, which then is
/// the only one. A path in `nightlight.toml` starts from that file's folder. A program needs the
/// feature `tls` for all this: `cargo run --features tls`. A broker may ask for a certificate of the
/// program's own: that takes a program which encrypts for itself, as step 9's does.
///
/// # WebSocket
///
/// With `ws://host:port/path` MQTT travels over WebSocket (MQTT 3.1.1, section 6), and with `wss://`
/// that is encrypted, and all of the above holds. A port that is not written is the web's, 80 or 443;
/// the path is what the broker has it at, by custom `/mqtt`. A program needs the feature `websocket`
/// for both: `cargo run --features websocket`.
///
/// # The file
///
/// The file is looked for in the current folder and in every folder above it; then in the folder
/// of the package that cargo runs and in every folder above that. It is read only if at least one
/// of the variables is not set, where those for certificates count only if the broker is encrypted.
/// A file looks like this:
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
    /// The MQTT broker. If it is encrypted, or one over WebSocket, [`Settings::load`] puts a way to it in its place, see
    /// there.
    pub broker: BrokerAddress,
    /// The certificates of the authorities that may vouch for an encrypted broker, in a PEM file.
    /// Without one, those that browsers know.
    pub broker_ca: Option<PathBuf>,
    /// A certificate of the program's own, for a broker that asks for one: a PEM file. It comes with
    /// [`client_key`](Settings::client_key), or not at all.
    pub client_cert: Option<PathBuf>,
    /// The private key of [`client_cert`](Settings::client_cert), in a PEM file.
    pub client_key: Option<PathBuf>,
    /// The board with the light sensor and the LED.
    pub board: BoardAddress,
    /// How long to leave the broker in peace after a failure, before you connect again.
    ///
    /// A second by default. Whoever runs a broker for many may ask them for more patience.
    pub retry_pause: Duration,
    /// How long to wait for the broker's answer to the last word, before you leave without it.
    ///
    /// Two seconds by default.
    pub goodbye: Duration,
    /// This device's name among yours.
    ///
    /// It is for programs of which you run more than one under your id: client names and topics
    /// have it in them, so that the broker can tell your devices apart. Give each one another.
    pub device: String,
    /// How long a reading counts that no newer one of the same device has replaced.
    ///
    /// 15 seconds by default.
    pub stale_after: Duration,
    /// Where the program keeps what has to outlive it.
    ///
    /// Where `nightlight.toml` is by default, and the current folder if there is none.
    pub folder: PathBuf,
    /// How many readings wait at most for a server that is away.
    ///
    /// 100 by default. 200 are the most: rumqttc sends no message above 10 KiB.
    pub queue: usize,
    /// How long nothing may be heard of the server before the device decides by itself.
    ///
    /// 15 seconds by default.
    pub alone_after: Duration,
    /// How long the device rests after a task.
    ///
    /// A second by default. Five are the most: a program that does tasks in its event loop is not
    /// heard of while it does those that rumqttc has read ahead, nine at a time, and the broker gives
    /// it up after one and a half times its keep-alive.
    pub task_pause: Duration,
    #[cfg(feature = "tls")]
    farewell: Option<std::sync::Arc<crate::tunnel::Farewell>>,
}

impl Settings {
    /// Reads the settings from the environment and `nightlight.toml`.
    ///
    /// If the broker is encrypted, or one over WebSocket, host and port of [`broker`](Settings::broker) are afterwards
    /// those of a tunnel on this computer: it takes plain MQTT, and carries it so to the
    /// broker. What goes wrong on the way it says on standard error. It lasts as long as the
    /// program, and the last of the settings to be dropped waits for a moment until what was sent
    /// has left.
    ///
    /// # Errors
    ///
    /// When no id is chosen, or when a setting or the file is not understood. The message says
    /// which, where it is written, and how to write it. When the broker is encrypted, and the
    /// program was built without the feature `tls`; when it is one over WebSocket, without
    /// `websocket`.
    pub fn load() -> Result<Settings, SettingsError> {
        let settings = Settings::read()?;
        if settings.broker.is_encrypted() || settings.broker.is_websocket() {
            settings.through_a_tunnel()
        } else {
            Ok(settings)
        }
    }

    /// Reads the settings as they are written, and opens nothing.
    ///
    /// # Errors
    ///
    /// As [`Settings::load`], which is what a program wants.
    pub fn read() -> Result<Settings, SettingsError> {
        let current = env::current_dir().ok();
        Settings::resolve(|name| env::var_os(name), current.as_deref())
    }

    /// Why `id` is not valid, as a phrase for a message; `None` if it is.
    pub fn problem_of_id(id: &str) -> Option<String> {
        name::problem_of_id(id)
    }

    /// [`broker_ca`](field@Settings::broker_ca) alone, for a tool that has its broker from elsewhere.
    ///
    /// # Errors
    ///
    /// When the setting or the file is not understood.
    pub fn broker_ca() -> Result<Option<PathBuf>, SettingsError> {
        let setting = written(BROKER_CA, |file| file.broker_ca)?;
        Ok(setting.map(Setting::into_path))
    }

    /// [`broker`](field@Settings::broker) alone and where it is written, for a tool that has one of
    /// its own for who has not written any.
    ///
    /// # Errors
    ///
    /// When the setting or the file is not understood.
    pub fn written_broker() -> Result<Option<(BrokerAddress, Origin)>, SettingsError> {
        let Some(setting) = written(BROKER, |file| file.broker)? else {
            return Ok(None);
        };
        let place = setting.origin.clone();
        let broker = Setting::parse(Some(setting), |origin, reason| SettingsError::BadBroker {
            origin,
            reason,
        })?;
        Ok(Some((broker, place)))
    }

    /// [`Settings::load`] with a given environment and current folder.
    fn resolve(
        variable: impl Fn(&str) -> Option<OsString>,
        current: Option<&Path>,
    ) -> Result<Settings, SettingsError> {
        let id = Setting::from_variable(ID, &variable)?;
        let broker = Setting::from_variable(BROKER, &variable)?;
        let broker_ca = Setting::from_variable(BROKER_CA, &variable)?;
        let client_cert = Setting::from_variable(CERT, &variable)?;
        let client_key = Setting::from_variable(KEY, &variable)?;
        let board = Setting::from_variable(BOARD, &variable)?;
        let retry = Setting::from_variable(RETRY, &variable)?;
        let goodbye = Setting::from_variable(GOODBYE, &variable)?;
        let device = Setting::from_variable(DEVICE, &variable)?;
        let stale = Setting::from_variable(STALE, &variable)?;
        let folder = Setting::from_variable(FOLDER, &variable)?;
        let queue = Setting::from_variable(QUEUE, &variable)?;
        let alone = Setting::from_variable(ALONE, &variable)?;
        let task_pause = Setting::from_variable(TASK_PAUSE, &variable)?;

        let mut file = SettingsFile::default();
        let certificates = [&broker_ca, &client_cert, &client_key];
        let knows_certificates = certificates.into_iter().all(Option::is_some)
            || !broker.as_ref().is_some_and(Setting::is_over_tls);
        let needed = [
            &id,
            &broker,
            &board,
            &retry,
            &goodbye,
            &device,
            &stale,
            &folder,
            &queue,
            &alone,
            &task_pause,
        ];
        let all = needed.into_iter().all(Option::is_some);
        if !all || !knows_certificates {
            file = file_of(current, &variable)?.unwrap_or_default();
        }

        let Some(id) = id.or(file.id) else {
            return Err(SettingsError::MissingId { file: file.path });
        };
        let client = identity::certificate(
            client_cert.or(file.client_cert),
            client_key.or(file.client_key),
        )?;
        let (client_cert, client_key) = client.unzip();
        Ok(Settings {
            id: name::id(id)?,
            broker: Setting::parse(broker.or(file.broker), |origin, reason| {
                SettingsError::BadBroker { origin, reason }
            })?,
            broker_ca: broker_ca.or(file.broker_ca).map(Setting::into_path),
            client_cert,
            client_key,
            board: Setting::parse(board.or(file.board), |origin, reason| {
                SettingsError::BadBoard { origin, reason }
            })?,
            retry_pause: pause::retry(retry.or(file.retry))?,
            goodbye: pause::goodbye(goodbye.or(file.goodbye))?,
            device: name::device(device.or(file.device))?,
            stale_after: pause::stale_after(stale.or(file.stale))?,
            folder: room::folder(folder.or(file.folder), file.path.as_deref()),
            queue: room::queue(queue.or(file.queue))?,
            alone_after: pause::alone_after(alone.or(file.alone))?,
            task_pause: pause::task(task_pause.or(file.task_pause))?,
            #[cfg(feature = "tls")]
            farewell: None,
        })
    }
}

/// One setting as it is written, from the environment or else from the file.
fn written(
    name: &'static str,
    in_file: impl FnOnce(SettingsFile) -> Option<Setting>,
) -> Result<Option<Setting>, SettingsError> {
    let variable = |name: &str| env::var_os(name);
    if let Some(setting) = Setting::from_variable(name, variable)? {
        return Ok(Some(setting));
    }
    let current = env::current_dir().ok();
    Ok(file_of(current.as_deref(), variable)?.and_then(in_file))
}

/// What `nightlight.toml` says, if there is one.
fn file_of(
    current: Option<&Path>,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Option<SettingsFile>, SettingsError> {
    // Cargo sets it for the programs that it runs, wherever they are run from.
    let package = variable("CARGO_MANIFEST_DIR");
    let folders = current.into_iter().chain(package.as_deref().map(Path::new));
    file::find(folders).map(SettingsFile::read).transpose()
}

/// A setting as it is written, and where. It cannot be shown: a password may be in it.
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

    fn is_over_tls(&self) -> bool {
        let scheme = self.value.trim().split(':').next().unwrap_or_default();
        let over_tls = ["mqtts", "wss"];
        over_tls
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known))
    }

    /// A path in the file starts from where the file is.
    fn into_path(self) -> PathBuf {
        match &self.origin {
            Origin::File { path, .. } => path.with_file_name(self.value),
            Origin::Variable(_) => self.value.into(),
        }
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
