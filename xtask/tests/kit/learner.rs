//! A learner's way through the kit, in a copy of it.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use course::starters;
use tempfile::TempDir;

use super::root;

/// A fresh kit, at a path that is hard on careless programs.
struct Kit {
    _folder: TempDir,
    root: PathBuf,
    target: PathBuf,
}

impl Kit {
    /// `name` is where it builds, so that the next run of the same test finds its crates built.
    fn new(name: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let copy = folder
            .path()
            .canonicalize()
            .unwrap()
            .join("my nightlight é");
        fs::create_dir(&copy).unwrap();
        for name in ["Cargo.toml", "Cargo.lock"] {
            fs::copy(root().join(name), copy.join(name)).unwrap();
        }
        for name in ["solutions", "xtask", "lessons/nightlight", "book/builder"] {
            if root().join(name).is_dir() {
                copy_folder(&root().join(name), &copy.join(name));
            }
        }
        let starters = starters::generate(&root().join("solutions")).unwrap();
        starters::write(&starters, &copy.join("lessons")).unwrap();
        Self {
            _folder: folder,
            root: copy,
            target: Path::new(env!("CARGO_TARGET_TMPDIR")).join(name),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        // From a folder inside the kit: it must not matter which.
        command
            .args(arguments)
            .current_dir(self.root.join("lessons"));
        // One for each kit: in a shared one a program would be another kit's by the time it starts.
        command.env("CARGO_TARGET_DIR", &self.target);
        for variable in ["NIGHTLIGHT_ID", "NIGHTLIGHT_BROKER", "NIGHTLIGHT_BOARD"] {
            command.env_remove(variable);
        }
        command
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let Output {
            status,
            stdout,
            stderr,
        } = self.command(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }

    fn source(&self) -> PathBuf {
        self.root.join("lessons/step1-connect/src/main.rs")
    }

    fn solve(&self) {
        let solution = root().join("solutions/step1-connect/src/main.rs");
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

#[test]
fn from_the_starter_to_the_next_step() {
    let kit = Kit::new("learner");
    let (status, text, _) = kit.run(&[]);
    assert_eq!(status, 0);
    assert!(text.contains("Next is step1"), "{text}");
    assert!(
        text.contains("step1-connect/src/main.rs:"),
        "a place to click: {text}"
    );

    let (_, text, _) = kit.run(&["hint", "step1"]);
    assert!(text.contains("have not been checked yet"), "{text}");

    let (status, text, error) = kit.run(&["check"]);
    assert_eq!(status, 1, "{error}");
    assert!(text.contains("client name nobody"), "{text}");
    assert!(text.contains("(TODO 1)"), "{text}");

    let (_, nudge, _) = kit.run(&["hint", "step1"]);
    let (_, pointer, _) = kit.run(&["hint", "step1"]);
    let (_, answer, _) = kit.run(&["hint", "step1"]);
    assert!(!nudge.contains("book/src"), "{nudge}");
    assert!(
        pointer.contains("book/src") && !pointer.contains("settings.id"),
        "{pointer}"
    );
    assert!(
        answer.contains("format!(\"{}nightlight_client\", settings.id)"),
        "{answer}"
    );

    let (_, text, _) = kit.run(&["diff", "step1"]);
    assert!(
        text.contains("+     let name = format!(\"{}nightlight_client\""),
        "{text}"
    );

    let started = fs::read_to_string(kit.source()).unwrap();
    kit.solve();
    let (_, text, _) = kit.run(&["diff", "step1"]);
    assert!(text.contains("line for line"), "{text}");
    let (_, text, _) = kit.run(&["list"]);
    assert!(
        !text.contains('✓'),
        "not checked since it was changed: {text}"
    );
    let (status, text, _) = kit.run(&["check"]);
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("Done! Next: step2"), "{text}");
    let (_, text, _) = kit.run(&[]);
    assert!(
        text.contains("✓ step1") && text.contains("Next is step2"),
        "{text}"
    );

    // Progress is of these very sources.
    let solved = fs::read_to_string(kit.source()).unwrap();
    fs::write(kit.source(), format!("{solved}\n// mine\n")).unwrap();
    let (_, text, _) = kit.run(&[]);
    assert!(text.contains("Next is step1"), "{text}");
    fs::write(kit.source(), &solved).unwrap();
    let (_, text, _) = kit.run(&[]);
    assert!(text.contains("Next is step2"), "{text}");

    let (status, text, _) = kit.run(&["reset", "step1"]);
    assert_eq!(status, 0);
    assert!(text.contains("saved"), "{text}");
    assert_eq!(fs::read_to_string(kit.source()).unwrap(), started);
    let saved = kit.root.join("saved/step1-connect-1/src/main.rs");
    assert_eq!(fs::read_to_string(saved).unwrap(), solved);

    let progress = kit.root.join("target/nightlight/progress.json");
    fs::write(&progress, "{ not json").unwrap();
    let (status, text, error) = kit.run(&["list"]);
    assert_eq!(status, 0);
    assert_eq!(text.lines().count(), 4);
    assert!(error.contains("progress.unreadable.json"), "{error}");
    let (_, _, error) = kit.run(&["list"]);
    assert_eq!(error, "", "said once");

    // As in a folder that is read-only.
    fs::remove_dir_all(kit.root.join("target")).unwrap();
    fs::write(kit.root.join("target"), "in the way").unwrap();
    let (status, text, error) = kit.run(&["check", "step1"]);
    assert_eq!(status, 1, "{error}");
    assert!(text.contains("client name nobody"), "{text}");
    assert!(error.contains("your progress is not kept"), "{error}");
}

#[test]
fn a_mistake_in_the_settings_is_said_before_a_check() {
    let kit = Kit::new("settings");
    fs::write(
        kit.root.join("nightlight.toml"),
        "id = \"me\"\nbroker = 7\n",
    )
    .unwrap();
    let (status, _, error) = kit.run(&["check", "step1"]);
    assert_eq!(status, 2);
    assert!(error.contains("nightlight.toml:2:"), "{error}");
}

/// Kills what it watches when the test is over, however it ends.
struct Watching(std::process::Child);

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn watch_checks_what_is_saved_and_moves_on() {
    let kit = Kit::new("watch");
    let mut command = kit.command(&["watch", "step1"]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut watching = Watching(command.spawn().unwrap());
    let mut lines = BufReader::new(watching.0.stdout.take().unwrap()).lines();
    let mut until = |words: &str| {
        let found = lines
            .by_ref()
            .map(Result::unwrap)
            .any(|line| line.contains(words));
        let mut error = String::new();
        if !found && let Some(stderr) = watching.0.stderr.as_mut() {
            stderr.read_to_string(&mut error).unwrap();
        }
        assert!(found, "{words}: {error}");
    };
    until("client name nobody");
    until("waiting for you to save");
    kit.solve();
    until("Done! Next: step2");
    until("checking step2");
}
