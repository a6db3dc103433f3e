//! The kit's runner: what `cargo xtask` does.
//!
//! [`cli`] reads the command line, [`command`] carries it out, [`report`] tells what came of it,
//! and [`progress`] remembers it. What is judged, and how, is the crate `checks`.

pub mod cli;
pub mod command;
pub mod progress;
pub mod report;
