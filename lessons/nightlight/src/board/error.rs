//! What can go wrong with a board, in a beginner's words.

use embedded_hal::digital;
use thiserror::Error;

/// Why the board did not do what it was asked to.
///
/// The message says what happened, why, and what to do next. The board is asked anew each time, so
/// a program may go on after an error and try again later.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BoardError {
    /// Nothing answers at the virtual board's address.
    #[error(
        "no virtual board at {url} ({reason}).\n\
         Start one with `cargo xtask board` in another terminal. If yours is somewhere else, say where: \
         NIGHTLIGHT_BOARD=http://host:port, or `board` in nightlight.toml."
    )]
    NotThere {
        /// The board's address.
        url: String,
        /// What was seen instead of an answer.
        reason: String,
    },
    /// Something answers at the virtual board's address, but not as a board does.
    #[error(
        "{url} answered {request} with {reply}, and no virtual board does that.\n\
         If another program has this port (on a Mac, AirPlay Receiver has 5000), start the board on another \
         one with `cargo xtask board --port 5001`, and set NIGHTLIGHT_BOARD=http://127.0.0.1:5001."
    )]
    UnexpectedReply {
        /// The board's address.
        url: String,
        /// Method and path of the request.
        request: String,
        /// The beginning of the reply.
        reply: String,
    },
    /// The virtual board has no sensor where the light sensor belongs.
    #[error(
        "the board at {url} has no sensor on pin {pin}: it was deleted, or the board was restarted.\n\
         Add a sensor of the type Light on pin {pin}, or read it again: it is added before the next reading."
    )]
    NoLightSensor {
        /// The board's address.
        url: String,
        /// The pin.
        pin: u8,
    },
    /// What the sensor gave is no light level.
    #[error(
        "{sensor} gave {level}, which is no light level: those are whole numbers from 0 to {highest}.\n\
         Check that it is a light sensor that is plugged in there."
    )]
    NoLightLevel {
        /// The sensor and its board.
        sensor: String,
        /// The value that it gave.
        level: String,
        /// The highest level that there is.
        highest: u16,
    },
    /// The program was built without the Raspberry Pi's parts.
    #[error(
        "the board is set to `pi`, but this program is built without it: add `--features pi` to the cargo command."
    )]
    BuiltWithoutPi,
    /// The program does not run on a Raspberry Pi.
    #[error(
        "the board is set to `pi`, but this computer is no Raspberry Pi, or one that is newer than this program \
         ({reason}): run the program on a Raspberry Pi that it knows, or set \
         NIGHTLIGHT_BOARD=http://127.0.0.1:5000 for a virtual board."
    )]
    NotAPi {
        /// What is missing.
        reason: String,
    },
    /// The Raspberry Pi's pins or its I2C bus cannot be used.
    #[error("{part} cannot be used: {reason}.\n{advice}")]
    Pi {
        /// The part of the Raspberry Pi.
        part: &'static str,
        /// The system's error.
        reason: String,
        /// What the learner can do about it.
        advice: &'static str,
    },
    /// No Grove Base Hat answers on the I2C bus.
    #[error(
        "no Grove Base Hat on the Raspberry Pi's I2C bus ({found}).\n\
         Switch the Pi off and press the hat onto all 40 pins. `i2cdetect -y -a 1` shows which addresses answer."
    )]
    NoHat {
        /// What was seen at each address.
        found: String,
    },
    /// The Grove Base Hat stopped answering.
    #[error(
        "the Grove Base Hat at I2C address {address:#04x} did not give register {register:#04x}: {reason}.\n\
         Check that the hat sits firmly on all 40 pins."
    )]
    HatSilent {
        /// The hat's address on the bus.
        address: u8,
        /// The register that was asked for.
        register: u8,
        /// What the bus says.
        reason: String,
    },
}

impl digital::Error for BoardError {
    fn kind(&self) -> digital::ErrorKind {
        digital::ErrorKind::Other
    }
}
