//! Builds a device for a Raspberry Pi and copies it there.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus, Stdio};

use anyhow::{Context, bail};

use super::{Device, LINKER, LINKER_PACKAGES, LINKER_VARIABLE, TARGET};
use checks::toolchain;
use terminal::exit::FAILED;
use terminal::say::{self, FAINT, paint};

/// What can be wrong is asked first, and what takes long comes last.
pub fn deliver(root: &Path, device: &Device, host: &str) -> anyhow::Result<ExitCode> {
    let linker = linker()?;
    let bits = bits(host)?;
    if bits != "64" {
        bail!(
            "the system on {host} has {bits} bits (`getconf LONG_BIT`), and what is built here is \
             for 64. Build on the Pi instead: `cargo xtask pi` says how"
        );
    }
    add_target()?;

    let mut build = toolchain::cargo();
    build
        .args(device.cross_build())
        .env(LINKER_VARIABLE, linker)
        .current_dir(root);
    if !run(&mut build, "cargo")?.success() {
        return Ok(ExitCode::from(FAILED));
    }

    let mut copy = Command::new("scp");
    copy.arg(device.program())
        .arg(format!("{host}:"))
        .current_dir(root);
    if !run(&mut copy, "scp")?.success() {
        bail!(
            "{} was built, but not copied to {host}; the lines above say why. A program that \
             still runs there cannot be replaced: end it first",
            device.binary
        );
    }
    say::out(&format!(
        "\n{} is in the home folder on {host}. Run it with your id and your broker:\n  ssh -t {host} \
         {}\n",
        device.binary,
        device.run()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// The one that is set for cargo, or Debian's.
fn linker() -> anyhow::Result<OsString> {
    if let Some(linker) = env::var_os(LINKER_VARIABLE) {
        return Ok(linker);
    }
    let version = Command::new(LINKER)
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if version.is_ok_and(|status| status.success()) {
        return Ok(LINKER.into());
    }
    bail!(
        "there is no {LINKER}, which links for the Pi. Debian and Ubuntu: `sudo apt install \
         {LINKER_PACKAGES}`. If yours has another name, set {LINKER_VARIABLE}. Or build on the \
         Pi: `cargo xtask pi` says how"
    )
}

/// How many bits the Pi's system has, in its own words.
fn bits(host: &str) -> anyhow::Result<String> {
    let mut ask = Command::new("ssh");
    ask.args([host, "getconf", "LONG_BIT"]);
    announce(&ask)?;
    let output = ask
        .stdin(Stdio::inherit())
        .stderr(Stdio::inherit())
        .output()
        .context("ssh does not start; it belongs to OpenSSH")?;
    if !output.status.success() {
        bail!("{host} cannot be asked. Does `ssh {host}` work?");
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Rust's standard library for the Pi.
fn add_target() -> anyhow::Result<()> {
    let folder = Command::new(toolchain::rustc())
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .context("rustc does not start")?;
    let folder = String::from_utf8_lossy(&folder.stdout).trim().to_owned();
    if !folder.is_empty() && PathBuf::from(folder).is_dir() {
        return Ok(());
    }
    let mut add = Command::new("rustup");
    add.args(["target", "add", TARGET]);
    let added = run(&mut add, "rustup").context(
        "this Rust cannot build for the Pi, and only rustup can teach it. Get it from \
         https://rustup.rs, or build on the Pi",
    )?;
    if !added.success() {
        bail!("rustup cannot add {TARGET}; the lines above say why. It needs the internet once");
    }
    Ok(())
}

fn run(command: &mut Command, name: &str) -> anyhow::Result<ExitStatus> {
    announce(command)?;
    command
        .status()
        .with_context(|| format!("{name} does not start"))
}

/// Nobody's Pi is touched by a command that was not shown.
fn announce(command: &Command) -> anyhow::Result<()> {
    let program = Path::new(command.get_program());
    let program = program.file_stem().unwrap_or(program.as_os_str());
    let mut words = format!("$ {}", program.display());
    for argument in command.get_args() {
        words += &format!(" {}", argument.display());
    }
    say::out(&format!("{}\n", paint(FAINT, words)))?;
    Ok(())
}
