//! What a learner has deleted is named, and comes back.

use std::fs;

use super::first;
use super::kit::Kit;

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
