//! Every entry of the folder of submissions is somebody's, or it is said why not.

use super::packing::zip;
use super::*;

const PROGRAM: &[u8] = b"fn main() {}";

fn learners(imported: &Imported) -> Vec<&str> {
    let all = imported.submissions.iter();
    all.map(|submission| submission.learner.as_str()).collect()
}

fn aside(imported: &Imported) -> Vec<(&str, &str)> {
    let all = imported.aside.iter();
    all.map(|aside| (aside.entry.as_str(), aside.why.as_str()))
        .collect()
}

#[test]
fn two_of_one_learner_give_one_row_and_a_line_that_says_which_counts() {
    let class = Class::new();
    class.file("x/step1-connect/src/main.rs", PROGRAM);
    class.file("x.zip", zip(&[(MAIN, b"two")]));
    class.file("x.zip.zip", zip(&[(MAIN, b"three")]));
    class.file("y.zip.zip", zip(&[(MAIN, PROGRAM)]));
    class.file("y.tar.gz", "four");
    class.file("y.7z", "five");
    let imported = class.imported();
    assert_eq!(learners(&imported), ["x", "y"]);
    let text = imported.submissions[0].text(MAIN);
    assert_eq!(text.as_deref(), Some("fn main() {}"));
    let x = "it is another submission of x, and x/ counts";
    let y = "it is another submission of y, and y.zip.zip counts";
    assert_eq!(
        aside(&imported),
        [("x.zip", x), ("x.zip.zip", x), ("y.7z", y), ("y.tar.gz", y)]
    );
}

#[test]
fn nobody_hides_behind_the_name_of_another() {
    let class = Class::new();
    let names = [
        "ada",
        "ada\u{202e}",
        "ada\u{200b}",
        " ada",
        "\u{2066}",
        "bob\u{200e}",
    ];
    for name in names {
        class.file(&format!("{name}/{MAIN}"), PROGRAM);
    }
    let imported = class.imported();
    let mut shown: Vec<String> = learners(&imported)
        .into_iter()
        .map(crate::text::cell)
        .collect();
    assert!(shown.contains(&"ada".to_owned()), "{shown:?}");
    // Alone of its looks, a name needs no more.
    assert!(shown.contains(&"bob".to_owned()), "{shown:?}");
    assert!(!shown.contains(&String::new()), "{shown:?}");
    shown.sort();
    shown.dedup();
    assert_eq!(shown.len(), names.len(), "{shown:?}");
}

#[test]
fn a_packed_file_that_is_not_read_is_a_row_with_its_reason() {
    let class = Class::new();
    let foreign = [
        "a.rar",
        "b.7z",
        "c.tar.xz",
        "d.TAR.BZ2",
        "e.gz",
        "f.zipx",
        "g.tzst.zst",
    ];
    for name in foreign {
        class.file(name, "Rar!");
    }
    let imported = class.imported();
    assert_eq!(imported.aside, []);
    assert_eq!(
        learners(&imported),
        ["a", "b", "c", "d", "e", "f", "g.tzst"]
    );
    for submission in imported.submissions {
        let why = submission.why_missing("step1");
        assert!(why.contains("pack it as .zip or .tar.gz"), "{why}");
    }
}

#[test]
fn a_tar_without_compression_is_read() {
    let class = Class::new();
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(PROGRAM.len() as u64);
    header.set_mode(0o644);
    header.set_cksum();
    archive
        .append_data(&mut header, MAIN, PROGRAM)
        .expect("an entry");
    class.file("ada.tar", archive.into_inner().expect("an archive"));
    let submission = class.only();
    assert_eq!(
        (submission.learner.as_str(), submission.taken.len()),
        ("ada", 1)
    );
}

