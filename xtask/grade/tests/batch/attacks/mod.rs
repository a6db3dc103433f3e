//! One batch full of hostile submissions: each is contained, gets the status it should, and the
//! batch goes on.

mod catalogue;
mod hand_in;
mod harmless;
mod machine;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::class::{right, step1};
use catalogue::{NAMES, WORDS};
use hand_in::{THROUGH, hand_in_build_scripts, hand_in_programs, hand_in_tricks, hand_in_twins};
use harmless::harmless;
use machine::{Machine, SECRET, open_to_all};

#[test]
fn hostile_submissions_are_contained_and_the_batch_goes_on() {
    let machine = Machine::new();
    let class = &machine.class;
    let before = fs::metadata(&machine.secret).unwrap();
    for honest in ["ada", "zoe"] {
        class.folder(honest, &right(&[1, 2, 3, 4]));
    }
    open_to_all(&machine.neighbour(), 0o666);
    let neighbour = fs::read(machine.neighbour()).unwrap();
    let mut expected = hand_in_programs(&machine);
    hand_in_build_scripts(&machine);
    expected.extend(hand_in_twins(&machine));
    let tricks = hand_in_tricks(&machine);
    let shouting =
        format!("fn main() {{ print!(\"{{}}\", {WORDS:?}); panic!(\"{{}}\", {WORDS:?}) }}");
    for name in NAMES {
        class.folder(name, &step1(&shouting));
        expected.push((name.to_owned(), "fail", "panicked"));
    }
    assert!(expected.len() + tricks.len() >= 60);

    let (status, said) = class.grade(&["--seed", "7", "--resume"]);
    assert_eq!(status, 0, "{said}");

    // Each got what it should.
    let mut wrong = Vec::new();
    for (learner, status, words) in &expected {
        let verdict = class.verdict(learner, "step1");
        let text = verdict.to_string();
        let through = format!("exit status {THROUGH}");
        if verdict["status"] != *status || !text.contains(words) || text.contains(&through) {
            wrong.push(format!("{learner}: {verdict:#}"));
        }
        if class.points(learner).1 != Some(0.0) {
            wrong.push(format!("{learner} got points"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for learner in tricks {
        assert!(class.verdict(learner, "step1").is_null(), "{learner}");
        assert_eq!(class.points(learner).1, Some(0.0), "{learner}");
    }
    assert_eq!(class.lost("build-scripts"), [""; 0]);
    assert_eq!(class.verdict("build-scripts", "step1")["status"], "pass");
    for honest in ["ada", "zoe"] {
        assert_eq!(class.lost(honest), [""; 0], "{honest}");
        assert_eq!(class.points(honest).1, Some(100.0), "{honest}");
    }

    // Everybody was checked once: nobody wrote into the journal.
    let mut checked = class.checked();
    let count = checked.len();
    checked.sort();
    checked.dedup();
    assert_eq!(checked.len(), count);
    assert_eq!(count, expected.len() + 1 + 2 * 4);

    // Nothing was read, written or left behind.
    let after = fs::metadata(&machine.secret).unwrap();
    assert_eq!(fs::read_to_string(&machine.secret).unwrap(), SECRET);
    assert_eq!(
        (after.mode(), after.mtime()),
        (before.mode(), before.mtime())
    );
    assert_eq!(fs::read(machine.neighbour()).unwrap(), neighbour);
    assert!(!class.path("evidence").exists());
    assert_eq!(class.leftovers(), [""; 0].map(PathBuf::from));
    assert_eq!(processes_of(&class.path("tmp")), [""; 0]);
    harmless(&machine.results(), &said);
}

/// Command lines of the processes whose program lies below `folder`.
fn processes_of(folder: &Path) -> Vec<String> {
    let all = fs::read_dir("/proc").unwrap().flatten();
    let lines = all.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    let folder = folder.display().to_string();
    lines.filter(|line| line.contains(&folder)).collect()
}
