//! `cargo xtask book`: hands over to the guide's own builder.

use std::env;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;

use super::package;
use checks::toolchain;

/// The builder is a crate of its own, so that a check never pays for it: the first call builds it.
pub fn run(root: &Path, arguments: &[String]) -> anyhow::Result<ExitCode> {
    let builder = root
        .join("target")
        .join("debug")
        .join(format!("book{}", env::consts::EXE_SUFFIX));
    let mut command = toolchain::cargo();
    command.args(["run", "--package", "book"]).current_dir(root);
    package::announce(
        &mut command,
        &builder,
        "the guide's builder",
        "about a minute",
    );
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
