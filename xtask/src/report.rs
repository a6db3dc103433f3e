//! How a verdict is told.

pub mod human;
pub mod json;
pub mod say;
pub mod spinner;
