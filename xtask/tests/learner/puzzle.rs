//! Puzzles: programs with a mistake, to be had for steps that are done, and never at the cost of
//! what somebody has worked on.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::kit::{Kit, building, files};
use super::{first, root};

/// What lies in the folder of a puzzle of the first step.
fn source(kit: &Kit) -> PathBuf {
    let program = first().programs.first().unwrap();
    kit.root
        .join("lessons/puzzle")
        .join(&first().folder)
        .join(&program.source)
}

#[test]
fn before_its_step_is_done_a_puzzle_gives_nothing_away() {
    let kit = Kit::new();
    let (status, text, error) = kit.run(&["puzzle"]);
    assert_eq!(status, 0, "{error}");
    let check = format!("cargo xtask check {}", first().name());
    assert!(text.contains("to come") && text.contains(&check), "{text}");
    let (status, text, error) = kit.run(&["puzzle", "1"]);
    assert_eq!((status, text.as_str()), (2, ""));
    assert!(error.contains(&check), "{error}");
    assert!(!kit.root.join("lessons/puzzle").exists());
    let (status, _, error) = kit.run(&["check", "puzzle"]);
    assert_eq!(status, 2);
    assert!(error.contains("`cargo xtask puzzle` lists"), "{error}");
    let (status, _, error) = kit.run(&["puzzle", "0"]);
    assert_eq!(status, 2);
    assert!(error.contains("no puzzle 0"), "{error}");
}

#[test]
fn a_puzzle_is_mended_and_judged_as_its_step_is() {
    let _turn = building();
    let kit = Kit::new();
    kit.solve();
    assert_eq!(kit.run(&["check"]).0, 0);
    let (_, text, _) = kit.run(&["puzzle"]);
    assert!(text.contains("Next:\n  cargo xtask puzzle 1\n"), "{text}");

    let (status, text, error) = kit.run(&["puzzle", "1"]);
    assert_eq!(status, 0, "{error}");
    assert!(text.contains("cargo xtask check puzzle"), "{text}");
    assert!(
        !text.contains("hint\n"),
        "the recorded hint is the answer: {text}"
    );
    let given = fs::read_to_string(source(&kit)).unwrap();
    assert!(!given.contains("ANCHOR"), "{given}");
    let metadata = Command::new("cargo")
        .args(["metadata", "--offline", "--format-version=1", "--no-deps"])
        .current_dir(&kit.root)
        .output()
        .unwrap();
    assert!(metadata.status.success(), "cargo takes it for a package");

    let (status, text, error) = kit.run(&["check", "puzzle"]);
    assert_eq!(status, 1, "{text}{error}");
    assert!(text.contains("hint") && text.contains("edit "), "{text}");
    let (_, text, _) = kit.run(&["puzzle"]);
    assert!(text.contains("…  1"), "{text}");

    fs::copy(kit.source(), source(&kit)).unwrap();
    let (status, text, error) = kit.run(&["check", "puzzle"]);
    assert_eq!(status, 0, "{text}{error}");
    assert!(text.contains("Solved! What was wrong: "), "{text}");
    let (_, text, _) = kit.run(&["puzzle"]);
    assert!(
        text.contains("✓  1") && text.contains("xtask puzzle 2"),
        "{text}"
    );
}

