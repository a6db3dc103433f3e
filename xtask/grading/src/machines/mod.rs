//! Results in machine-readable formats.

mod classroom;
mod gradescope;
mod junit;
mod whole;

pub use classroom::classroom;
pub use gradescope::gradescope;
pub use junit::junit;
pub use whole::json;
