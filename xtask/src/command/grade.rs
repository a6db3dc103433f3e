//! `cargo xtask grade` and `cargo xtask gradescope`: builds the grader's programs on their first
//! use, and hands over to them.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, bail};

/// Hands over to one of the grader's programs.
pub fn run(root: &Path, program: &str, arguments: &[OsString]) -> anyhow::Result<ExitCode> {
    if !root.join("xtask/grade").is_dir() {
        bail!(
            "this copy of the kit is a learner's and does not grade. Instructors have a whole one"
        );
    }
    let this = env::current_exe().context("cannot find my own place")?;
    let grader = this.with_file_name(format!("{program}{}", env::consts::EXE_SUFFIX));
    build(root, program, &grader)?;
    hand_over(Command::new(&grader).args(arguments))
        .with_context(|| format!("the grader {} does not start", grader.display()))
}

fn build(root: &Path, program: &str, grader: &Path) -> anyhow::Result<()> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build
        .args(["build", "--package", "grade", "--bin", program])
        .current_dir(root);
    if grader.exists() {
        build.arg("--quiet");
    } else {
        eprintln!("Building the grader, once: less than a minute on a laptop.");
    }
    if !build.status().context("cargo does not start")?.success() {
        bail!("the grader did not build; the lines above say why");
    }
    Ok(())
}

/// Becomes the grader, so that Ctrl-C reaches it and nobody else.
#[cfg(unix)]
fn hand_over(grader: &mut Command) -> std::io::Result<ExitCode> {
    Err(std::os::unix::process::CommandExt::exec(grader))
}

#[cfg(not(unix))]
fn hand_over(grader: &mut Command) -> std::io::Result<ExitCode> {
    let status = grader.status()?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(2)))
}
