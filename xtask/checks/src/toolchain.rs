//! The Rust that builds what the kit runs: the one that runs us, where cargo says so.

use std::env;
use std::ffi::OsString;

pub use launch::cargo;

/// The program to call for rustc.
pub fn rustc() -> OsString {
    env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}
