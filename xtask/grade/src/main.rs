//! `cargo xtask grade`: checks a whole class's submissions, each contained, with the very same
//! checks as `cargo xtask check`, and writes what an instructor hands back.
//!
//! Submissions are [imported](grading::import), [compiled](compile) and played in a
//! [jail](containment), [examined](examine) side by side by the [batch], kept in its [account], and
//! written out as [results]. A crate of its own, so that who only checks does not build it.

mod account;
mod batch;
mod captures;
mod cli;
mod compile;
mod containment;
mod course;
mod examine;
mod neighbours;
mod parts;
mod progress;
mod results;
mod rounds;
mod sandbox;
mod scratch;
mod similar;
mod table;

use std::process::ExitCode;

use clap::Parser;
use terminal::exit;

/// Threads of the runtime.
const WORKERS: usize = 8;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // More than cores: while some look through what a flood has left, others go on.
        .worker_threads(WORKERS)
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(batch::run(&arguments)),
        Err(error) => Err(error.into()),
    };
    exit::status(outcome)
}
