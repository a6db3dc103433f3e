//! How a step's package in the workspace is built: by cargo, by rustc alone, or not at all, and
//! always to the same effect.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod desk;
mod palette;

use std::fs::{self, File};

use checks::compile::{Built, Route};
use desk::{Desk, MAIN};

#[tokio::test]
async fn nothing_is_done_twice() {
    let desk = Desk::built().await;
    assert_eq!(
        desk.says().await,
        (Route::Kept, "light and words".to_owned())
    );
}

#[tokio::test]
async fn edits_are_compiled_without_cargo() {
    let desk = Desk::built().await;
    desk.source("bin/device.rs", &MAIN.replace("and", "or"));
    assert_eq!(
        desk.says().await,
        (Route::Rustc, "light or words".to_owned())
    );
    assert_eq!(
        desk.says().await,
        (Route::Kept, "light or words".to_owned())
    );
    desk.source("bin/words.txt", "word");
    assert_eq!(
        desk.says().await,
        (Route::Rustc, "light or word".to_owned())
    );
    assert_eq!(desk.route().await, Route::Kept);
}

#[tokio::test]
async fn new_modules_are_found() {
    let desk = Desk::built().await;
    desk.source("bin/device/new.rs", "pub const NEW: &str = \"new\";");
    desk.source(
        "bin/device.rs",
        "#[path = \"device/new.rs\"] mod new; fn main() { println!(\"{}\", new::NEW); }",
    );
    desk.says().await;
    desk.source("bin/device/new.rs", "pub const NEW: &str = \"newer\";");
    assert_eq!(desk.says().await, (Route::Rustc, "newer".to_owned()));
}

#[tokio::test]
async fn errors_and_warnings_read_as_cargos() {
    let desk = Desk::built().await;
    let warned = "fn unused() {}\nfn main() { let unused = 1; }";
    let wrong = "mod missing; fn unused() {}\nfn main() { let number: u8 = \"text\"; absent(); }";
    desk.source("bin/device.rs", wrong);
    let ours = desk.error().await;
    assert!(ours.contains("mismatched types"), "{ours}");
    assert!(
        ours.contains("lessons/step4-commands/src/bin/device.rs:2"),
        "{ours}"
    );
    let kept = desk.root.join("target/nightlight");
    let aside = desk.root.join("target/aside");
    fs::rename(&kept, &aside).unwrap();
    assert_eq!(ours, desk.error().await);
    fs::remove_dir_all(&kept).unwrap();
    fs::rename(&aside, &kept).unwrap();

    // Mended, but not well.
    desk.source("bin/device.rs", warned);
    let Built {
        route, warnings, ..
    } = desk.build().await.unwrap();
    assert_eq!(route, Route::Rustc);
    assert!(warnings.contains("`unused` is never used"), "{warnings}");
    assert!(!warnings.contains('\u{1b}'), "no colours in a pipe");
    // Remembered as well.
    let again = desk.build().await.unwrap();
    assert_eq!((again.route, &again.warnings), (Route::Kept, &warnings));
    desk.forget();
    let by_cargo = desk.build().await.unwrap();
    assert_eq!(
        (by_cargo.route, &by_cargo.warnings),
        (Route::Cargo, &warnings)
    );
    let again = desk.build().await.unwrap();
    assert_eq!((again.route, again.warnings), (Route::Kept, warnings));
}

#[tokio::test]
async fn both_programs_complain() {
    let desk = Desk::built().await;
    desk.source("bin/device.rs", "fn main() { absent_in_device() }");
    desk.source("bin/server.rs", "fn main() { absent_in_server() }");
    let error = desk.error().await;
    assert!(error.contains("absent_in_device") && error.contains("absent_in_server"));
}

/// Cargo goes by its own builds; ours leave it nothing to be mistaken about.
#[tokio::test]
async fn cargo_sees_the_same_edits() {
    let desk = Desk::built().await;
    desk.source("bin/words.txt", "edits");
    assert_eq!(desk.route().await, Route::Rustc);
    assert_eq!(desk.cargo_run(), "light and edits");
    assert_eq!(
        desk.says().await,
        (Route::Kept, "light and edits".to_owned())
    );
}

#[tokio::test]
async fn a_changed_library_is_cargos() {
    let desk = Desk::built().await;
    desk.library("lamp");
    assert_eq!(
        desk.says().await,
        (Route::Cargo, "lamp and words".to_owned())
    );
    desk.source("bin/words.txt", "shades");
    assert_eq!(
        desk.says().await,
        (Route::Rustc, "lamp and shades".to_owned())
    );
}

