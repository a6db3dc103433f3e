//! `cargo xtask book`: hands over to the guide's own builder.

use std::env;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::Context;

/// The builder is a crate of its own, so that a check never pays for it: the first call builds it.
pub fn run(root: &Path, arguments: &[String]) -> anyhow::Result<ExitCode> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let builder = root
        .join("target")
        .join("debug")
        .join(format!("book{}", env::consts::EXE_SUFFIX));
    let mut command = Command::new(cargo);
    command.args(["run", "--package", "book"]).current_dir(root);
    if builder.exists() {
        command.arg("--quiet");
    } else {
        eprintln!("Building the guide's builder, once: about a minute on a laptop.");
    }
    let serve = [String::from("serve")];
    let arguments = if arguments.is_empty() {
        &serve
    } else {
        arguments
    };
    let status = command
        .arg("--")
        .args(arguments)
        .status()
        .context("cargo does not start")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    // Ended by a signal: Ctrl-C while serving.
    Ok(ExitCode::from(code.unwrap_or_default()))
}
