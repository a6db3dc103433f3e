//! The kit's exit statuses: what scripts may rely on. 0 is a success.

use std::process::ExitCode;

use crate::say;

/// A check failed.
pub const FAILED: u8 = 1;

/// Usage or environment: the command could not be carried out. clap uses the same.
pub const ENVIRONMENT: u8 = 2;

/// What a program ends with. Says what kept the command from being carried out.
pub fn status(outcome: anyhow::Result<ExitCode>) -> ExitCode {
    outcome.unwrap_or_else(|error| {
        say::problem(&error);
        ExitCode::from(ENVIRONMENT)
    })
}
