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

/// Carries a command out that mostly waits, on this thread, and says what it ends with.
pub fn once_served(command: impl Future<Output = anyhow::Result<ExitCode>>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    status(match runtime {
        Ok(runtime) => runtime.block_on(command),
        Err(error) => Err(error.into()),
    })
}
