//! Entries of a submission that are not taken: tricks, and what no disk or memory should hold.

use std::io::Cursor;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::packing::{FILE, tar_gz, zip};
use super::*;

fn reasons(submission: &Submission) -> Vec<Reason> {
    submission
        .refused
        .iter()
        .map(|refusal| refusal.reason.clone())
        .collect()
}

#[test]
fn paths_that_lead_out_are_refused() {
    let class = Class::new();
    let tricks = [
        "../evil.rs",
        "/etc/evil.rs",
        "step1-connect/src/../../../evil.rs",
        "..\\evil.rs",
        "C:\\evil.rs",
    ];
    let mut files: Vec<(&str, &[u8])> = tricks.iter().map(|trick| (*trick, &b"evil"[..])).collect();
    files.push((MAIN, b"fn main() {}"));
    class.file("ada.zip", zip(&files));
    let entries: Vec<_> = files
        .iter()
        .map(|(name, content)| (*name, FILE, *content))
        .collect();
    class.file("bob.tar.gz", tar_gz(&entries));
    for submission in class.import() {
        assert_eq!(
            reasons(&submission),
            vec![Reason::PathTrick; tricks.len()],
            "{submission:?}"
        );
        assert_eq!(submission.taken.len(), 1);
    }
    let written = fs::read_dir(class.folder.path()).expect("a folder").count();
    assert_eq!(
        written, 2,
        "something was written outside of the scratch folder"
    );
}

#[test]
fn links_and_devices_in_archives_are_refused() {
    let class = Class::new();
    class.file(
        "ada.tar.gz",
        tar_gz(&[
            (MAIN, tar::EntryType::Symlink, b""),
            ("step1-connect/src/hard.rs", tar::EntryType::Link, b""),
            ("step1-connect/src/device.rs", tar::EntryType::Char, b""),
            ("step1-connect/src/pipe.rs", tar::EntryType::Fifo, b""),
            ("step2-telemetry/src", tar::EntryType::Symlink, b""),
        ]),
    );
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive
        .add_symlink(MAIN, "/etc/passwd", SimpleFileOptions::default())
        .expect("a link");
    class.file(
        "bob.zip",
        archive.finish().expect("an archive").into_inner(),
    );
    let all = class.import();
    let link = Reason::Link;
    assert_eq!(
        reasons(&all[0]),
        [
            link.clone(),
            link.clone(),
            Reason::Special,
            Reason::Special,
            link.clone()
        ]
    );
    assert_eq!(reasons(&all[1]), [link]);
    for submission in all {
        assert!(submission.taken.is_empty());
        assert_eq!(submission.missing, ["step1", "step2"]);
    }
}

