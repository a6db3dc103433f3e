//! What `cargo xtask` starts: builds the runner in plain sight, then hands over to it.
//!
//! The runner carries an MQTT broker, so its first build takes about two minutes on two cores.
//! `cargo run --quiet` would be silent all that time and look like a hang; without `--quiet` every
//! later call would start with two lines of cargo's own. This program has no dependencies, so cargo
//! builds it silently in a blink, and it shows cargo's progress only when there is something to wait
//! for. Where nothing has changed since cargo last had nothing to do, it does not even ask cargo.
//!
//! It also is a workspace of its own (see `alone/`), and so it starts where cargo would build nothing:
//! then it says which manifest is broken, and the runner of the last build brings it back.

mod build;

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::SystemTime;

use launch::freshness;
use launch::inputs::Inputs;

/// Exit status for usage and environment errors, as in the runner.
const ENVIRONMENT: u8 = 2;

fn main() -> ExitCode {
    match launch() {
        Ok(status) => status,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::from(ENVIRONMENT)
        }
    }
}

fn launch() -> Result<ExitCode, String> {
    let launcher =
        env::current_exe().map_err(|error| format!("cannot find my own place: {error}"))?;
    // The runner's binary lies beside this one.
    let runner = launcher.with_file_name(format!("xtask{}", env::consts::EXE_SUFFIX));
    // Each launcher has its own: they take turns where somebody calls them from several folders.
    let stamp = launcher.with_extension("fresh");
    if !is_fresh(&stamp) {
        let asked = SystemTime::now();
        let before = inputs(&launcher, &runner);
        let is_built = build::build(&runner)?;
        // What has changed since, by that build or by somebody who edits, differs from the stamp
        // and makes the next call ask again. Without a stamp, it asks anyway.
        if let Some(before) = before.filter(|before| is_built && before.settled(asked)) {
            let _ = before.keep(&stamp);
        }
    }
    become_runner(Command::new(&runner).args(env::args_os().skip(1))).map_err(|error| {
        format!(
            "the kit's runner {} does not start: {error}",
            runner.display()
        )
    })
}

/// Takes this process's place, so that Ctrl-C and other signals meet the runner alone, and the
/// shell waits until it has cleared away what it started.
#[cfg(unix)]
fn become_runner(runner: &mut Command) -> io::Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(runner.exec())
}

#[cfg(not(unix))]
fn become_runner(runner: &mut Command) -> io::Result<ExitCode> {
    let code = runner.status()?.code();
    // A runner that was ended from outside counts as the environment's fault.
    let code = code.and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(ENVIRONMENT)))
}

/// Whether all is as it was when cargo last had nothing to do.
fn is_fresh(stamp: &Path) -> bool {
    Inputs::kept(stamp).is_some_and(|kept| kept.hold())
}

/// Looks at all that decides whether the runner has to be built.
fn inputs(launcher: &Path, runner: &Path) -> Option<Inputs> {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR")?);
    let mut inputs = freshness::inputs(runner, &package)?;
    inputs.file(&launch::unify(&build::root()?))?;
    // A copy of this folder is another workspace, though the sources that its dep-info names are
    // still there.
    inputs.variable("CARGO_MANIFEST_DIR");
    // Cargo has just looked after this program. Whatever it does for all packages alike, because
    // of another rustc or profile say, shows here.
    inputs.product(launcher)?;
    Some(inputs)
}
