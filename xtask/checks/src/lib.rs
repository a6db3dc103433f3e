//! Judges a step's programs.
//!
//! Everything that judges a program takes one path: a [subject] is [compiled](compile), its
//! programs [play] a [scenario] in an [arena], and what was seen becomes a
//! [verdict](course::verdict).

pub mod actor;
pub mod compile;
pub mod corpus;
pub mod difference;
pub mod play;
pub mod queries;
pub mod scenario;
pub mod sheet;
pub mod subject;
pub mod toolchain;
pub mod transcript;
