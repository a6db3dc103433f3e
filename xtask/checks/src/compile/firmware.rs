//! Builds a firmware: without the standard library, and with the emulator that makes it a program like
//! any other.

mod toolchain;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, anyhow, ensure};
use course::{DEVICE, FOLDER_OF_FIRMWARE};
use tempfile::TempDir;
use tokio::sync::Mutex;

use super::cargo::{self, Volume};
use super::diagnostics::shown;
use super::{Built, CompileError, Route};
use crate::subject::Subject;
pub use toolchain::Missing;
use toolchain::{TARGET, Toolchain};

/// The package of the emulator, and its program.
const EMULATOR: &str = "emulator";

/// What a firmware's package has besides its sources: of a foreign folder only these count.
const SOURCES: &str = "src";

/// The files in which a package's name stands.
const NAMED: [&str; 2] = ["Cargo.toml", "Cargo.lock"];

/// What the package of a foreign folder is called, and its folder in `target/`.
const OF_A_FOLDER: &str = "firmware-of-a-folder";

/// One build at a time: all have one folder.
static TURN: Mutex<()> = Mutex::const_new(());

/// What is missing on this machine to build firmware and to run it; nothing, where all is there.
pub fn missing(root: &Path) -> Option<Missing> {
    Toolchain::find(root).err()
}

/// Builds a subject's firmware.
pub(super) async fn build(root: &Path, subject: &Subject) -> Result<Built, CompileError> {
    let toolchain = Toolchain::find(root).map_err(anyhow::Error::from)?;
    let _turn = TURN.lock().await;
    let package = match subject {
        Subject::Lessons | Subject::Solutions => subject.folder(root).join(FOLDER_OF_FIRMWARE),
        Subject::Folder(folder) => furnished(root, &folder.join(FOLDER_OF_FIRMWARE))?,
    };
    if !package.is_dir() {
        let why = anyhow!("there is no {}", package.display());
        return Err(CompileError::Environment(why));
    }
    let (firmware, warnings) = firmware(root, &package, &toolchain).await?;
    let emulator = emulator(root).await?;
    let folder = together(root, &firmware, &emulator)?;
    Ok(Built {
        programs: vec![(DEVICE, folder.path().join(named(EMULATOR)))],
        warnings: shown(&warnings),
        route: Route::Cargo,
        folders: vec![Arc::new(folder)],
    })
}

/// The firmware's file, and what rustc warned of.
async fn firmware(
    root: &Path,
    package: &Path,
    toolchain: &Toolchain,
) -> Result<(PathBuf, String), CompileError> {
    let mut build = toolchain.cargo();
    build
        .args(["build", "--release", "--locked", "--color", "never"])
        .args(["--message-format", "json-diagnostic-rendered-ansi"])
        .arg("--target-dir")
        .arg(root.join("target").join(FOLDER_OF_FIRMWARE))
        .args(["--target", TARGET])
        // Where its own settings of cargo's lie.
        .current_dir(package);
    let said = cargo::said(build).await?;
    if !said.success {
        let errors = said.errors();
        if !errors.is_empty() {
            return Err(CompileError::Rejected(shown(&errors)));
        }
        let complaint = said.complaint();
        return Err(anyhow!("cargo cannot build the firmware:\n{complaint}"))?;
    }
    let (artifact, file) = said
        .program(FOLDER_OF_FIRMWARE)
        .context("there is no program `firmware`")?;
    Ok((file.clone(), said.warnings(artifact)))
}

/// The emulator's file.
async fn emulator(root: &Path) -> anyhow::Result<PathBuf> {
    let said = cargo::run(root, Volume::Quiet, EMULATOR, &["--bin", EMULATOR]).await?;
    let program = said.program(EMULATOR).map(|(_, file)| file.clone());
    program.with_context(|| format!("cargo cannot build the emulator:\n{}", said.complaint()))
}

/// A folder with both, in which the emulator finds the firmware. Another build does not change them.
fn together(root: &Path, firmware: &Path, emulator: &Path) -> anyhow::Result<TempDir> {
    let place = || -> io::Result<TempDir> {
        let folder = TempDir::new_in(root.join("target"))?;
        let beside = folder.path().join(EMULATOR).with_extension("elf");
        fs::copy(firmware, beside)?;
        let program = folder.path().join(named(EMULATOR));
        fs::hard_link(emulator, &program).or_else(|_| fs::copy(emulator, &program).map(drop))?;
        Ok(folder)
    };
    place().context("there is no room for the firmware in target/")
}

fn named(program: &str) -> String {
    format!("{program}{}", std::env::consts::EXE_SUFFIX)
}

/// A package with these sources and otherwise the kit's own: manifest, settings of cargo's and build
/// script of a foreign folder have no say. It lies as deep as the kit's, whose manifest names its
/// neighbours.
fn furnished(root: &Path, foreign: &Path) -> anyhow::Result<PathBuf> {
    let kits = ["solutions", "lessons"].map(|home| root.join(home).join(FOLDER_OF_FIRMWARE));
    let kits = kits.iter().find(|folder| folder.is_dir());
    let kits = kits.context("this copy of the kit has no firmware")?;
    let sources = foreign.join(SOURCES);
    ensure!(
        sources.is_dir(),
        "there is no folder {}. A subject is laid out like lessons/",
        sources.display()
    );
    let package = root.join("target").join(OF_A_FOLDER);
    let lay_out = || -> io::Result<()> {
        match fs::remove_dir_all(package.join(SOURCES)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::create_dir_all(&package)?;
        for entry in fs::read_dir(kits)? {
            let entry = entry?;
            let (from, to) = (entry.path(), package.join(entry.file_name()));
            if NAMED.iter().any(|file| entry.file_name() == *file) {
                fs::write(to, renamed(&fs::read_to_string(from)?))?;
            } else if entry.file_name() != SOURCES {
                copy(&from, &to)?;
            }
        }
        copy(&sources, &package.join(SOURCES))
    };
    let failed = || format!("{} cannot be laid out for a build", foreign.display());
    lay_out().with_context(failed)?;
    Ok(package)
}

/// Under a name of its own: to cargo, packages of one name at the roots of two workspaces are one, and
/// what it has built of the one is as good for the other.
fn renamed(text: &str) -> String {
    let mut names = ["firmware-solution", FOLDER_OF_FIRMWARE].iter();
    let line = |name: &str| format!("name = \"{name}\"\n");
    let known = names.find(|name| text.contains(&line(name)));
    known.map_or_else(
        || text.to_owned(),
        |name| text.replacen(&line(name), &line(OF_A_FOLDER), 1),
    )
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        return fs::copy(from, to).map(drop);
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Without what another call of cargo has told us.
fn plain(program: &str) -> Command {
    let mut command = Command::new(program);
    launch::of_no_package(&mut command);
    command
}
