//! The crates for programs from elsewhere.

use std::fs;

use checks::compile::{Palette, Shelf};

use super::desk::Desk;

/// Stand-ins for the crates of the palette, but for `nightlight`.
const CRATES: [&str; 8] = [
    "anyhow",
    "ctrlc",
    "embedded_hal",
    "fastrand",
    "rumqttc",
    "serde",
    "serde_json",
    "tokio",
];

#[tokio::test]
async fn cargo_is_asked_for_the_palette_when_something_has_changed() {
    let desk = Desk::new();
    let mut dependencies = "nightlight = { path = '../nightlight' }\n".to_owned();
    for name in CRATES {
        let manifest = format!("[package]\nname = '{name}'\nedition = '2024'\n");
        desk.save(&format!("lessons/{name}/Cargo.toml"), &manifest);
        desk.save(&format!("lessons/{name}/src/lib.rs"), "");
        dependencies += &format!("{name} = {{ path = '../{name}' }}\n");
    }
    let manifest =
        format!("[package]\nname = 'palette'\nedition = '2024'\n[dependencies]\n{dependencies}");
    desk.save("lessons/palette/Cargo.toml", &manifest);
    desk.save("lessons/palette/src/lib.rs", "");
    // Cargo writes the lock file first.
    Palette::build(&desk.root, Shelf::Plain).await.unwrap();
    desk.settle();
    Palette::build(&desk.root, Shelf::Plain).await.unwrap();

    // Cargo writes this each time.
    let trace = desk.root.join("target/debug/libpalette.d");
    fs::remove_file(&trace).unwrap();
    Palette::build(&desk.root, Shelf::Plain).await.unwrap();
    assert!(!trace.exists(), "cargo was asked");
    desk.library("lamp");
    Palette::build(&desk.root, Shelf::Plain).await.unwrap();
    assert!(trace.exists(), "cargo was not asked");
}
