//! A fresh copy of the kit, at a path that is hard on careless programs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, MutexGuard, PoisonError};

use course::starters;
use tempfile::TempDir;

use super::{first, root};

/// Held by the one kit that builds. All kits build in one folder, so that each finds the crates from
/// elsewhere built; their own programs have the same names there.
static BUILDING: Mutex<()> = Mutex::new(());

/// Where kits build.
pub fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("learner")
}

/// Waits until no other kit builds. Whoever comes next may build when it is dropped.
pub fn building() -> MutexGuard<'static, ()> {
    // A test that panics has still ended what it ran.
    BUILDING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The runner, whatever this machine's user has set.
pub fn xtask(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    for variable in ["NIGHTLIGHT_ID", "NIGHTLIGHT_BROKER", "NIGHTLIGHT_BOARD"] {
        command.env_remove(variable);
    }
    command.args(arguments);
    command
}

/// Everything below a folder, by its path within it.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let name = Path::new(path.file_name().unwrap());
            found.extend(files(&path).iter().map(|file| name.join(file)));
        } else {
            found.push(path.file_name().unwrap().into());
        }
    }
    found
}

/// The kit as it is downloaded, with all starters untouched.
pub struct Kit {
    pub root: PathBuf,
    _folder: TempDir,
}

impl Kit {
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let copy = folder
            .path()
            .canonicalize()
            .unwrap()
            .join("my nightlight é");
        fs::create_dir(&copy).unwrap();
        for name in ["Cargo.toml", "Cargo.lock", "README.md"] {
            fs::copy(root().join(name), copy.join(name)).unwrap();
        }
        for name in [
            ".cargo",
            ".vscode",
            "solutions",
            "xtask",
            "lessons/.cargo",
            "lessons/nightlight",
            "lessons/nightlight-core",
            "book",
        ] {
            if root().join(name).is_dir() {
                copy_folder(&root().join(name), &copy.join(name));
            }
        }
        let starters = starters::generate(&root().join("solutions")).unwrap();
        starters::write(&starters, &copy.join("lessons")).unwrap();
        Self {
            root: copy,
            _folder: folder,
        }
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = xtask(arguments);
        command
            // From a folder inside the kit: it must not matter which.
            .current_dir(self.root.join("lessons"))
            .env("CARGO_TARGET_DIR", target());
        command
    }

    /// Exit status, standard output and standard error. See [`building`].
    pub fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let Output {
            status,
            stdout,
            stderr,
        } = self.command(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }

    /// What the learner edits in the first step.
    pub fn source(&self) -> PathBuf {
        let program = first().programs.first().unwrap();
        let within = Path::new(&first().folder).join(&program.source);
        self.root.join("lessons").join(within)
    }

    /// The learner finishes the first step.
    pub fn solve(&self) {
        let program = first().programs.first().unwrap();
        let within = Path::new(&first().folder).join(&program.source);
        let solution = root().join("solutions").join(within);
        fs::write(self.source(), starters::finished(&solution).unwrap()).unwrap();
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (source, copied) = (entry.path(), to.join(entry.file_name()));
        if !entry.file_type().unwrap().is_dir() {
            fs::copy(source, copied).unwrap();
        } else if entry.file_name() != "node_modules" && entry.file_name() != "target" {
            copy_folder(&source, &copied);
        }
    }
}
