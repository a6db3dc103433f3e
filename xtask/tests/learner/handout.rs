//! What learners are handed is the whole kit, but for what they are to find themselves.

use std::fs;
use std::path::Path;
use std::process::Command;

use course::{Step, step_zero, steps};
use handout::Edition;
use tempfile::TempDir;

use super::kit::{building, files, target};
use super::{first, root};

fn run(kit: &Path, arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(arguments)
        .current_dir(kit)
        .env("CARGO_TARGET_DIR", target())
        .output()
        .unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code().unwrap(), text)
}

#[test]
fn a_hand_out_works_and_gives_nothing_away() {
    let _turn = building();
    let folder = TempDir::new().unwrap();
    let kit = folder.path().join("hand out");
    let (status, text) = run(&root(), &["handout", kit.to_str().unwrap()]);
    assert_eq!(status, 0, "{text}");

    for file in files(&kit) {
        let text = fs::read_to_string(kit.join(&file)).unwrap_or_default();
        let is_source = file.extension().is_some_and(|extension| extension == "rs");
        let is_program = file.starts_with("lessons") || file.ends_with("main.rs");
        assert!(
            !(is_source && is_program && text.contains("// ANCHOR: ")),
            "{} is a solution",
            file.display()
        );
    }
    for gone in ["solutions", "xtask/corpus", "xtask/grading", "xtask/tests"] {
        assert!(!kit.join(gone).exists(), "{gone}");
    }

    // Cargo finds every member, and no path leads to what was left out.
    let metadata = Command::new("cargo")
        .args(["metadata", "--offline", "--format-version=1", "--no-deps"])
        .current_dir(&kit)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&metadata.stderr).into_owned();
    assert!(metadata.status.success(), "{words}");
    assert!(!String::from_utf8_lossy(&metadata.stdout).contains("-solution"));
    let lock = fs::read_to_string(kit.join("Cargo.lock")).unwrap();
    assert!(!lock.contains("-solution"), "cargo would write it anew");

    let (status, text) = run(&kit, &["list"]);
    assert_eq!((status, text.lines().count()), (0, steps().len()), "{text}");
    let (status, text) = run(&kit, &["check", &first().name()]);
    assert_eq!(status, 1, "{text}");
    assert!(text.contains("(TODO 1)"), "{text}");
    let (status, text) = run(&kit, &["hint", &first().name()]);
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("expected"), "{text}");

    let source_of = |step: &Step| kit.join("lessons").join(&step.folder).join("src/main.rs");
    for step in [step_zero(), first()] {
        let source = source_of(step);
        let starter = fs::read_to_string(&source).unwrap();
        fs::write(&source, "fn main() {}\n").unwrap();
        let (status, text) = run(&kit, &["reset", &step.name()]);
        assert_eq!(status, 0, "{text}");
        assert_eq!(fs::read_to_string(&source).unwrap(), starter);
    }

    // The later starters show it anyway.
    let earlier = kit.join("xtask/starters/earlier").join(&first().folder);
    let solution = fs::read_to_string(earlier.join("src/main.rs")).unwrap();
    let source = source_of(first());
    fs::write(&source, solution.replace("MQTT connected!", "Here I am!")).unwrap();
    let (status, text) = run(&kit, &["check", &first().name()]);
    assert_eq!(status, 0, "{text}");
    let (status, text) = run(&kit, &["start"]);
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("your own earlier program"), "{text}");

    let (status, text) = run(&kit, &["check", "--solutions"]);
    assert_eq!(status, 2, "{text}");
    assert!(text.contains("no solutions/"), "{text}");
    let (status, text) = run(&kit, &["starters", "--check"]);
    assert_eq!(status, 2, "{text}");
    assert!(text.contains("reset "), "{text}");
}

#[test]
fn a_hand_out_goes_nowhere_that_holds_something() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("mine.txt"), "").unwrap();
    let error = ::handout::write(&root(), folder.path(), Edition::Learner).unwrap_err();
    assert!(error.to_string().contains("not empty"), "{error}");
    assert_eq!(files(folder.path()).len(), 1);

    let (status, _) = run(&root(), &["handout", folder.path().to_str().unwrap()]);
    assert_eq!(status, 2);
}
