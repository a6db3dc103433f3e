//! The kit's runner: what `cargo xtask` does.
//!
//! [`cli`] reads the command line, [`command`] carries it out, [`report`] tells what came of it,
//! and [`progress`] remembers it. What a step asks for says the crate `course`; the crate `checks`
//! looks whether a program does it, and returns the verdict that is told here.

pub mod carry;
pub mod cli;
pub mod command;
pub mod forwarding;
pub mod guide;
pub mod hints;
pub mod lesson;
pub mod network;
pub mod pointer;
pub mod port;
pub mod progress;
pub mod report;
pub mod source;
