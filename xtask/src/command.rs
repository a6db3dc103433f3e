//! What each command does.

mod bench;
mod check;
mod mutants;
mod overview;
mod serve;
mod starters;

use std::process::ExitCode;

use crate::cli::{Cli, Command};
use crate::workspace;

/// Exit status 1: a check failed.
const FAILED: u8 = 1;

/// Runs a command.
///
/// # Errors
/// What keeps the command from being carried out; a failed check is not among that.
pub async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let root = workspace::root()?;
    match cli.command {
        None => overview::next(&root),
        Some(Command::List) => overview::list(&root),
        Some(Command::Check(arguments)) if arguments.mutants => {
            mutants::run(&root, &arguments).await
        }
        Some(Command::Check(arguments)) => check::run(&root, &arguments).await,
        Some(Command::Bench(bench)) => bench::run(&root, bench).await,
        Some(Command::Broker { port }) => serve::broker(port).await,
        Some(Command::Board { port }) => serve::board(port).await,
        Some(Command::Starters { check }) => starters::run(&root, check),
    }
}
