//! The kit's runner: what `cargo xtask` does.
//!
//! Everything that judges a program takes one path: a [subject] is
//! [compiled](compile), its programs play a [scenario] in an [arena], what was seen becomes a
//! [verdict], and the verdict a [report].

pub mod actor;
pub mod cli;
pub mod command;
pub mod compile;
pub mod corpus;
pub mod course;
pub mod criterion;
pub mod exit;
pub mod handout;
pub mod interrupt;
pub mod progress;
pub mod report;
pub mod scenario;
pub mod sightings;
pub mod starters;
pub mod subject;
pub mod toolchain;
pub mod transcript;
pub mod verdict;
pub mod workspace;
