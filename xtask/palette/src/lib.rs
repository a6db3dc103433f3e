//! The crates a learner's program may use: this package's dependencies.
//!
//! A program from outside the workspace is compiled by `rustc` itself against what cargo has built
//! for this package, so no manifest, build script or configuration of its own has a say.
