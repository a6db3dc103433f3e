//! Rust, a linker, and the kit's folder.

use std::path::Path;
use std::process::Command;

use checks::toolchain;
use launch::manifest::Fault;

use super::Finding;

/// What is so on this machine, whoever runs what on it.
pub fn findings(root: &Path) -> Vec<Finding> {
    let mut findings = vec![compiler(), linker(), writable(root)];
    findings.extend(manifests(root));
    findings.push(firmware(root));
    findings
}

/// Whether firmware can be built and run, which only the chapter about it asks for.
fn firmware(root: &Path) -> Finding {
    match checks::compile::firmware::missing(root) {
        None => {
            Finding::Good("firmware for a microcontroller can be built and emulated".to_owned())
        }
        Some(missing) => Finding::Note(
            "no firmware for a microcontroller can be built and emulated".to_owned(),
            format!("Only the chapter about it needs that: {missing}.").into(),
        ),
    }
}

fn compiler() -> Finding {
    const TODO: &str = "Get the present one from https://rustup.rs, or run `rustup update`.";
    let rustc = toolchain::rustc();
    let Ok(output) = Command::new(rustc).arg("--version").output() else {
        return Finding::Bad("rustc does not start".to_owned(), TODO.into());
    };
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let oldest = env!("CARGO_PKG_RUST_VERSION");
    if release(&version) >= release(oldest) {
        Finding::Good(version)
    } else {
        Finding::Bad(
            format!("{version} is too old: the kit needs {oldest}"),
            TODO.into(),
        )
    }
}

/// The first two numbers in a version.
fn release(version: &str) -> (u32, u32) {
    let mut numbers = version
        .split(|letter: char| !letter.is_ascii_digit())
        .filter_map(|number| number.parse().ok());
    let mut next = || numbers.next().unwrap_or_default();
    (next(), next())
}

/// Linking is where a fresh machine fails: rustc brings no linker on Unix.
fn linker() -> Finding {
    if cfg!(windows) {
        return Finding::Good("this runner was linked on this machine or one like it".to_owned());
    }
    match Command::new("cc").arg("--version").output() {
        Ok(output) if output.status.success() => {
            let version = String::from_utf8_lossy(&output.stdout).into_owned();
            Finding::Good(format!(
                "linker: {}",
                version.lines().next().unwrap_or("cc")
            ))
        }
        _ => Finding::Bad(
            "there is no `cc`, which Rust links programs with".to_owned(),
            "Debian: `apt install gcc`. macOS: `xcode-select --install`.".into(),
        ),
    }
}

fn writable(root: &Path) -> Finding {
    let target = root.join("target");
    let probe = std::fs::create_dir_all(&target).and_then(|()| tempfile::tempfile_in(&target));
    match probe {
        Ok(_) => Finding::Good("the target folder can be written".to_owned()),
        Err(error) => Finding::Bad(
            format!("{} cannot be written: {error}", target.display()),
            "Copy the kit to a folder of your own.".into(),
        ),
    }
}

/// Whether cargo would build anything: it reads all manifests before.
fn manifests(root: &Path) -> Option<Finding> {
    let output = toolchain::cargo()
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .args(["--color", "never"])
        .current_dir(root)
        .output()
        .ok()?;
    if output.status.success() {
        return None;
    }
    let fault = Fault::read(&String::from_utf8_lossy(&output.stderr), root)?;
    let way_back = fault.way_back(root, true);
    Some(Finding::Bad(fault.to_string(), way_back.into()))
}