#[tokio::test]
async fn what_decides_how_to_compile_is_cargos() {
    let manifest = "lessons/step4-commands/Cargo.toml";
    for (name, text) in [
        (manifest, None),
        (manifest, Some("[profile.dev]")),
        ("Cargo.toml", Some("[profile.dev]\nopt-level = 1")),
        (
            ".cargo/config.toml",
            Some("[build]\nrustflags = ['--cfg', 'test_flag']"),
        ),
        ("xtask/unify/Cargo.toml", None),
    ] {
        let desk = Desk::built().await;
        let file = desk.root.join(name);
        let before = fs::read_to_string(file).unwrap_or_default();
        desk.save(name, &format!("{before}\n{}", text.unwrap_or_default()));
        desk.source("bin/device.rs", &MAIN.replace("and", "or"));
        let said = desk.says().await;
        assert_eq!(said, (Route::Cargo, "light or words".to_owned()), "{name}");
    }
}

#[tokio::test]
async fn a_package_with_a_library_is_cargos() {
    let desk = Desk::built().await;
    desk.source("lib.rs", "pub const OWN: &str = \"own\";");
    desk.source(
        "bin/device.rs",
        "fn main() { println!(\"{}\", commands::OWN); }",
    );
    assert_eq!(desk.says().await, (Route::Cargo, "own".to_owned()));
    assert_eq!(desk.route().await, Route::Kept);
    desk.source("lib.rs", "pub const OWN: &str = \"mine\";");
    assert_eq!(desk.says().await, (Route::Cargo, "mine".to_owned()));
    desk.source(
        "bin/device.rs",
        "fn main() { println!(\"{}!\", commands::OWN); }",
    );
    assert_eq!(desk.says().await, (Route::Cargo, "mine!".to_owned()));
}

#[tokio::test]
async fn a_build_script_is_cargos() {
    let desk = Desk::built().await;
    let script = "fn main() { println!(\"cargo::rustc-env=WORD=scripted\"); }";
    desk.save("lessons/step4-commands/build.rs", script);
    desk.source(
        "bin/device.rs",
        "fn main() { println!(\"{}\", env!(\"WORD\")); }",
    );
    assert_eq!(desk.says().await, (Route::Cargo, "scripted".to_owned()));
    desk.source(
        "bin/device.rs",
        "fn main() { println!(\"{}!\", env!(\"WORD\")); }",
    );
    assert_eq!(desk.says().await, (Route::Cargo, "scripted!".to_owned()));
}

/// Cargo sets more variables than we do.
#[tokio::test]
async fn variables_of_the_compiler_are_cargos() {
    let desk = Desk::built().await;
    for (variable, value) in [
        ("env!(\"CARGO_PKG_VERSION\")", "\"1.2.3\""),
        ("option_env!(\"CARGO_PKG_VERSION\")", "Some(\"1.2.3\")"),
    ] {
        let main = format!("fn main() {{ println!(\"{{:?}}\", {variable}); }}");
        desk.source("bin/device.rs", &main);
        assert_eq!(desk.says().await, (Route::Cargo, value.to_owned()));
    }
}

#[tokio::test]
async fn who_finds_another_check_at_work_leaves_it_to_cargo() {
    let desk = Desk::built().await;
    let lock = File::create(desk.root.join("target/nightlight/build/commands/lock")).unwrap();
    lock.lock().unwrap();
    desk.source("bin/words.txt", "locked");
    assert_eq!(
        desk.says().await,
        (Route::Cargo, "light and locked".to_owned())
    );
    drop(lock);
    assert_eq!(
        desk.says().await,
        (Route::Rustc, "light and locked".to_owned())
    );
}

#[tokio::test]
async fn checks_at_once_find_the_same_programs() {
    let desk = Desk::built().await;
    for words in ["one", "two"] {
        desk.source("bin/words.txt", words);
        let all = tokio::join!(desk.says(), desk.says(), desk.says());
        for (_, said) in [all.0, all.1, all.2] {
            assert_eq!(said, format!("light and {words}"));
        }
    }
}

#[tokio::test]
async fn what_an_interrupted_check_has_left_is_in_nobodys_way() {
    let desk = Desk::built().await;
    desk.save(
        "target/nightlight/build/commands/commands-device.new/commands_device",
        "half",
    );
    desk.save("target/nightlight/build/commands/kept.json.new", "{");
    desk.source("bin/words.txt", "whole");
    assert_eq!(
        desk.says().await,
        (Route::Rustc, "light and whole".to_owned())
    );
    desk.save("target/nightlight/build/commands/kept.json", "{");
    assert_eq!(desk.says().await.1, "light and whole");
}

#[tokio::test]
async fn programs_that_are_gone_are_made_again() {
    let desk = Desk::built().await;
    desk.source("bin/words.txt", "once");
    let built = desk.build().await.unwrap();
    fs::remove_file(&built.programs[0].1).unwrap();
    assert_eq!(
        desk.says().await,
        (Route::Rustc, "light and once".to_owned())
    );
}
