//! What can go wrong with a board, in a beginner's words.

use embedded_hal::digital;
use thiserror::Error;

/// Why the board did not do what it was asked to.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BoardError {
    /// Nothing answers at the board's address.
    #[error(
        "no virtual board at {url} ({reason}).\n\
         Start one with `cargo xtask board` in another terminal, or set NIGHTLIGHT_BOARD to where yours is."
    )]
    NotThere {
        /// The board's address.
        url: String,
        /// What was seen instead of an answer.
        reason: String,
    },
    /// Something answers at the board's address, but not as a virtual board does.
    #[error(
        "what answers at {url} is no virtual board: to {request} it said {reply}.\n\
         Start a board with `cargo xtask board --port 5001` and set NIGHTLIGHT_BOARD=http://127.0.0.1:5001. \
         (On a Mac, AirPlay Receiver uses port 5000.)"
    )]
    UnexpectedReply {
        /// The board's address.
        url: String,
        /// The request.
        request: String,
        /// The beginning of the reply.
        reply: String,
    },
    /// The board has no light sensor.
    #[error(
        "the board at {url} has no light sensor on pin {pin}: was it deleted, or the board restarted?"
    )]
    NoLightSensor {
        /// The board's address.
        url: String,
        /// Where it should be.
        pin: u8,
    },
    /// The light sensor gave something that is no light level.
    #[error("the light sensor gave {level}, which is no light level: those go from 0 to {highest}")]
    LightLevel {
        /// What it gave.
        level: String,
        /// The highest level there is.
        highest: u16,
    },
    /// The program was built without the Raspberry Pi's parts.
    #[error(
        "NIGHTLIGHT_BOARD=pi needs a program built with the feature `pi`: add `--features pi` to your cargo command."
    )]
    BuiltWithoutPi,
    /// The Raspberry Pi's parts cannot be used.
    #[error("{what} cannot be used: {reason}")]
    Pi {
        /// Which part.
        what: &'static str,
        /// Why, and what to do.
        reason: String,
    },
}

impl digital::Error for BoardError {
    fn kind(&self) -> digital::ErrorKind {
        digital::ErrorKind::Other
    }
}
