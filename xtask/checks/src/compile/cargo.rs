//! Runs cargo and reads what it says.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context;
use launch::UNIFY;
use serde::Deserialize;
use tokio::process::Command;

use super::diagnostics::Diagnostic;
use crate::toolchain;

/// What cargo says of one build, from `--message-format=json`.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Whether it succeeded.
    pub success: bool,
    /// What was built, or was there already.
    pub artifacts: Vec<Artifact>,
    /// rustc's errors and warnings.
    pub messages: Vec<Message>,
    /// What cargo itself had to say.
    pub stderr: String,
}

/// A program, library, macro or build script.
#[derive(Debug, Deserialize)]
pub(super) struct Artifact {
    /// Cargo's own name for the package.
    pub package_id: String,
    /// What of the package this is.
    pub target: Target,
    filenames: Vec<PathBuf>,
    /// Where it is, if it can be run.
    pub executable: Option<PathBuf>,
}

/// One of the things that a package makes.
#[derive(Debug, Deserialize)]
pub(super) struct Target {
    /// The program's or library's name.
    pub name: String,
    /// `bin`, `lib`, `proc-macro`, `custom-build` …
    pub kind: Vec<String>,
}

/// An error or a warning, and whose it is.
#[derive(Debug, Deserialize)]
pub(super) struct Message {
    /// Cargo's own name for the package.
    pub package_id: String,
    /// What of the package was compiled.
    pub target: Target,
    /// What rustc says.
    pub message: Diagnostic,
}

#[derive(Deserialize)]
#[serde(tag = "reason")]
enum Line {
    #[serde(rename = "compiler-artifact")]
    Artifact(Artifact),
    #[serde(rename = "compiler-message")]
    Message(Message),
    #[serde(other)]
    Other,
}

impl Said {
    /// All errors, as they read in a terminal with colours.
    pub fn errors(&self) -> String {
        let messages = self.messages.iter().map(|message| &message.message);
        let errors = messages.filter(|message| message.is_error());
        errors.map(Diagnostic::rendered).collect()
    }

    /// What cargo complained of, without what it said before that.
    pub fn complaint(&self) -> &str {
        let error = self.stderr.find("error");
        self.stderr[error.unwrap_or_default()..].trim_end()
    }

    /// The file of a library, by its name.
    pub fn library(&self, name: &str) -> Option<&PathBuf> {
        let named = self
            .artifacts
            .iter()
            .filter(|made| made.target.name == name);
        let mut files = named.flat_map(|made| &made.filenames);
        files.rfind(|file| is_library(file))
    }

    /// Everything that rustc reads when it links against the packages: libraries and macros.
    pub fn linkable(&self) -> impl Iterator<Item = &PathBuf> {
        let files = self.artifacts.iter().flat_map(|made| &made.filenames);
        files.filter(|file| is_linkable(file))
    }
}

/// How much cargo says on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Volume {
    /// Errors only.
    Quiet,
    /// Also how it calls rustc.
    Verbose,
}

/// Runs `cargo build` for some targets of a package.
pub(super) async fn run(
    root: &Path,
    volume: Volume,
    package: &str,
    targets: &[&str],
) -> anyhow::Result<Said> {
    let mut cargo = toolchain::cargo();
    let volume = match volume {
        Volume::Quiet => "--quiet",
        Volume::Verbose => "--verbose",
    };
    cargo
        .args(["build", volume, "--color", "never"])
        .args(["--message-format", "json-diagnostic-rendered-ansi"])
        .args(["--package", package, "--package", UNIFY])
        .args(targets)
        .current_dir(root);
    said(cargo).await
}

/// Runs a build that speaks JSON.
pub(super) async fn said(cargo: std::process::Command) -> anyhow::Result<Said> {
    let name = cargo.get_program().to_owned();
    let output = Command::from(cargo)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .with_context(|| format!("{} does not start", Path::new(&name).display()))?;
    let mut said = Said {
        success: output.status.success(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        ..Said::default()
    };
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        // Lines that are no JSON come from build scripts and are nobody's business here.
        match serde_json::from_str(line) {
            Ok(Line::Artifact(artifact)) => said.artifacts.push(artifact),
            Ok(Line::Message(message)) => said.messages.push(message),
            _ => {}
        }
    }
    Ok(said)
}

fn is_library(file: &Path) -> bool {
    file.extension()
        .is_some_and(|extension| extension == "rlib")
}

fn is_linkable(file: &Path) -> bool {
    let macros = env::consts::DLL_EXTENSION;
    is_library(file)
        || file
            .extension()
            .is_some_and(|extension| extension == macros)
}
