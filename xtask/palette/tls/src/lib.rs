//! The crates a learner's program may use where it encrypts for itself: this package's dependencies.
//!
//! Built the first time that such a step is checked from sources outside the workspace. In the other
//! palette they would be in everybody's first build.
