//! Compiles programs from outside the workspace with rustc alone.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use anyhow::{Context, bail};
use launch::freshness;
use launch::inputs::Inputs;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tokio::process::Command;

use super::cargo::{self, Said, Volume};
use super::diagnostics::shown;
use super::elsewhere::Elsewhere;
use super::kept::{Store, as_text};
use super::learned::Before;
use super::shelf::Shelf;
use super::{Built, CompileError, Route, Target};
use crate::toolchain;
use course::{ProgramId, Step};

/// The crates a learner's program may use, as cargo has built them.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Palette {
    externs: Vec<(String, PathBuf)>,
    dependencies: PathBuf,
    files: Vec<PathBuf>,
    /// Whether programs get line tables.
    #[serde(skip)]
    has_lines: bool,
    /// The system they are for, if it is not this one.
    #[serde(skip)]
    elsewhere: Option<Elsewhere>,
}

/// The palette of the last time, good as long as nothing changes.
#[derive(Deserialize, Serialize)]
struct Known {
    palette: Palette,
    #[serde(with = "as_text")]
    inputs: Inputs,
}

impl Palette {
    /// Builds the palette's crates, or finds them built.
    ///
    /// # Errors
    /// When cargo cannot.
    pub async fn build(root: &Path, shelf: Shelf) -> anyhow::Result<Self> {
        let package = shelf.package();
        let store = Store::of(root, package);
        let known: Option<Known> = store.read();
        let known = match known {
            Some(known) if known.inputs.hold() => return Ok(known.palette),
            known => known.map(|known| (package.to_owned(), known.inputs)),
        };
        let before = Before::look(known.iter().map(|(name, inputs)| (name, inputs)));
        let said = cargo::run(root, Volume::Quiet, package, &["--lib"]).await?;
        let palette = Self::of(&said, shelf, None)?;
        let inputs = palette.inputs(root, &said, shelf);
        if let Some(inputs) = inputs.filter(|inputs| before.vouches(package, inputs)) {
            // Where this cannot be kept, cargo is asked again.
            let _ = store.write(&Known {
                palette: palette.clone(),
                inputs,
            });
        }
        Ok(palette)
    }

    /// What cargo has built, for this system or another.
    pub(super) fn of(
        said: &Said,
        shelf: Shelf,
        elsewhere: Option<Elsewhere>,
    ) -> anyhow::Result<Self> {
        if !said.success {
            bail!(
                "cargo cannot build the learners' crates:\n{}{}",
                said.stderr,
                shown(&said.errors())
            );
        }
        let find = |name: &str| {
            let file = said.library(name).cloned();
            Ok((
                name.to_owned(),
                file.with_context(|| format!("cargo has built no {name}"))?,
            ))
        };
        let externs = shelf
            .crates()
            .map(find)
            .collect::<anyhow::Result<Vec<_>>>()?;
        let dependencies = externs
            .iter()
            .find_map(|(name, file)| (name == "rumqttc").then(|| file.parent()).flatten())
            .context("cargo's libraries lie nowhere")?
            .to_owned();
        Ok(Self {
            externs,
            dependencies,
            files: said.linkable().cloned().collect(),
            has_lines: false,
            elsewhere,
        })
    }

    /// Looks at all that decides what cargo would build.
    fn inputs(&self, root: &Path, said: &Said, shelf: Shelf) -> Option<Inputs> {
        let mut inputs = freshness::inputs(said.library(shelf.library())?, root)?;
        inputs.file(&launch::unify(root))?;
        for file in &self.files {
            inputs.product(file)?;
        }
        Some(inputs)
    }

    /// The same crates in a folder that holds nothing else: cargo's own also holds whatever else
    /// was built, solutions among it.
    ///
    /// # Errors
    /// When a file cannot be copied.
    pub fn gathered(&self, folder: &Path) -> anyhow::Result<Self> {
        let moved = |file: &Path| {
            let name = file.file_name().context("a library without a name")?;
            anyhow::Ok(folder.join(name))
        };
        let mut files = Vec::new();
        for file in &self.files {
            let copied = moved(file)?;
            fs::copy(file, &copied).with_context(|| format!("copying {}", file.display()))?;
            files.push(copied);
        }
        let externs = self.externs.iter();
        let externs = externs.map(|(name, file)| Ok((name.clone(), moved(file)?)));
        Ok(Self {
            externs: externs.collect::<anyhow::Result<_>>()?,
            dependencies: folder.to_owned(),
            files,
            has_lines: self.has_lines,
            elsewhere: self.elsewhere.clone(),
        })
    }

