//! Tables: one of our own, and those that a learning platform gave out to be filled in.

mod claim;
pub mod dialect;
mod download;
mod grades;

pub use dialect::Dialect;
pub use download::{Filled, Platform, SheetError, Unmatched, fill};
pub use grades::grades;
