//! Has cargo build the runner, and says why where it cannot.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use launch::UNIFY;
use launch::manifest::Fault;

const FAILED: &str = "the kit's runner did not build. If crates are missing, go online once and \
                      run `cargo fetch`; otherwise the lines above say what is wrong.";

/// Builds the runner, or finds it built.
///
/// A manifest that keeps cargo from building anything is said. The runner of the last build, if
/// there is one, is good enough then: it can bring the manifest back. Returns whether it is of
/// this build.
pub fn build(runner: &Path) -> Result<bool, String> {
    let root = root();
    let is_first = !runner.exists();
    let fault = if is_first {
        first(root.as_deref())?
    } else {
        again(root.as_deref())?
    };
    let (Some(fault), Some(root)) = (fault, root) else {
        return Ok(true);
    };
    let way_back = fault.way_back(&root, !is_first);
    if is_first {
        return Err(format!(
            "{fault}. Cargo builds nothing until that is mended. {way_back}"
        ));
    }
    eprintln!("note: {fault}. Cargo builds nothing until that is mended. {way_back}\n");
    Ok(false)
}

/// The folder of the kit's workspace: the one in which this package lies. Where that is, cargo says
/// now: what it said at compile time is wrong once the folder has been moved.
pub fn root() -> Option<PathBuf> {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR")?);
    let mut folders = package.ancestors();
    folders
        .find(|folder| folder.join("xtask").is_dir())
        .map(Path::to_owned)
}

/// In plain sight: there is something to wait for.
fn first(root: Option<&Path>) -> Result<Option<Fault>, String> {
    // Before it is said that this takes minutes.
    let mut look = cargo(root);
    look.args(["metadata", "--no-deps", "--offline", "--format-version=1"]);
    if let Some(fault) = complaint(&mut look)?.and_then(|said| fault(&said, root)) {
        return Ok(Some(fault));
    }
    eprintln!("{}", before_the_first());
    let status = builds(root).status().map_err(does_not_start)?;
    status.success().then_some(None).ok_or(FAILED.to_owned())
}

/// What is built, why, and how long that takes, in lines that fit a narrow terminal. Cargo counts along in a terminal, and a crate with a
/// build script counts three times there: on Linux it counts 234 units of 191 packages, as its
/// `--unit-graph` says.
fn before_the_first() -> String {
    let here = thread::available_parallelism().map_or(1, |cores| cores.get());
    let cores = if here == 1 { "core" } else { "cores" };
    format!(
        "Building the kit's runner, once: an MQTT broker, a virtual board and a page to\n\
         watch them, of some 190 crates, in some 230 parts as cargo counts them.\n\
         That was measured to take two minutes on two cores; here are {here} {cores}.\n\
         Ctrl-C ends it, and the next call goes on from there. Every later call starts\n\
         in a moment."
    )
}

/// Quietly: most of the time there is nothing to do.
fn again(root: Option<&Path>) -> Result<Option<Fault>, String> {
    let mut build = builds(root);
    build.arg("--quiet");
    // By itself cargo would not do so in a pipe.
    let is_plain = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    if io::stderr().is_terminal() && !is_plain("NO_COLOR") && !is_plain("CARGO_TERM_COLOR") {
        build.args(["--color", "always"]);
    }
    let Some(said) = complaint(&mut build)? else {
        return Ok(None);
    };
    if let Some(fault) = fault(&plain(&said), root) {
        return Ok(Some(fault));
    }
    let _ = io::stderr().write_all(said.as_bytes());
    Err(FAILED.to_owned())
}

fn builds(root: Option<&Path>) -> Command {
    let mut build = cargo(root);
    build.args(["build", "--package", "xtask", "--package", UNIFY]);
    build.args(["--bin", "xtask"]);
    build
}

fn cargo(root: Option<&Path>) -> Command {
    let mut cargo = launch::cargo();
    if let Some(root) = root {
        cargo.current_dir(root);
    }
    cargo
}

/// What cargo says when it fails. What it warns of otherwise is passed on.
fn complaint(cargo: &mut Command) -> Result<Option<String>, String> {
    let output = cargo
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .map_err(does_not_start)?;
    if output.status.success() {
        let _ = io::stderr().write_all(&output.stderr);
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&output.stderr).into_owned()))
}

fn fault(said: &str, root: Option<&Path>) -> Option<Fault> {
    Fault::read(said, root?)
}

fn does_not_start(error: io::Error) -> String {
    format!("cargo does not start: {error}")
}

/// Without colours.
fn plain(said: &str) -> String {
    let mut parts = said.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain += part.split_once('m').map_or(part, |(_, text)| text);
    }
    plain
}