#[test]
fn a_puzzle_has_hints_of_its_own() {
    let _turn = building();
    let kit = Kit::new();
    for command in ["hint", "watch"] {
        let (status, _, error) = kit.run(&[command, "puzzle"]);
        assert_eq!(status, 2);
        assert!(error.contains("`cargo xtask puzzle` lists"), "{error}");
    }
    kit.solve();
    assert_eq!(kit.run(&["check"]).0, 0);
    assert_eq!(kit.run(&["puzzle", "1"]).0, 0);
    let hint = || {
        let (status, text, error) = kit.run(&["hint", "puzzle"]);
        assert_eq!(status, 0, "{error}");
        text
    };
    let text = hint();
    assert!(text.contains("`cargo xtask check puzzle`"), "{text}");

    let (_, report, _) = kit.run(&["check", "puzzle"]);
    let levels = [hint(), hint(), hint()];
    let told = |name: &str, text: &str| {
        let said = text.lines().find_map(|line| line.trim().strip_prefix(name));
        said.unwrap_or_default().to_owned()
    };
    for level in &levels {
        for name in ["expected", "but saw", "hint"] {
            let said = told(name, &report);
            assert!(!said.is_empty(), "{report}");
            assert_eq!(told(name, level), said, "{level}");
        }
    }
    assert!(levels[0].len() < levels[1].len() && levels[1].len() < levels[2].len());
    // The finished code but for one mistake: that would be the answer.
    let own = format!("your own program, in lessons/{}", first().folder);
    assert!(levels[2].contains(&own), "{}", levels[2]);
    assert!(!levels[2].contains("diff"), "{}", levels[2]);
    // The step itself has passed, and what came of the puzzle takes nothing from that.
    let (_, text, _) = kit.run(&["hint", &first().name()]);
    assert!(text.contains("is done"), "{text}");

    // Other sources of it have not been checked, and another puzzle begins anew.
    fs::write(source(&kit), "fn main() {}\n").unwrap();
    let text = hint();
    assert!(text.contains("`cargo xtask check puzzle`"), "{text}");

    fs::copy(kit.source(), source(&kit)).unwrap();
    assert_eq!(kit.run(&["check", "puzzle"]).0, 0);
    let text = hint();
    assert!(text.contains("The puzzle is solved"), "{text}");
}

#[test]
fn what_somebody_has_worked_on_is_never_lost() {
    let _turn = building();
    let kit = Kit::new();
    kit.solve();
    assert_eq!(kit.run(&["check"]).0, 0);
    kit.run(&["puzzle", "1"]);
    let given = fs::read_to_string(source(&kit)).unwrap();

    // Another one, and nobody has touched the first.
    let (_, text, _) = kit.run(&["puzzle", "2"]);
    assert!(!text.contains("saved"), "{text}");
    assert_ne!(fs::read_to_string(source(&kit)).unwrap(), given);
    kit.run(&["puzzle", "1"]);
    assert_eq!(fs::read_to_string(source(&kit)).unwrap(), given);

    fs::write(source(&kit), "// mine\n").unwrap();
    let (status, text, _) = kit.run(&["puzzle", "1"]);
    assert_eq!(status, 0);
    assert!(text.contains("with your changes"), "{text}");
    assert_eq!(fs::read_to_string(source(&kit)).unwrap(), "// mine\n");

    let saved = |number: u8| {
        let program = first().programs.first().unwrap();
        let within = format!("{}/{}", first().folder, program.source);
        fs::read_to_string(kit.root.join(format!("saved/puzzle-{number}/{within}"))).unwrap()
    };
    let (_, text, _) = kit.run(&["puzzle", "2"]);
    assert!(text.contains("saved"), "{text}");
    assert_eq!(saved(1), "// mine\n");

    fs::write(source(&kit), "// mine again\n").unwrap();
    let (status, text, error) = kit.run(&["reset", "puzzle"]);
    assert_eq!(status, 0, "{error}");
    assert!(text.contains("as it was given"), "{text}");
    assert_eq!(saved(2), "// mine again\n");
    assert_ne!(fs::read_to_string(source(&kit)).unwrap(), "// mine again\n");
}

#[test]
fn a_hand_out_has_puzzles_only_where_they_are_asked_for() {
    let folder = TempDir::new().unwrap();
    let hand_out = |name: &str, more: &[&str]| {
        let to = folder.path().join(name);
        let arguments = [&["handout", to.to_str().unwrap()], more].concat();
        let output = super::kit::xtask(&arguments)
            .current_dir(root())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let listed = super::kit::xtask(&["puzzle"])
            .current_dir(&to)
            .output()
            .unwrap();
        (to, listed)
    };
    let (without, listed) = hand_out("without", &[]);
    assert_eq!(listed.status.code(), Some(2));
    let error = String::from_utf8(listed.stderr).unwrap();
    assert!(error.contains("--puzzles"), "{error}");
    let names = files(&without);
    assert!(!names.iter().any(|file| file.ends_with("puzzles.json")));

    let (with, listed) = hand_out("with", &["--puzzles"]);
    assert_eq!(listed.status.code(), Some(0), "{listed:?}");
    for puzzle in checks::corpus::puzzle::all(&root()).unwrap() {
        let (ours, theirs) = (
            puzzle.broken(&root()).unwrap(),
            puzzle.broken(&with).unwrap(),
        );
        assert_eq!(ours.sources, theirs.sources, "{}", puzzle.name);
    }
}
