//! Compiles solutions and wrong programs for Windows, and judges them there: what `xtask/wine/run` calls
//! on Linux, and then, itself a Windows program, under Wine.
//!
//! There is no cargo under Wine, so that a check cannot compile anything there. All that comes after
//! that is the checks' own: programs as they are on the corpus' stage, scenes, verdicts, hints.

mod compile;
mod play;
mod programs;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use terminal::exit;
use terminal::workspace;

/// Solutions and wrong programs as Windows programs.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// Compile them, here
    Compile {
        /// The folder for them: `DIR/step4/solution/` and so on
        folder: PathBuf,
        /// Where cargo builds for Windows
        #[arg(long, value_name = "DIR", default_value = "target/windows")]
        target_dir: PathBuf,
    },
    /// Judge those of a folder, on the system that they were compiled for
    Play {
        /// The same folder
        folder: PathBuf,
        /// Only programs with this in their names, `step4` say, or `wrong/server`
        #[arg(long, value_name = "TEXT", default_value = "")]
        only: String,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(arguments.command)),
        Err(error) => Err(error.into()),
    };
    exit::status(outcome)
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    let root = workspace::root()?;
    match command {
        Command::Compile { folder, target_dir } => {
            compile::all(&root, &folder, &root.join(target_dir)).await
        }
        Command::Play { folder, only } => play::all(&root, &folder, &only).await,
    }
}
