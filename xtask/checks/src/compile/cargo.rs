//! Runs cargo and reads what it says.

use std::collections::HashMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, anyhow};
use serde::Deserialize;
use tokio::process::Command;

use super::{Built, CompileError};
use crate::toolchain;
use course::Step;

/// A package to name in every build of learners' crates, see there. Nothing of it is built.
pub(super) const UNIFY: &str = "unify";

/// What cargo says of one build, from `--message-format=json`.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Whether it succeeded.
    pub success: bool,
    /// Binaries by target name.
    pub executables: HashMap<String, PathBuf>,
    /// Library files by target name.
    pub libraries: HashMap<String, PathBuf>,
    /// Everything that rustc reads when it links against the packages: libraries and macros.
    pub linkable: Vec<PathBuf>,
    /// rustc's errors and warnings, rendered.
    pub diagnostics: String,
    /// What cargo itself had to say.
    pub stderr: String,
}

#[derive(Deserialize)]
#[serde(tag = "reason")]
enum Message {
    #[serde(rename = "compiler-artifact")]
    Artifact {
        target: Target,
        filenames: Vec<PathBuf>,
        executable: Option<PathBuf>,
    },
    #[serde(rename = "compiler-message")]
    Diagnostic { message: Diagnostic },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

#[derive(Deserialize)]
struct Diagnostic {
    level: String,
    rendered: Option<String>,
}

/// Builds a step's package; `suffix` is what its package's and binaries' names end in.
pub(super) async fn build(root: &Path, step: &Step, suffix: &str) -> Result<Built, CompileError> {
    let package = format!("{}{suffix}", step.package);
    let names = step.programs.iter();
    let names: Vec<String> = names
        .map(|program| format!("{}{suffix}", program.binary))
        .collect();
    let mut arguments = vec!["--package", &package, "--package", UNIFY];
    arguments.extend(names.iter().flat_map(|name| ["--bin", name]));
    let said = run(root, &arguments).await?;
    if !said.success {
        return Err(if said.diagnostics.is_empty() {
            anyhow!("cargo cannot build {package}:\n{}", said.stderr.trim_end()).into()
        } else {
            CompileError::Rejected(said.diagnostics)
        });
    }
    let programs = step.programs.iter().zip(&names).map(|(program, name)| {
        let path = said.executables.get(name).cloned();
        let path = path.with_context(|| format!("package {package} makes no program {name}"))?;
        Ok((program.id, path))
    });
    let programs = programs.collect::<anyhow::Result<_>>()?;
    Ok(Built {
        programs,
        warnings: String::new(),
        folders: Vec::new(),
    })
}

/// Runs `cargo build` with these arguments.
pub(super) async fn run(root: &Path, arguments: &[&str]) -> anyhow::Result<Said> {
    let cargo = toolchain::cargo();
    let name = cargo.get_program().to_owned();
    let color = if anstream::AutoStream::choice(&std::io::stdout()) == anstream::ColorChoice::Never
    {
        "json"
    } else {
        "json-diagnostic-rendered-ansi"
    };
    let output = Command::from(cargo)
        .args(["build", "--quiet", "--message-format", color])
        .args(arguments)
        .current_dir(root)
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
            Ok(Message::Artifact {
                target,
                filenames,
                executable,
            }) => {
                let name = target.name;
                let linkable = filenames.iter().filter(|file| is_linkable(file));
                said.linkable.extend(linkable.cloned());
                match executable {
                    Some(executable) => drop(said.executables.insert(name, executable)),
                    None => {
                        let library = filenames.into_iter().find(|file| is_library(file));
                        said.libraries.extend(library.map(|file| (name, file)));
                    }
                }
            }
            Ok(Message::Diagnostic { message }) if message.level == "error" => {
                said.diagnostics += &message.rendered.unwrap_or_default();
            }
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
