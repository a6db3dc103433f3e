//! What a submission can make the grader keep is bounded.

use super::packing::{FILE, tar_gz, zip};
use super::*;

#[test]
fn refused_files_beyond_a_number_are_counted_and_long_paths_are_cut() {
    let class = Class::new();
    let long = "x".repeat(3_000);
    let names: Vec<String> = (0..300)
        .map(|number| format!("../{number}{long}"))
        .collect();
    let mut files: Vec<(&str, &[u8])> = names
        .iter()
        .map(|name| (name.as_str(), &b"x"[..]))
        .collect();
    files.push((MAIN, b"fn main() {}"));
    class.file("ada.zip", zip(&files));
    let submission = class.only();
    assert_eq!(submission.taken.len(), 1);
    assert_eq!(submission.refused.len() + submission.refused_more, 300);
    let record = serde_json::to_string(&submission).expect("JSON");
    assert!(record.len() < 32 * 1024, "{}", record.len());
}

#[test]
fn names_without_end_are_refused() {
    let class = Class::new();
    let name = vec![b'x'; 10 << 20];
    class.file(
        "ada.tar.gz",
        tar_gz(&[
            ("././@LongLink", tar::EntryType::GNULongName, &name),
            (MAIN, FILE, b"fn main() {}"),
        ]),
    );
    let many: Vec<String> = (0..150)
        .map(|number| format!("{number}{}", "x".repeat(60_000)))
        .collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), &b""[..])).collect();
    class.file("bob.zip", zip(&many));
    for submission in class.import() {
        let problem = submission.problem.expect("a problem");
        assert_eq!(problem, "the names in it are too long");
    }
}

#[test]
fn sources_are_bounded_together() {
    let class = Class::new();
    for number in 0..20 {
        let path = format!("ada/step1-connect/src/part{number}.rs");
        class.file(&path, " ".repeat(250 * 1024));
    }
    class.file("ada/step1-connect/src/main.rs", "fn main() {}");
    let problem = class.only().problem.expect("a problem");
    assert_eq!(problem, "its source files are larger than 4 MiB together");
}
