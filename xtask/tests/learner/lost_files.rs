//! What a learner has deleted is named, and comes back.

use std::env::consts::EXE_SUFFIX;
use std::fs;
use std::path::Path;
use std::process::Command;

use course::steps;

use super::first;
use super::kit::{Kit, building};

#[test]
fn a_lost_source_is_named_and_comes_back_alone() {
    let kit = Kit::new();
    let folder = kit.root.join("lessons").join(&first().folder);
    fs::write(folder.join("src/lib.rs"), "// mine\n").unwrap();
    let source = folder.join("src/main.rs");
    let starter = fs::read_to_string(&source).unwrap();
    fs::remove_file(&source).unwrap();

    // Without a step it is the one that the learner is at.
    for command in [&["check"][..], &["run"], &["check", &first().name()]] {
        let (status, _, error) = kit.run(command);
        assert_ne!(status, 0, "{command:?}");
        assert!(error.contains("src/main.rs is missing"), "{error}");
        let way_back = format!("cargo xtask reset {} src/main.rs", first().name());
        assert!(error.contains(&way_back), "{error}");
    }
    let (status, _, error) = kit.run(&["list"]);
    assert_eq!(status, 0, "{error}");

    let (status, _, error) = kit.run(&["reset", &first().name(), "src/main.rs"]);
    assert_eq!(status, 0, "{error}");
    assert_eq!(fs::read_to_string(&source).unwrap(), starter);
    let mine = fs::read_to_string(folder.join("src/lib.rs")).unwrap();
    assert_eq!(mine, "// mine\n");
}

#[test]
fn a_lost_folder_is_named_and_comes_back() {
    let kit = Kit::new();
    let folder = kit.root.join("lessons").join(&first().folder);
    fs::remove_dir_all(&folder).unwrap();
    let (status, _, error) = kit.run(&["check"]);
    assert_ne!(status, 0);
    assert!(error.contains("cargo xtask reset"), "{error}");
    assert!(!error.contains("os error"), "{error}");

    let (status, _, error) = kit.run(&["reset"]);
    assert_eq!(status, 0, "{error}");
    assert!(folder.join("src/main.rs").is_file());
    assert!(folder.join("Cargo.toml").is_file());
}

#[test]
fn who_asks_for_a_file_that_is_none_of_the_step_is_told_which_are() {
    let kit = Kit::new();
    let (status, _, error) = kit.run(&["reset", &first().name(), "src/bin/server.rs"]);
    assert_ne!(status, 0);
    assert!(error.contains("src/main.rs"), "{error}");
}

/// Cargo itself stops at a broken manifest, whichever program of the workspace it should run.
#[test]
fn a_broken_manifest_does_not_keep_the_runner_from_bringing_it_back() {
    let kit = Kit::new();
    let manifest = Path::new("lessons")
        .join(&first().folder)
        .join("Cargo.toml");
    let place = kit.root.join(&manifest);
    let starter = fs::read_to_string(&place).unwrap();
    let name = first().name();
    let way_back = format!("cargo xtask reset {name} Cargo.toml");

    fs::write(&place, starter.replacen("name = ", "name ", 1)).unwrap();
    let (status, text, error) = cargo_xtask(&kit, &["list"]);
    assert_eq!(
        (status, text.lines().count()),
        (0, steps().len()),
        "{error}"
    );
    let words = format!("{}, line 2: ", manifest.display());
    assert!(
        error.contains(&words) && error.contains(&way_back),
        "{error}"
    );
    let (_, text, _) = kit.run(&["doctor"]);
    assert!(text.contains(&words) && text.contains(&way_back), "{text}");
    // Who does not read that is told once more.
    let _turn = building();
    let (status, _, error) = kit.run(&["check", &steps()[1].name()]);
    assert_eq!(status, 2, "{error}");
    assert!(
        error.contains(&words) && error.contains(&way_back),
        "{error}"
    );

    for broken in [Some("name = "), None] {
        match broken {
            Some(text) => fs::write(&place, text).unwrap(),
            None => fs::remove_file(&place).unwrap(),
        }
        let (status, _, error) = cargo_xtask(&kit, &["reset", &name, "Cargo.toml"]);
        assert_eq!(status, 0, "{error}");
        assert_eq!(fs::read_to_string(&place).unwrap(), starter);
    }
}

/// As it is typed, in the kit's folder. The runner is the one that is tested, as if it had been
/// built there before.
fn cargo_xtask(kit: &Kit, arguments: &[&str]) -> (i32, String, String) {
    let target = kit.root.join("target");
    let runner = target.join("debug").join(format!("xtask{EXE_SUFFIX}"));
    if !runner.exists() {
        fs::create_dir_all(runner.parent().unwrap()).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_xtask"), &runner).unwrap();
    }
    let output = Command::new("cargo")
        .arg("xtask")
        .args(arguments)
        .current_dir(&kit.root)
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let status = output.status.code().unwrap();
    (status, text(output.stdout), text(output.stderr))
}
