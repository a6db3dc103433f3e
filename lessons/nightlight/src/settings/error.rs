//! What can be wrong with the settings, in a beginner's words.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::AddressError;

/// Where a setting came from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// An environment variable of this name.
    Variable(&'static str),
    /// A key in `nightlight.toml`.
    File {
        /// The key.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// Nobody set it.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Variable(name) => write!(f, "the environment variable {name}"),
            Origin::File { key, path, line } => {
                write!(f, "`{key}` in {}:{line}", path.display())
            }
            Origin::Default => write!(f, "the default"),
        }
    }
}

/// Why the settings could not be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// Nobody has chosen an id.
    #[error("no id has been chosen")]
    MissingId,
    /// The id has characters or a length that are not allowed.
    #[error("{origin} is `{id}`, which cannot be an id: {problem}")]
    BadId {
        /// The id as it was written.
        id: String,
        /// Where it was written.
        origin: Origin,
        /// What is wrong with it.
        problem: String,
    },
    /// The broker's address is not understood.
    #[error("{origin} is not the address of a broker: {reason}")]
    BadBroker {
        /// Where it was written.
        origin: Origin,
        /// What is wrong with it.
        reason: AddressError,
    },
    /// The board's address is not understood.
    #[error("{origin} is not the address of a board: {reason}")]
    BadBoard {
        /// Where it was written.
        origin: Origin,
        /// What is wrong with it.
        reason: AddressError,
    },
    /// An environment variable is not Unicode text.
    #[error("the environment variable {variable} is not Unicode text")]
    NotUnicode {
        /// The variable's name.
        variable: &'static str,
    },
    /// `nightlight.toml` is there, but cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    UnreadableFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// `nightlight.toml` has an error in it.
    #[error("{}:{line}:{column}: {problem}\n    {text}", path.display())]
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
