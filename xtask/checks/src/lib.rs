//! Judges a step's programs.
//!
//! Everything that judges a program takes one path: a [subject] is [compiled](compile), its
//! programs [play] the [scenes](scenario) of their step in an [arena], and what was seen becomes a
//! [verdict](course::verdict). A scene is a story on a [stage]; what it looks for stands in
//! [findings], once for all steps; its [sheet] says what came of it.

pub mod actor;
pub mod backtrace;
pub mod call;
pub mod capture;
pub mod compile;
pub mod corpus;
pub mod difference;
pub mod findings;
pub mod play;
pub mod queries;
pub mod scenario;
pub mod sheet;
pub mod stage;
pub mod subject;
pub mod toolchain;
pub mod transcript;
