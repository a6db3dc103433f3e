//! The page in a real browser; the tests themselves are in `xtask/live/browser/`.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::{root, skip};

const INSTALL: &str = "npm ci --prefix xtask/live/browser    (and a Chromium, from your system)";

#[test]
fn the_page_in_a_browser() {
    let folder = root().join("xtask/live/browser");
    if !folder.join("node_modules/playwright-core").is_dir() {
        return skip(
            "the page in a browser",
            "its packages are not installed",
            INSTALL,
        );
    }
    if !has_browser(&folder) {
        return skip(
            "the page in a browser",
            "there is no Chromium or no Node.js",
            INSTALL,
        );
    }
    let status = Command::new("node")
        .args(["--test", "--test-reporter=spec"])
        // Each plays with a broker and programs of its own, and mostly waits for them.
        .args([
            "--test-concurrency=3",
            "labs.test.mjs",
            "page.test.mjs",
            "stadium.test.mjs",
            "client.test.mjs",
        ])
        .env("NIGHTLIGHT_RUNNER", env!("CARGO_BIN_EXE_xtask"))
        .current_dir(&folder)
        .status()
        .unwrap();
    assert!(status.success(), "see above");
}

fn has_browser(folder: &Path) -> bool {
    let question = "import('./chromium.mjs').then(({ place }) => process.exit(place ? 0 : 1))";
    Command::new("node")
        .args(["-e", question])
        .current_dir(folder)
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
