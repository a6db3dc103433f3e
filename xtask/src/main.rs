//! `cargo xtask`: see the crate's library.

use std::process::ExitCode;

use clap::Parser;
use xtask::cli::Cli;
use xtask::report::say;

/// "Usage or environment", by the kit's exit statuses. clap uses the same.
const ENVIRONMENT: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(async {
            tokio::select! {
                outcome = xtask::command::run(cli) => outcome,
                // Leaving this function drops the arenas, and they end what they started.
                () = interrupted() => Err(anyhow::anyhow!("interrupted")),
            }
        }),
        Err(error) => Err(error.into()),
    };
    outcome.unwrap_or_else(|error| {
        say::problem(&error);
        ExitCode::from(ENVIRONMENT)
    })
}

#[cfg(unix)]
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn interrupted() {
    let _ = tokio::signal::ctrl_c().await;
}
