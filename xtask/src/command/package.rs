//! Commands that are programs of their own: what not every call needs is built on its first use, so
//! that nobody else waits for it.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, bail};

use checks::toolchain;
use launch::UNIFY;
#[cfg(not(unix))]
use terminal::exit::ENVIRONMENT;

/// A package of the workspace with programs that stand for commands.
#[derive(Debug)]
pub struct Package {
    /// Its name.
    name: &'static str,
    /// Where it lies.
    folder: &'static str,
    /// In words.
    what: &'static str,
    /// What a copy without it does not do.
    purpose: &'static str,
    /// Packages whose program of the same name it starts itself.
    beside: &'static [&'static str],
    /// Whether it is a workspace of its own, with crates that nobody else needs: perhaps they were
    /// never fetched.
    is_alone: bool,
}

/// Grades submissions.
pub const GRADE: Package = Package {
    name: "grade",
    folder: "xtask/grade",
    what: "the grader",
    purpose: "does not grade",
    beside: &["grade", "jail"],
    is_alone: false,
};

/// Serves a room.
pub const CLASSROOM: Package = Package {
    name: "classroom",
    folder: "xtask/classroom",
    what: "the classroom's broker",
    purpose: "does not serve a room",
    beside: &[],
    is_alone: false,
};

/// Starts a broker of several nodes, and measures it.
pub const CLUSTER: Package = Package {
    name: "cluster",
    folder: "xtask/cluster",
    what: "the cluster",
    purpose: "has no cluster",
    beside: &[],
    is_alone: false,
};

/// Measures brokers.
pub const FLEET: Package = Package {
    name: "fleet",
    folder: "xtask/fleet",
    what: "the fleet of devices",
    purpose: "does not measure brokers",
    beside: &[],
    is_alone: false,
};

/// Measures protocols.
pub const PROTOCOLS: Package = Package {
    name: "bench-protocols",
    folder: "xtask/protocols/all",
    what: "the bench of protocols",
    purpose: "does not measure protocols",
    beside: &[],
    is_alone: true,
};

/// Takes MQTT over WebSocket.
pub const WEBSOCKET: Package = Package {
    name: "arena-websocket",
    folder: "xtask/arena/websocket",
    what: "what takes WebSocket",
    purpose: "does not take WebSocket",
    beside: &[],
    is_alone: false,
};

/// Checks a page in a browser.
pub const BROWSER: Package = Package {
    name: "browser",
    folder: "xtask/browser",
    what: "what checks pages in a browser",
    purpose: "does not check pages",
    beside: &[],
    is_alone: false,
};

/// Builds, serves and tests the guide.
pub const BOOK: Package = Package {
    name: "book",
    folder: "book/builder",
    what: "the guide's builder",
    purpose: "has no guide",
    beside: &[],
    is_alone: false,
};

impl Package {
    /// Hands over to one of its programs.
    ///
    /// # Errors
    /// When this copy of the kit does not have it, or it does not build or start.
    pub fn run(
        &self,
        root: &Path,
        program: &str,
        arguments: &[OsString],
    ) -> anyhow::Result<ExitCode> {
        let built = self.program(root, program)?;
        hand_over(Command::new(&built).args(arguments))
            .with_context(|| format!("{} {} does not start", self.what, built.display()))
    }

    /// Where one of its programs is, built.
    ///
    /// # Errors
    /// When this copy of the kit does not have it, or it does not build.
    pub fn program(&self, root: &Path, program: &str) -> anyhow::Result<PathBuf> {
        if !root.join(self.folder).is_dir() {
            bail!(
                "this copy of the kit is a learner's and {}. Instructors have a whole one",
                self.purpose
            );
        }
        let this = env::current_exe().context("cannot find my own place")?;
        let built = this.with_file_name(format!("{program}{}", env::consts::EXE_SUFFIX));
        self.build(root, program, &built)?;
        Ok(built)
    }

    fn build(&self, root: &Path, program: &str, built: &Path) -> anyhow::Result<()> {
        let mut build = toolchain::cargo();
        build.arg("build");
        if self.is_alone {
            let manifest = root.join(self.folder).join("Cargo.toml");
            build.arg("--manifest-path").arg(manifest);
        } else {
            build.args(["--package", UNIFY]);
        }
        build
            .args(["--package", self.name, "--bin", program])
            .args(
                self.beside
                    .iter()
                    .flat_map(|other| ["--package", other, "--bin", other]),
            )
            .current_dir(root);
        self.announce(&mut build, built);
        if !build.status().context("cargo does not start")?.success() {
            let fetched = if self.is_alone {
                ". If crates are missing, go online once and try again"
            } else {
                ""
            };
            bail!(
                "{} did not build; the lines above say why{fetched}",
                self.what
            );
        }
        Ok(())
    }

    /// Says what the first build is for, and how long it takes; later ones show nothing of cargo's
    /// own.
    fn announce(&self, cargo: &mut Command, built: &Path) {
        if built.exists() {
            cargo.arg("--quiet");
            return;
        }
        let time = if self.is_alone {
            "a minute or two on a laptop, and crates are fetched from the internet"
        } else {
            "less than a minute on a laptop"
        };
        eprintln!("Building {}, once: {time}.", self.what);
    }
}

/// Becomes the program, so that Ctrl-C reaches it and nobody else.
#[cfg(unix)]
fn hand_over(program: &mut Command) -> std::io::Result<ExitCode> {
    Err(std::os::unix::process::CommandExt::exec(program))
}

#[cfg(not(unix))]
fn hand_over(program: &mut Command) -> std::io::Result<ExitCode> {
    let status = program.status()?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(ENVIRONMENT)))
}