    /// Compiles a step's programs from `folder`, which is laid out like `lessons/`.
    ///
    /// # Errors
    /// See [`CompileError`].
    pub async fn compile(&self, folder: &Path, step: &Step) -> Result<Built, CompileError> {
        let all: Vec<ProgramId> = step.programs.iter().map(|program| program.id).collect();
        self.compile_only(folder, step, &all).await
    }

    /// Compiles only these of a step's programs.
    ///
    /// # Errors
    /// See [`CompileError`].
    pub async fn compile_only(
        &self,
        folder: &Path,
        step: &Step,
        wanted: &[ProgramId],
    ) -> Result<Built, CompileError> {
        let out = TempDir::new().context("no temporary folder")?;
        let place = folder.join(&step.folder);
        let mut programs = Vec::new();
        let mut warnings = String::new();
        let mut palette = Cow::Borrowed(self);
        if let Some(library) = Target::library(step, &place) {
            let file = out.path().join(library.file());
            warnings += &self.rustc(&place, &library, &file).await?;
            palette = Cow::Owned(self.with(&library, &file));
        }
        for program in &step.programs {
            if !wanted.contains(&program.id) {
                continue;
            }
            if !place.join(&program.source).is_file() {
                return Err(anyhow::anyhow!(
                    "{} has no {}/{}",
                    folder.display(),
                    step.folder,
                    program.source
                )
                .into());
            }
            let target = Target::program(program);
            let file = out.path().join(target.file());
            let file = match &self.elsewhere {
                Some(elsewhere) => elsewhere.named(file),
                None => file,
            };
            warnings += &palette.rustc(&place, &target, &file).await?;
            programs.push((program.id, file));
        }
        Ok(Built {
            programs,
            warnings,
            route: Route::Rustc,
            folders: vec![Arc::new(out)],
        })
    }

    /// The same crates and one more: a library of the learner's own, compiled to `file`.
    #[must_use]
    pub fn with(&self, library: &Target, file: &Path) -> Self {
        let mut palette = self.clone();
        palette
            .externs
            .push((library.name.clone(), file.to_owned()));
        palette
    }

    /// The same crates, for programs whose backtraces name lines.
    #[must_use]
    pub fn with_lines(self) -> Self {
        Self {
            has_lines: true,
            ..self
        }
    }

    /// What to tell rustc, so that it makes `out` of this target.
    pub fn arguments(&self, target: &Target, out: &Path) -> Vec<OsString> {
        let debuginfo = match self.has_lines {
            true => "debuginfo=line-tables-only",
            false => "debuginfo=0",
        };
        let mut arguments: Vec<OsString> = [
            "--edition",
            "2024",
            "--crate-type",
            target.kind,
            "--cap-lints",
            "warn",
            "-C",
            debuginfo,
            "-C",
            "codegen-units=1",
            "--crate-name",
            &target.name,
            "-L",
        ]
        .map(OsString::from)
        .into();
        arguments.push(prefixed("dependency=", &self.dependencies));
        arguments.extend(["-o".into(), out.into()]);
        for (name, file) in &self.externs {
            arguments.push("--extern".into());
            arguments.push(prefixed(&format!("{name}="), file));
        }
        if let Some(elsewhere) = &self.elsewhere {
            arguments.extend(["--target".into(), elsewhere.triple().into(), "-L".into()]);
            arguments.push(prefixed("dependency=", &elsewhere.macros()));
        }
        arguments.push((&target.source).into());
        arguments
    }

    async fn rustc(
        &self,
        folder: &Path,
        target: &Target,
        out: &Path,
    ) -> Result<String, CompileError> {
        let rustc = toolchain::rustc();
        let mut command = Command::new(&rustc);
        command.args(self.arguments(target, out));
        let output = command
            .current_dir(folder)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .with_context(|| format!("{} does not start", Path::new(&rustc).display()))?;
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() {
            Ok(words)
        } else {
            Err(CompileError::Rejected(words))
        }
    }
}

fn prefixed(prefix: &str, path: &Path) -> OsString {
    let mut text = OsString::from(prefix);
    text.push(path);
    text
}
