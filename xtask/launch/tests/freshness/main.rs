//! When the launcher asks cargo, and when it need not: on a small workspace with real builds, by a
//! cargo that counts its calls.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod kit;

use std::env;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use kit::{CARGO, Kit, RUSTC, age, text};

type Change<'a> = &'a dyn Fn(&mut Kit);

#[test]
fn a_fresh_runner_starts_without_cargo() {
    let mut kit = Kit::fresh();
    assert_eq!(kit.call(), ("one list\n".to_owned(), false));
}

#[test]
fn a_build_is_followed_by_another_question() {
    let mut kit = Kit::new();
    assert_eq!(kit.call(), ("one list\n".to_owned(), true));
    age(kit.folder.path());
    assert!(kit.asks(), "now cargo finds all fresh");
    assert!(!kit.asks());
}

#[test]
fn the_first_build_says_what_it_builds_and_how_long_and_later_ones_say_nothing() {
    let kit = Kit::new();
    let said = || {
        let output = kit.launcher().output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    let first = said();
    for words in ["an MQTT broker", "two minutes on two cores", "Ctrl-C"] {
        assert!(first.contains(words), "{first}");
    }
    kit.write("part/words.txt", "two");
    assert_eq!(said(), "");
}

#[test]
fn edits_are_built() {
    let mut kit = Kit::fresh();
    kit.write("part/words.txt", "two");
    assert_eq!(kit.call(), ("two list\n".to_owned(), true));
    kit.settle();
    kit.write(
        "xtask/src/main.rs",
        "mod new; fn main() { println!(\"{}\", new::WORDS); }",
    );
    kit.write("xtask/src/new.rs", "pub const WORDS: &str = \"three\";");
    assert_eq!(kit.call(), ("three\n".to_owned(), true));
    kit.settle();
    kit.write("xtask/src/new.rs", "pub const WORDS: &str = \"four\";");
    assert_eq!(kit.call(), ("four\n".to_owned(), true));
}

/// Whether cargo has anything to do then is cargo's to say.
#[test]
fn cargo_is_asked_about_whatever_may_matter() {
    let mut kit = Kit::fresh();
    let now = SystemTime::now();
    let long_ago = now - Duration::from_secs(1_000_000);
    let changes: [(&str, Change); 18] = [
        ("a source from long ago", &|kit| {
            kit.touch("part/src/lib.rs", long_ago)
        }),
        ("an included file from long ago", &|kit| {
            kit.touch("part/words.txt", long_ago)
        }),
        ("the workspace's manifest", &|kit| {
            kit.touch("Cargo.toml", now)
        }),
        ("the runner's manifest", &|kit| {
            kit.touch("xtask/Cargo.toml", now)
        }),
        ("a part's manifest", &|kit| {
            kit.touch("part/Cargo.toml", now)
        }),
        ("the manifest that unifies features", &|kit| {
            kit.touch("xtask/unify/Cargo.toml", now)
        }),
        ("the lock file", &|kit| kit.touch("Cargo.lock", now)),
        ("new configuration", &|kit| {
            kit.write(".cargo/config.toml", "")
        }),
        ("changed configuration", &|kit| {
            kit.write(".cargo/config.toml", "# changed")
        }),
        ("configuration of one package", &|kit| {
            kit.write("xtask/.cargo/config.toml", "")
        }),
        ("another cargo", &|kit| kit.touch(CARGO, now)),
        ("another rustc", &|kit| kit.touch(RUSTC, now)),
        ("flags", &|kit| {
            kit.variables.push(("RUSTFLAGS", "--cfg test_flag"))
        }),
        ("a profile", &|kit| {
            kit.variables.push(("CARGO_PROFILE_DEV_OPT_LEVEL", "1"))
        }),
        ("a variable that a source reads", &|kit| {
            kit.variables.push(("TEST_COLOUR", "red"))
        }),
        ("another launcher", &|kit| {
            kit.touch("target/debug/launch", now)
        }),
        ("another runner", &|kit| {
            kit.touch("target/debug/xtask", now)
        }),
        ("a runner that is gone", &|kit| {
            fs::remove_file(kit.root.join("target/debug/xtask")).unwrap();
        }),
    ];
    for (name, change) in changes {
        change(&mut kit);
        assert_eq!(kit.call(), ("one list\n".to_owned(), true), "{name}");
        kit.settle();
    }
    kit.variables.push(("CARGO_TERM_COLOR", "never"));
    kit.variables.push(("TEST_TASTE", "sweet"));
    assert!(!kit.asks(), "nothing of this matters");
}

#[test]
fn what_a_build_script_reads_counts() {
    let mut kit = Kit::fresh();
    // It does not say what it reads: that may be any file of its package.
    kit.write("part/build.rs", "fn main() {}");
    assert!(kit.asks());
    age(kit.folder.path());
    assert!(kit.asks());
    kit.settle();
    kit.write("part/data/new.txt", "");
    assert!(kit.asks());

    let script = "fn main() { println!(\"cargo::rerun-if-changed=../data\"); }";
    kit.write("part/build.rs", script);
    kit.write("data/old.txt", "");
    assert!(kit.asks());
    kit.settle();
    kit.write("data/new.txt", "");
    assert!(kit.asks());
}

#[test]
fn configuration_that_may_lie_in_further_files_is_for_cargo_to_read_each_time() {
    let mut kit = Kit::fresh();
    kit.write(".cargo/config.toml", "# could include other files");
    assert!(kit.asks());
    age(kit.folder.path());
    for _ in 0..2 {
        assert!(kit.asks());
    }
}

#[test]
fn cargo_says_that_a_source_is_gone() {
    let mut kit = Kit::fresh();
    fs::remove_file(kit.root.join("part/words.txt")).unwrap();
    for _ in 0..2 {
        let output = kit.launcher().output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains("couldn't read"), "{error}");
    }
    kit.write("part/words.txt", "again");
    assert_eq!(kit.call(), ("again list\n".to_owned(), true));
}

