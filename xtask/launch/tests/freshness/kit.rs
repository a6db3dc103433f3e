//! A small workspace with a runner, and a cargo that counts its calls.

use std::env;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

/// Beside the workspace: it stays where it is when the folder moves.
pub const CARGO: &str = "../toolchain/cargo";
/// So does this.
pub const RUSTC: &str = "../toolchain/rustc";

/// A workspace with a runner that says what stands in `part/words.txt`, and with what it was
/// called.
pub struct Kit {
    pub folder: TempDir,
    pub root: PathBuf,
    pub variables: Vec<(&'static str, &'static str)>,
}

impl Kit {
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let kit = Self {
            // Spaces as in many a learner's folder.
            root: folder.path().canonicalize().unwrap().join("my kit"),
            folder,
            variables: Vec::new(),
        };
        kit.write(
            "Cargo.toml",
            "[workspace]\nresolver = '3'\nmembers = ['part', 'xtask', 'xtask/unify']\n",
        );
        kit.write(
            "part/Cargo.toml",
            "[package]\nname = 'part'\nedition = '2024'\n",
        );
        kit.write("part/words.txt", "one");
        kit.write(
            "part/src/lib.rs",
            "pub const WORDS: &str = include_str!(\"../words.txt\");\n\
             pub const COLOUR: Option<&str> = option_env!(\"TEST_COLOUR\");",
        );
        kit.write(
            "xtask/Cargo.toml",
            "[package]\nname = 'xtask'\nedition = '2024'\n[dependencies]\npart = { path = '../part' }\n",
        );
        kit.write(
            "xtask/src/main.rs",
            "fn main() {\n\
                 let said: Vec<_> = std::env::args().skip(1).collect();\n\
                 println!(\"{} {}\", part::WORDS, said.join(\" \"));\n\
             }",
        );
        kit.write(
            "xtask/unify/Cargo.toml",
            "[package]\nname = 'unify'\nedition = '2024'\n",
        );
        kit.write("xtask/unify/src/main.rs", "fn main() {}");
        kit.write(RUSTC, "not called: the real cargo finds its own");
        kit.write(
            "../cargo.sh",
            &format!(
                "#!/bin/sh\n\
                 echo called >> '{0}/calls'\n\
                 '{1}' \"$@\" || exit\n\
                 if [ -e '{0}/afterwards' ]; then . '{0}/afterwards'; fi\n",
                kit.folder.path().display(),
                env!("CARGO")
            ),
        );
        let script = kit.folder.path().join("cargo.sh");
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        install(&script, &kit.toolchain().join("cargo"));
        fs::create_dir_all(kit.root.join("target/debug")).unwrap();
        let launcher = Path::new(env!("CARGO_BIN_EXE_launch"));
        install(launcher, &kit.root.join("target/debug/launch"));
        kit
    }

    /// One that has been built, and found fresh.
    pub fn fresh() -> Self {
        let mut kit = Self::new();
        kit.call();
        kit.settle();
        kit
    }

    /// Writes a file of the workspace, or one beside it.
    pub fn write(&self, file: &str, text: &str) {
        let file = self.root.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    pub fn toolchain(&self) -> PathBuf {
        self.folder.path().join("toolchain")
    }

    pub fn touch(&self, file: &str, time: SystemTime) {
        touch(&self.root.join(file), time);
    }

    pub fn launcher(&self) -> Command {
        let mut launcher = Command::new(self.root.join("target/debug/launch"));
        launcher.env_clear();
        for name in [
            "PATH",
            "HOME",
            "CARGO_HOME",
            "RUSTUP_HOME",
            "RUSTUP_TOOLCHAIN",
        ] {
            launcher.envs(env::var_os(name).map(|value| (name, value)));
        }
        // As `cargo run` sets them.
        launcher.env("CARGO", self.toolchain().join("cargo"));
        launcher.env("CARGO_MANIFEST_DIR", self.root.join("xtask"));
        launcher.envs(self.variables.iter().copied());
        launcher.arg("list").stdin(Stdio::null());
        launcher
    }

    /// Calls the launcher; returns what the runner said, and whether cargo was asked.
    pub fn call(&mut self) -> (String, bool) {
        let before = self.calls();
        let said = text(&self.launcher().output().unwrap());
        (said, self.calls() > before)
    }

    pub fn asks(&mut self) -> bool {
        self.call().1
    }

    pub fn calls(&self) -> usize {
        fs::read_to_string(self.folder.path().join("calls"))
            .map_or(0, |calls| calls.lines().count())
    }

    /// Lets an hour go by, then lets cargo say that all is fresh.
    pub fn settle(&mut self) {
        age(self.folder.path());
        assert!(self.asks());
        // Where that was a build, this is another question.
        self.asks();
        assert!(!self.asks(), "all is fresh");
    }
}

/// Copies a program, in a process of its own: had this one the copy open for writing, what other
/// tests start meanwhile would have so too for a moment, and nobody could start the copy.
fn install(program: &Path, place: &Path) {
    let copied = Command::new("cp").args([program, place]).status();
    assert!(copied.unwrap().success());
}

fn touch(file: &Path, time: SystemTime) {
    let file = File::options().append(true).open(file).unwrap();
    file.set_modified(time).unwrap();
}

/// Makes everything older, but for what was built.
pub fn age(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("target") {
                age(&path);
            }
        } else {
            let changed = path.metadata().unwrap().modified().unwrap();
            touch(&path, changed - Duration::from_secs(3600));
        }
    }
}

pub fn text(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    String::from_utf8(output.stdout.clone()).unwrap()
}
