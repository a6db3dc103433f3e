//! What the device is told.

use core::fmt;

use serde::Deserialize;

/// Room for the longest text in a command that has escapes in it, such as `\u0041`, in bytes.
const SCRATCH: usize = 64;

/// A command: what the LED shall be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Command {
    /// On or off.
    pub led_on: bool,
}

/// Why a payload is no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadCommand {
    /// It is no JSON object with `true` or `false` under `led_on`.
    NoLedOn,
    /// It goes on behind the object.
    MoreBehind,
}

impl fmt::Display for BadCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoLedOn => "it is no JSON object with true or false called `led_on`",
            Self::MoreBehind => "something comes behind the JSON object",
        })
    }
}

impl core::error::Error for BadCommand {}

impl Command {
    /// Reads a payload. Anybody may publish to our topic, so nothing about it is taken on trust.
    ///
    /// Other keys do not matter, nor does what stands at them: without a heap they are skipped, not
    /// read, so that `nul` passes there for `null`.
    ///
    /// # Errors
    /// When it is no command; the message says why.
    pub fn read(payload: &[u8]) -> Result<Self, BadCommand> {
        let mut scratch = [0; SCRATCH];
        let (command, length) = serde_json_core::from_slice_escaped(payload, &mut scratch)
            .map_err(|_| BadCommand::NoLedOn)?;
        let rest = &payload[length..];
        if rest.iter().all(|byte| b" \t\r\n".contains(byte)) {
            Ok(command)
        } else {
            Err(BadCommand::MoreBehind)
        }
    }
}
