//! Another system than this one, for which programs are compiled and on which others judge them.

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::cargo::{self, Volume};
use super::{Palette, Shelf};

/// What rustc makes for a system whose name contains this ends in [`EXE`].
const WINDOWS: &str = "-windows-";

/// What a program of Windows' is called at its end.
const EXE: &str = "exe";

/// A system that programs are compiled for. What cargo builds for it lies in a folder of its own: what it
/// has built for this one stays what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    triple: String,
    folder: PathBuf,
}

impl Elsewhere {
    /// The system that rustc knows by this name, `x86_64-pc-windows-gnu` say, and cargo's folder for it.
    pub fn new(triple: &str, folder: &Path) -> Self {
        Self {
            triple: triple.to_owned(),
            folder: folder.to_owned(),
        }
    }

    /// As rustc knows it.
    pub(super) fn triple(&self) -> &str {
        &self.triple
    }

    /// Where the macros lie: rustc runs them, so they are made for the system on which it runs itself.
    pub(super) fn macros(&self) -> PathBuf {
        self.folder.join("debug").join("deps")
    }

    /// What a program's file is called there.
    pub(super) fn named(&self, file: PathBuf) -> PathBuf {
        if self.triple.contains(WINDOWS) {
            file.with_extension(EXE)
        } else {
            file.with_extension("")
        }
    }
}

impl Palette {
    /// As [`Palette::build`], for programs that run elsewhere. Cargo is asked each time.
    ///
    /// # Errors
    /// When cargo cannot.
    pub async fn build_for(
        root: &Path,
        shelf: Shelf,
        elsewhere: &Elsewhere,
    ) -> anyhow::Result<Self> {
        let folder = elsewhere.folder.to_str();
        let folder = folder.context("the target folder's name is no text")?;
        let targets = [
            "--lib",
            "--target",
            &elsewhere.triple,
            "--target-dir",
            folder,
        ];
        let said = cargo::run(root, Volume::Quiet, shelf.package(), &targets).await?;
        Self::of(&said, shelf, Some(elsewhere.clone()))
    }
}