#[cfg(unix)]
#[test]
fn what_is_no_submission_has_a_line() {
    use std::os::unix::fs::symlink;
    let class = Class::new();
    let inside = |name: &str| class.folder.path().join("in").join(name);
    class.file("ada/step1-connect/src/main.rs", PROGRAM);
    class.file("main.rs", PROGRAM);
    class.file("grades.csv", "x");
    class.file(".DS_Store", "x");
    class.file(".hidden/step1-connect/src/main.rs", PROGRAM);
    symlink(inside("ada"), inside("linked")).expect("a link");
    symlink(inside("ada"), inside("linked.zip")).expect("a link");
    nix::unistd::mkfifo(&inside("pipe.zip"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    let imported = class.imported();
    assert_eq!(learners(&imported), ["ada"]);
    let whys: Vec<(&str, &str)> = aside(&imported)
        .into_iter()
        .map(|(entry, why)| (entry, why.split([',', ':']).next().unwrap_or_default()))
        .collect();
    let dot = "its name begins with a dot";
    let other = "it is neither a folder nor a .zip";
    let link = "it is a link";
    assert_eq!(
        whys,
        [
            (".DS_Store", dot),
            (".hidden", dot),
            ("grades.csv", other),
            ("linked", link),
            ("linked.zip", link),
            ("main.rs", other),
            ("pipe.zip", "it is neither a folder nor a file"),
        ]
    );
}

#[cfg(target_os = "linux")]
#[test]
fn names_in_any_encoding_are_readable_and_stay_apart() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let class = Class::new();
    for name in [
        &b"Jos\xe9.zip"[..],
        b"Zo\xeb",
        b"\x93c\x92\x86.zip",
        "Zoë.zip".as_bytes(),
    ] {
        let place = class.folder.path().join("in").join(OsStr::from_bytes(name));
        if name.ends_with(b"zip") {
            fs::write(place, zip(&[(MAIN, PROGRAM)])).expect("a file");
        } else {
            fs::create_dir(place).expect("a folder");
        }
    }
    let imported = class.imported();
    assert_eq!(learners(&imported), ["José", "Zoë", "Zoë [5a6feb]", "田中"]);
    assert_eq!(imported.aside, []);
    // All of it goes into a journal.
    serde_json::to_string(&imported.submissions).expect("JSON");
}

#[test]
fn paths_in_any_encoding_are_readable_and_stay_apart() {
    let class = Class::new();
    let mut bytes = zip(&[
        ("step1-connect/src/main.rs", PROGRAM),
        ("step1-connect/src/Zo_.rs", &[0xff]),
        ("step1-connect/src/Zo-.rs", &[0xff]),
    ]);
    for at in 0..bytes.len() - 2 {
        match &bytes[at..at + 3] {
            b"Zo_" => bytes[at + 2] = 0xeb,
            b"Zo-" => bytes[at + 2] = 0xe8,
            _ => {}
        }
    }
    class.file("ada.zip", bytes);
    let submission = class.only();
    let refused: Vec<&str> = submission
        .refused
        .iter()
        .map(|refusal| refusal.path.as_str())
        .collect();
    assert_eq!(
        refused,
        ["step1-connect/src/Zoè.rs", "step1-connect/src/Zoë.rs"]
    );
}

#[test]
fn why_a_step_is_missing_is_known() {
    let class = Class::new();
    class.file("ada/step1-connect/src/main.rs", b"\xff\xfe");
    class.file("bob/step2-telemetry/src/more.rs", "// more");
    class.file("cyd.zip", "no archive");
    let all = class.import();
    let why = |learner: usize, step: &str| all[learner].why_missing(step);
    assert_eq!(
        why(0, "step1"),
        format!("nothing to grade: {MAIN} was not taken, it is not UTF-8 text")
    );
    assert_eq!(why(0, "step2"), "not handed in");
    assert_eq!(
        why(1, "step2"),
        "nothing to grade: step2-telemetry/src/main.rs is not there"
    );
    assert_eq!(why(2, "step2"), "nothing to grade: it is no .zip");
}

#[test]
fn manifests_and_scripts_are_not_taken_and_what_they_ask_for_is_named() {
    let class = Class::new();
    class.file("ada/kit/step1-connect/src/main.rs", PROGRAM);
    class.file(
        "ada/kit/step1-connect/Cargo.toml",
        "[dependencies]\nchrono = \"1\"\n",
    );
    class.file("ada/kit/step1-connect/build.rs", PROGRAM);
    class.file("ada/kit/.cargo/config.toml", "[build]");
    class.file("ada/kit/Cargo.toml", "[workspace]\n");
    class.file(
        "ada/kit/nightlight/Cargo.toml",
        "[dependencies]\nureq = \"1\"\n",
    );
    let submission = class.only();
    let mut notes = submission.notes;
    notes.sort();
    assert_eq!(
        notes,
        [
            ".cargo/config.toml is not taken: programs are compiled without it",
            "step1-connect/Cargo.toml is not taken, and what it asks for is not there: chrono",
            "step1-connect/build.rs is not taken: programs are compiled without it",
        ]
    );
    assert_eq!(submission.taken.len(), 1);
}