#[cfg(unix)]
#[test]
fn links_and_pipes_in_folders_are_refused_and_never_waited_for() {
    use std::os::unix::fs::symlink;
    let class = Class::new();
    let main = class.file("ada/step1-connect/src/main.rs", "fn main() {}");
    let source = main.parent().expect("a parent").to_owned();
    symlink("/etc/passwd", source.join("soft.rs")).expect("a link");
    symlink("/etc", source.join("folder")).expect("a link");
    nix::unistd::mkfifo(&source.join("pipe.rs"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    let sparse = fs::File::create(source.join("sparse.rs")).expect("a file");
    sparse.set_len(5 << 30).expect("a sparse file");
    fs::create_dir_all(class.folder.path().join("in/ada/step2-telemetry")).expect("a folder");
    symlink(
        &source,
        class.folder.path().join("in/ada/step2-telemetry/src"),
    )
    .expect("a link");
    let submission = class.only();
    let mut refused: Vec<(&str, &Reason)> = submission
        .refused
        .iter()
        .map(|refusal| (refusal.path.as_str(), &refusal.reason))
        .collect();
    refused.sort_by_key(|(path, _)| *path);
    assert_eq!(
        refused,
        [
            ("step1-connect/src/pipe.rs", &Reason::Special),
            ("step1-connect/src/soft.rs", &Reason::Link),
            ("step1-connect/src/sparse.rs", &Reason::TooLarge),
            ("step2-telemetry/src", &Reason::Link),
        ]
    );
    assert_eq!(submission.missing, ["step2"]);

    // Another name of the instructor's own file.
    let secret = class.folder.path().join("secret.rs");
    fs::write(&secret, "secret").expect("a file");
    fs::remove_file(&main).expect("it was there");
    fs::hard_link(&secret, &main).expect("a link");
    let submission = class.only();
    assert!(submission.refused.contains(&Refusal {
        path: MAIN.into(),
        reason: Reason::Link
    }));
    assert_eq!(submission.missing, ["step1", "step2"]);
}

#[test]
fn bombs_and_binaries_are_refused() {
    let class = Class::new();
    let zeroes = vec![0; 300 * 1024];
    let bomb = vec![b' '; 40 << 20];
    class.file(
        "ada.zip",
        zip(&[(MAIN, &bomb), ("step2-telemetry/src/main.rs", b"\xff\xfe")]),
    );
    class.file(
        "bob.tar.gz",
        tar_gz(&[
            (MAIN, FILE, &zeroes),
            ("step2-telemetry/src/main.rs", FILE, b"\xc0"),
        ]),
    );
    for submission in class.import() {
        assert_eq!(
            reasons(&submission),
            [Reason::TooLarge, Reason::NotText],
            "{submission:?}"
        );
        assert!(submission.taken.is_empty());
    }
}

#[test]
fn a_zip_that_lies_about_a_size_is_read_to_the_limit_only() {
    let class = Class::new();
    let bomb = vec![b' '; 40 << 20];
    let mut bytes = zip(&[(MAIN, &bomb)]);
    // The uncompressed size in the central directory and in the local header.
    let real = u32::try_from(bomb.len()).expect("small").to_le_bytes();
    let lie = 100_u32.to_le_bytes();
    for at in 0..bytes.len() - 4 {
        if bytes[at..at + 4] == real {
            bytes[at..at + 4].copy_from_slice(&lie);
        }
    }
    class.file("ada.zip", bytes);
    let submission = class.only();
    assert!(submission.taken.is_empty(), "{submission:?}");
    assert_eq!(submission.refused.len(), 1);
}

#[test]
fn the_same_path_twice_is_taken_neither_time() {
    let class = Class::new();
    class.file(
        "ada.tar.gz",
        tar_gz(&[
            (MAIN, FILE, b"one"),
            ("./step1-connect//src/main.rs", FILE, b"two"),
        ]),
    );
    let submission = class.only();
    assert_eq!(reasons(&submission), [Reason::Twice]);
    assert_eq!(submission.missing, ["step1", "step2"]);
}

#[test]
fn a_path_twice_in_a_zip_is_taken_neither_time() {
    let class = Class::new();
    let other = "step1-connect/src/nain.rs";
    let mut bytes = zip(&[(MAIN, b"fn main() { one }"), (other, b"fn main() { two }")]);
    // The archiver refuses to write a name twice; a learner's editor of bytes does not.
    for at in 0..bytes.len() - other.len() {
        if bytes[at..].starts_with(other.as_bytes()) {
            bytes[at..at + other.len()].copy_from_slice(MAIN.as_bytes());
        }
    }
    class.file("ada.zip", bytes);
    let submission = class.only();
    assert_eq!(reasons(&submission), [Reason::Twice], "{submission:?}");
    assert_eq!(submission.missing, ["step1", "step2"]);
    assert_eq!(
        submission.why_missing("step1"),
        format!("nothing to grade: {MAIN} was not taken, its path occurs more than once")
    );
    assert_eq!(submission.why_missing("step2"), "not handed in");
}

#[test]
fn names_that_no_disk_can_hold_do_not_stop_the_batch() {
    let class = Class::new();
    let long = format!("step1-connect/src/{}.rs", "x".repeat(3000));
    let deep = format!("step1-connect/src/{}y.rs", "x/".repeat(200));
    let both = "step1-connect/src/main.rs/inside.rs";
    class.file(
        "ada.zip",
        zip(&[
            (MAIN, b"fn main() {}"),
            (both, b"x"),
            (&long, b"x"),
            (&deep, b"x"),
        ]),
    );
    class.file("bob.zip", zip(&[(MAIN, b"fn main() {}")]));
    let all = class.import();
    assert_eq!(reasons(&all[0]), vec![Reason::PathTrick; 3]);
    assert_eq!(all[0].missing, ["step2"]);
    assert_eq!(all[1].missing, ["step2"]);
}
