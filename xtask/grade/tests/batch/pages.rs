//! Everybody can read the pages: in a real browser, with axe looking for what keeps somebody out.

use std::env;
use std::fs;
use std::io::Write;
use std::process::Command;

use crate::alike::copied;
use crate::class::{Class, root, starter};

const INSTALL: &str =
    "npm ci --prefix xtask/live/browser    (and Node.js and a Chromium, from your system)";

#[test]
fn everybody_can_read_the_pages() {
    let class = Class::new();
    class.folder("ada", &copied(""));
    class.folder("eve", &copied("fn mine() {}\n"));
    // Named and shown at length, with a picture of the run.
    class.folder(&"bob".repeat(40), &starter(&[1]));
    class.folder("zoe", &Vec::from([("notes.txt".to_owned(), String::new())]));
    let (status, said) = class.grade(&["--seed", "7"]);
    assert_eq!(status, 0, "{said}");

    let mut pages = vec![class.out().join("overview.html")];
    for folder in ["alike", "feedback"] {
        let entries = fs::read_dir(class.out().join(folder)).unwrap();
        pages.extend(entries.map(|entry| entry.unwrap().path()));
    }
    assert!(pages.len() >= 5, "{pages:?}");
    if !root().join("xtask/live/browser/node_modules").is_dir() {
        let words =
            format!("SKIPPED pages of the grader: no packages. To run it:\n    {INSTALL}\n");
        assert!(env::var_os("NIGHTLIGHT_NO_SKIP").is_none(), "{words}");
        return std::io::stderr().write_all(words.as_bytes()).unwrap();
    }
    let output = Command::new("node")
        .arg(root().join("xtask/grade/tests/browser/pages.mjs"))
        .args(pages)
        .output()
        .unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{said}");
}
