//! The wrapper's command line: how the runner writes it, and how the wrapper reads it.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::Command;

use crate::spec::{Layer, Spec};

/// The first argument that turns a binary into the wrapper.
const WRAPPER: &str = "jail-wrapper";

/// Where the wrapper's binary is.
#[derive(Debug, Clone)]
pub struct Wrapper {
    binary: PathBuf,
    without: Vec<Layer>,
}

impl Wrapper {
    /// This binary, which must call [`wrapper_called`] first thing in its `main`.
    pub fn at(binary: impl Into<PathBuf>) -> Self {
        Self {
            binary: binary.into(),
            without: Vec::new(),
        }
    }

    /// Does without a layer, as a machine that lacks it. For tests of what the others hold alone.
    #[must_use]
    pub fn without(mut self, layer: Layer) -> Self {
        self.without.push(layer);
        self
    }

    /// The command that runs `program` (an absolute path) in the jail; add arguments, environment and pipes.
    ///
    /// Its environment holds only [`Spec::environment`].
    pub fn command(&self, spec: &Spec, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(&self.binary);
        command.env_clear().envs(&spec.environment);
        let spec = Spec {
            without: self.without.clone(),
            ..spec.clone()
        };
        command
            .arg(WRAPPER)
            .arg("--spec")
            .arg(json(&spec))
            .arg("--")
            .arg(program);
        command
    }

    #[cfg(target_os = "linux")]
    pub(crate) fn binary(&self) -> &PathBuf {
        &self.binary
    }
}

/// A `Spec` holds paths, numbers and names; only a path that is not Unicode has no JSON.
/// The wrapper then refuses the empty text and says so.
fn json(spec: &Spec) -> String {
    serde_json::to_string(spec).unwrap_or_default()
}

/// Serves as the wrapper when this process was started as one, and returns the exit status to end with.
///
/// Call it first thing in `main`: the jail can only be set up while there is a single thread.
#[must_use]
pub fn wrapper_called() -> Option<i32> {
    let mut arguments = env::args_os().skip(1);
    let role = arguments.next()?;
    #[cfg(target_os = "linux")]
    if role == crate::attacker::ROLE {
        return Some(crate::attacker::attack(&arguments.collect::<Vec<_>>()));
    }
    if role != WRAPPER {
        return None;
    }
    Some(match parse(arguments) {
        Ok((spec, command)) => enter(&spec, &command),
        Err(reason) => {
            eprintln!("jail: {reason}");
            NOT_STARTED
        }
    })
}

/// Exit status of a wrapper that could not set the jail up.
pub(crate) const NOT_STARTED: i32 = 125;

fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<(Spec, Vec<OsString>), String> {
    const USAGE: &str = "expected --spec JSON -- PROGRAM ARGUMENTS...";
    if arguments.next().as_deref() != Some(OsStr::new("--spec")) {
        return Err(USAGE.to_owned());
    }
    let spec = arguments
        .next()
        .and_then(|text| text.into_string().ok())
        .ok_or(USAGE)?;
    let spec = serde_json::from_str(&spec)
        .map_err(|error| format!("the jail's specification is not understood: {error}"))?;
    if arguments.next().as_deref() != Some(OsStr::new("--")) {
        return Err(USAGE.to_owned());
    }
    let command: Vec<_> = arguments.collect();
    if command.is_empty() {
        Err(USAGE.to_owned())
    } else {
        Ok((spec, command))
    }
}

#[cfg(target_os = "linux")]
fn enter(spec: &Spec, command: &[OsString]) -> i32 {
    crate::linux::enter(spec, command)
}

#[cfg(not(target_os = "linux"))]
fn enter(_: &Spec, _: &[OsString]) -> i32 {
    eprintln!("jail: no sandbox here: this system has no Landlock, seccomp or namespaces");
    NOT_STARTED
}
