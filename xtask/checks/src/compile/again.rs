//! Compiles a program the way cargo has had it compiled.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use launch::dep_info::DepInfo;
use tokio::process::Command;

use super::diagnostics::Diagnostic;
use super::invocation::Invocation;
use super::kept::Store;
use super::package::Package;

/// One call of rustc.
#[derive(Debug)]
pub(super) struct Job {
    rustc: Command,
    /// Where rustc puts the program and its dep-info.
    out: PathBuf,
    crate_name: String,
    program: PathBuf,
    root: PathBuf,
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The program lies where the store has it.
    Made {
        /// As they read in a terminal with colours.
        warnings: String,
        /// What it was made of.
        sources: BTreeSet<PathBuf>,
    },
    /// What is wrong with the sources, in the same colours.
    Rejected(String),
    /// Only cargo knows.
    Doubtful,
}

impl Job {
    /// Gets everything ready to compile the program `name` of this package once more. None where
    /// that cannot be.
    pub fn new(
        package: &Package,
        name: &str,
        invocation: &Invocation,
        store: &Store,
    ) -> Option<Self> {
        let out = store.fresh(name).ok()?;
        let words = invocation.within(&out, &store.incremental())?;
        let (program, arguments) = words.split_first()?;
        let mut rustc = std::process::Command::new(program);
        launch::of_no_package(&mut rustc);
        // Cargo says more than this to a macro that asks. rustc notes when the sources ask, and
        // what it notes or complains of is for cargo to answer.
        rustc
            .args(arguments)
            .current_dir(package.root)
            .env("CARGO_PRIMARY_PACKAGE", "1")
            .env("CARGO_PKG_NAME", &package.name)
            .env("CARGO_MANIFEST_DIR", &package.folder)
            .env("CARGO_MANIFEST_PATH", package.folder.join("Cargo.toml"))
            .env("CARGO_CRATE_NAME", invocation.name())
            .env("CARGO_BIN_NAME", name)
            .stdin(Stdio::null());
        let mut rustc = Command::from(rustc);
        rustc.kill_on_drop(true);
        Some(Self {
            rustc,
            out,
            crate_name: invocation.name().to_owned(),
            program: store.program(name),
            root: package.root.to_owned(),
        })
    }

    /// Compiles.
    pub async fn run(mut self) -> Outcome {
        let Ok(output) = self.rustc.output().await else {
            return Outcome::Doubtful;
        };
        let said = String::from_utf8_lossy(&output.stderr);
        let said: Vec<Diagnostic> = said
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        if output.status.success() {
            let made = self.made();
            let warnings = said.iter().filter(|message| message.is_warning());
            return made.map_or(Outcome::Doubtful, |sources| Outcome::Made {
                warnings: warnings.map(Diagnostic::rendered).collect(),
                sources,
            });
        }
        let errors: Vec<_> = said.iter().filter(|message| message.is_error()).collect();
        if errors.is_empty() || !errors.iter().all(|error| error.is_certain()) {
            return Outcome::Doubtful;
        }
        Outcome::Rejected(errors.into_iter().map(Diagnostic::rendered).collect())
    }

    /// Puts the program into its place and says what it was made of; None where that is not known
    /// for certain.
    fn made(&self) -> Option<BTreeSet<PathBuf>> {
        let made = self.out.join(&self.crate_name);
        let listed = fs::read_to_string(made.with_extension("d")).ok()?;
        let listed = DepInfo::parse(&listed);
        if !listed.variables.is_empty() {
            return None;
        }
        let program = made.with_extension(std::env::consts::EXE_EXTENSION);
        fs::rename(program, &self.program).ok()?;
        let _ = fs::remove_dir_all(&self.out);
        // rustc names them as it was called: from the workspace's folder.
        let sources = listed.files.iter();
        Some(sources.map(|source| self.root.join(source)).collect())
    }
}
