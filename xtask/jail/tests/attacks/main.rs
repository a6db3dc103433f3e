//! Hostile programs and hostile sources, each locked up under its preset, on a machine with all layers and on
//! machines that lack one. `programs/` holds the former, `sources/` the latter.
#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    reason = "all of it is test, also outside of test functions"
)]

mod compiling;
mod running;
mod scene;
