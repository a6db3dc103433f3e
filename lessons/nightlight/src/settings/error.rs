//! What can be wrong with the settings, in a beginner's words.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::AddressError;

/// Where a setting was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In the environment variable of this name.
    Variable(&'static str),
    /// In `nightlight.toml`.
    File {
        /// The key.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Variable(name) => write!(f, "the environment variable {name}"),
            Origin::File { key, path, line } => write!(f, "`{key}` in {}:{line}", path.display()),
        }
    }
}

/// Why the settings could not be read.
///
/// The message says it all: what is wrong, where, and what to write instead.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// Nobody has chosen an id.
    #[error(
        "no id is chosen yet.\n\
         A broker is shared. What tells your messages from those of others is an id that nobody else has.\n\
         Choose one: 1 to 64 letters (a-z, A-Z), digits, `-` and `_`. A GUID is a good one.\n\
         Write it into {}\n    id = \"<your id>\"\n\
         or set the environment variable NIGHTLIGHT_ID.\n\
         Device and server need the same id: with two different ones nothing arrives, and there is no error.",
        file_to_write(file.as_deref())
    )]
    MissingId {
        /// The `nightlight.toml` that was read, if there is one.
        file: Option<PathBuf>,
    },
    /// The id has characters or a length that are not allowed.
    #[error(
        "{origin} is {id:?}, which cannot be an id: {problem}.\n\
         An id is 1 to 64 letters (a-z, A-Z), digits, `-` and `_`. Nothing else, because it becomes part of \
         topics, where `/`, `+` and `#` have a meaning of their own (MQTT 3.1.1, section 4.7), and of client \
         names, whose length and characters a broker may limit (section 3.1.3.1)."
    )]
    BadId {
        /// The id as it was written.
        id: String,
        /// Where it was written.
        origin: Origin,
        /// What is wrong with it.
        problem: String,
    },
    /// The broker's address is not understood.
    #[error(
        "{origin} is not the address of a broker: {reason}.\n\
         Write it as mqtt://host or mqtt://host:port, for example mqtt://127.0.0.1:1883 for one on this \
         computer. Without a port it is 1883. If the broker asks for a user and a password, write them as in \
         mqtt://user:password@host. For an encrypted connection begin with mqtts://; the port then is 8883.\n\
         A broker over WebSocket is ws://host:port/path, and encrypted wss://host:port/path."
    )]
    BadBroker {
        /// Where it was written.
        origin: Origin,
        /// What is wrong with it.
        reason: AddressError,
    },
    /// The broker is encrypted, and the program cannot do that.
    #[error(
        "the broker's address begins with mqtts://, so the connection is to be encrypted (TLS), and this \
         program was built without that.\n\
         Build and run it with the feature `tls`:\n    {command}"
    )]
    NoTls {
        /// What to type.
        command: String,
    },
    /// The broker is one over WebSocket, and the program cannot do that.
    #[error(
        "the broker's address begins with ws:// or wss://, so the connection is to be one over WebSocket, \
         and this program was built without that.\n\
         Build and run it with the feature `websocket`:\n    {command}"
    )]
    NoWebSocket {
        /// What to type.
        command: String,
    },
    /// No way can be opened to an encrypted broker, or to one over WebSocket.
    #[cfg(feature = "tls")]
    #[error(transparent)]
    Tunnel(#[from] crate::TunnelError),
    /// A certificate of the program's own without its key, or the key without the certificate.
    #[error(
        "{origin} is set, and {missing} is not.\n\
         A certificate proves who you are only with its key. Set both, each to the path of a PEM file \
         (NIGHTLIGHT_CERT and NIGHTLIGHT_KEY, or `client_cert` and `client_key` in nightlight.toml), or \
         none of them."
    )]
    HalfACertificate {
        /// Where the half that is there was written.
        origin: Origin,
        /// The variable of the other half.
        missing: &'static str,
    },
    /// The board's address is not understood.
    #[error(
        "{origin} is not the address of a board: {reason}.\n\
         Write it as http://host or http://host:port, for example http://127.0.0.1:5000 for a virtual board \
         on this computer. Without a port it is 5000. On a Raspberry Pi with a Grove Base Hat write pi."
    )]
    BadBoard {
        /// Where it was written.
        origin: Origin,
        /// What is wrong with it.
        reason: AddressError,
    },
    /// The pause before a new connection is none.
    #[error(
        "{origin} is {value:?}, which is no time to wait before connecting again.\n\
         Write whole milliseconds, 1 to 3600000, for example 1000 for a second."
    )]
    BadRetry {
        /// The pause as it was written.
        value: String,
        /// Where it was written.
        origin: Origin,
    },
    /// The wait for the answer to a goodbye is no time to wait.
    #[error(
        "{origin} is {value:?}, which is no time to wait for the answer to a goodbye.\n\
         Write whole milliseconds, 1 to 3600000, for example 2000 for two seconds."
    )]
    BadGoodbye {
        /// The wait as it was written.
        value: String,
        /// Where it was written.
        origin: Origin,
    },
    /// The device's name has characters or a length that are not allowed.
    #[error(
        "{origin} is {device:?}, which cannot be the name of a device: {problem}.\n\
         A name is 1 to 32 letters (a-z, A-Z), digits, `-` and `_`, for example north-stand. Nothing else, \
         because it becomes part of topics, where `/`, `+` and `#` have a meaning of their own (MQTT 3.1.1, \
         section 4.7), and of client names, whose length and characters a broker may limit (section 3.1.3.1)."
    )]
    BadDevice {
        /// The name as it was written.
        device: String,
        /// Where it was written.
        origin: Origin,
        /// What is wrong with it.
        problem: String,
    },
    /// How long a reading counts is no time.
    #[error(
        "{origin} is {value:?}, which is no time that a reading can count for.\n\
         Write whole milliseconds, 1 to 3600000, for example 15000 for 15 seconds."
    )]
    BadStale {
        /// The time as it was written.
        value: String,
        /// Where it was written.
        origin: Origin,
    },
    /// How many readings may wait is no number, none, or too many for one message.
    #[error(
        "{origin} is {value:?}, which cannot be how many readings wait.\n\
         Write a whole number, 1 to 200, for example 100."
    )]
    BadQueue {
        /// The number as it was written.
        value: String,
        /// Where it was written.
        origin: Origin,
    },
    /// How long the server may be silent is no time.
    #[error(
        "{origin} is {value:?}, which is no time for which nothing is heard of the server.\n\
         Write whole milliseconds, 1 to 3600000, for example 15000 for 15 seconds."
    )]
    BadAlone {
        /// The time as it was written.
        value: String,
        /// Where it was written.
        origin: Origin,
    },
    /// The rest after a task is none, or too long.
    #[error(
        "{origin} is {value:?}, which is no time to rest after a task.\n\
         Write whole milliseconds, 1 to 5000, for example 1000 for a second."
    )]
    BadTaskPause {
        /// The time as it was written.
        value: String,
        /// Where it was written.
        origin: Origin,
    },
    /// An environment variable is not Unicode text.
    #[error(
        "the environment variable {variable} is not Unicode text: set it again, in plain letters."
    )]
    NotUnicode {
        /// The variable's name.
        variable: &'static str,
    },
    /// `nightlight.toml` is there, but cannot be read.
    #[error("{} cannot be read: {}", path.display(), unreadable(reason))]
    UnreadableFile {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        reason: io::Error,
    },
    /// `nightlight.toml` has an error in it.
    #[error(
        "{}:{line}:{column}: {problem}\n\n    {text}\n    {}\n\n\
         The file may set `id`, `broker`, `broker_ca`, `client_cert`, `client_key`, `board`, `retry_ms`, `goodbye_ms`, \
         `device`, `stale_ms`, `folder`, `queue`, `alone_ms` and `task_pause_ms`, each in double quotes, for example:\n    \
         broker = \"mqtt://127.0.0.1:1883\"",
        path.display(),
        caret(text, *column)
    )]
    BadFile {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The character in that line, counted from 1.
        column: usize,
        /// The whole line.
        text: String,
        /// What is wrong there.
        problem: String,
    },
}

fn file_to_write(read: Option<&Path>) -> String {
    match read {
        Some(path) => path.display().to_string(),
        None => "a file named nightlight.toml, in the folder of the kit's README.md:".to_owned(),
    }
}

fn unreadable(reason: &io::Error) -> String {
    if reason.kind() == io::ErrorKind::InvalidData {
        "it is not UTF-8 text. Save it again with the encoding UTF-8 (old PowerShells write UTF-16).".to_owned()
    } else {
        format!("{reason}. Let this user read it, or delete it and use environment variables.")
    }
}

/// A `^` that stands under the character of this column.
fn caret(text: &str, column: usize) -> String {
    let blank = |c| if c == '\t' { '\t' } else { ' ' };
    let mut line: String = text.chars().take(column - 1).map(blank).collect();
    line.push('^');
    line
}
