//! `cargo xtask`: see the crate's library.

use std::process::ExitCode;

use clap::Parser;
use terminal::exit;
use terminal::interrupt::Interrupts;
use xtask::cli::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(async {
            // What serves until Ctrl-C ends by itself then, and in good order.
            let may_be_interrupted = !cli.serves();
            let mut interrupts = Interrupts::listen()?;
            tokio::select! {
                outcome = xtask::command::run(cli) => outcome,
                // Leaving this function drops the arenas, and they end what they started.
                () = interrupts.next(), if may_be_interrupted => {
                    Err(anyhow::anyhow!("interrupted"))
                }
            }
        }),
        Err(error) => Err(error.into()),
    };
    exit::status(outcome)
}
