//! How launcher and runner call cargo, and how they see that they need not.

pub mod dep_info;
pub mod freshness;
pub mod inputs;
pub mod manifest;

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A package to name in every build, see there. Nothing of it is built.
pub const UNIFY: &str = "unify";

/// The manifest of that package: it has a say in what is built.
pub fn unify(root: &Path) -> PathBuf {
    root.join("xtask").join(UNIFY).join("Cargo.toml")
}

/// What the names of the variables begin with by which cargo tells a program whose package it is.
const OF_ONE_PACKAGE: [&str; 2] = ["CARGO_MANIFEST_", "CARGO_PKG_"];

/// The command that calls cargo, the one that runs us where it says so. It is not told whose
/// package we are.
///
/// Some build scripts (ring's) ask to run again when that changes. All that depends on them would
/// then be compiled anew whenever `cargo test` and `cargo xtask` take turns.
pub fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    of_no_package(&mut cargo);
    cargo
}

/// Takes from a command what cargo has told us about our own package.
pub fn of_no_package(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let told = name
            .to_str()
            .is_some_and(|name| OF_ONE_PACKAGE.iter().any(|start| name.starts_with(start)));
        if told {
            command.env_remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_is_not_told_whose_package_calls_it() {
        // As `cargo test` sets them for this one.
        for name in [
            "CARGO_MANIFEST_DIR",
            "CARGO_PKG_NAME",
            "CARGO_PKG_VERSION_MAJOR",
        ] {
            assert!(env::var_os(name).is_some(), "{name}");
            let cargo = cargo();
            let mut changes = cargo.get_envs();
            assert!(
                changes.any(|change| change == (name.as_ref(), None)),
                "{name}"
            );
        }
    }
}