/// The original is still there: all files that the copy's dep-info names look as before.
#[test]
fn a_copied_folder_is_another_workspace() {
    let mut kit = Kit::fresh();
    let copy = kit.root.with_file_name("copy of my kit");
    let copied = Command::new("cp")
        .arg("-a")
        .args([&kit.root, &copy])
        .status();
    assert!(copied.unwrap().success());
    kit.root = copy;
    kit.write("part/words.txt", "copied");
    assert_eq!(kit.call(), ("copied list\n".to_owned(), true));
}

#[test]
fn a_moved_folder_is_built_anew() {
    let mut kit = Kit::fresh();
    let moved = kit.root.with_file_name("elsewhere");
    fs::rename(&kit.root, &moved).unwrap();
    kit.root = moved;
    assert_eq!(kit.call(), ("one list\n".to_owned(), true));
    kit.settle();
}

/// Even one whose time shows nothing, as an unpacked archive's.
#[test]
fn an_edit_during_the_build_is_seen() {
    let mut kit = Kit::fresh();
    kit.touch("Cargo.lock", SystemTime::now() - Duration::from_secs(60));
    let words = kit.root.join("part/words.txt").display().to_string();
    let afterwards = kit.folder.path().join("afterwards");
    fs::write(
        &afterwards,
        format!("printf late > '{words}'; touch -d '2001-01-01' '{words}'"),
    )
    .unwrap();
    assert!(kit.asks());
    fs::remove_file(afterwards).unwrap();
    assert!(kit.asks(), "what was edited late is not known to be fresh");
}

#[test]
fn many_calls_at_once_keep_one_truth() {
    let mut kit = Kit::fresh();
    kit.write("part/words.txt", "two");
    let calls: Vec<_> = (0..4)
        .map(|_| kit.launcher().stdout(Stdio::piped()).spawn().unwrap())
        .collect();
    for call in calls {
        assert_eq!(text(&call.wait_with_output().unwrap()), "two list\n");
    }
    kit.settle();
    assert_eq!(kit.call(), ("two list\n".to_owned(), false));
}

/// Only what cargo has started can know which cargo to trust.
#[test]
fn without_cargo_around_it_the_launcher_asks() {
    let mut kit = Kit::fresh();
    for name in ["CARGO", "CARGO_MANIFEST_DIR"] {
        let mut launcher = kit.launcher();
        launcher.env_remove(name).current_dir(&kit.root);
        let before = kit.calls();
        let path = format!(
            "{}:{}",
            kit.toolchain().display(),
            env::var("PATH").unwrap()
        );
        assert_eq!(
            text(&launcher.env("PATH", path).output().unwrap()),
            "one list\n"
        );
        assert!(kit.calls() > before, "{name}");
        kit.settle();
    }
}

/// Cargo does not mind a lock file from the future; we cannot tell by its time when it changes.
#[test]
fn what_changed_just_now_is_in_no_stamp() {
    let mut kit = Kit::fresh();
    kit.touch("Cargo.lock", SystemTime::now() + Duration::from_secs(3600));
    for _ in 0..3 {
        assert!(kit.asks());
    }
}
