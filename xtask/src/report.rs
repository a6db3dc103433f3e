//! How a verdict is told.

pub mod human;
pub mod spinner;
