//! Whole batches of small submissions, from the folder to the results.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod alike;
mod attacks;
mod captures;
mod class;
mod fairness;
mod library;
mod pages;
mod parts;
mod recipes;
mod refusal;
mod sheets;

use std::fs;
use std::process::{Child, Command, Stdio};

use class::{Class, right, starter, step1};

const HOSTILE: &str = "<img src=x onerror=alert(1)>";

#[test]
fn everyone_gets_what_they_earned() {
    let class = Class::new();
    let secret = class.path("instructor.txt");
    fs::write(&secret, "the instructors secret").unwrap();

    class.folder("ada", &right(&[1, 2, 3, 4]));
    class.zip("bob.zip", &starter(&[1, 2, 3, 4]));
    class.tar("carl.tar.gz", &right(&[1, 3, 4]));
    class.folder("dora", &step1("fn main() { let x: u8 = \"no\"; }"));
    let flood = "fn main() { loop { println!(\"{}\", \"flood \".repeat(1000)); } }";
    class.zip("erin.zip", &step1(flood));
    let bomb = "unsafe extern \"C\" { fn fork() -> i32; }\n\
                fn main() { loop { unsafe { fork(); } } }";
    class.folder("frank", &step1(bomb));
    class.folder(
        HOSTILE,
        &step1("fn main() { panic!(\"</pre><script>alert(2)</script>\") }"),
    );
    let reader = format!("fn main() {{ print!(\"{{}}\", include_str!({secret:?})); }}");
    class.folder("gina", &step1(&reader));
    let hog = "fn main() { let mut all = Vec::new(); loop { all.push(vec![1u8; 1 << 20]); } }";
    class.folder("hank", &step1(hog));
    fs::write(class.path("submissions/broken.zip"), "no archive").unwrap();

    let (status, said) = class.grade(&["--seed", "7"]);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("Seed 7"), "{said}");
    assert!(said.contains("Sandbox"), "{said}");

    assert_eq!(class.lost("ada"), [""; 0]);
    assert_eq!(class.points("ada").1, Some(100.0), "{said}");
    assert_eq!(class.verdict("ada", "step4")["seed"], 7);

    let (steps, total) = class.points("bob");
    assert!(
        total.unwrap() > 0.0 && total.unwrap() < 100.0,
        "partial credit: {steps:?}"
    );
    assert!(!class.verdict("bob", "step2")["difference"].is_null());
    let page = class.page_of("bob");
    assert!(page.contains("Your run as a picture"), "{page}");
    assert!(page.contains("first difference: here a solution"), "{page}");

    assert_eq!(class.lost("carl"), [""; 0]);
    // Later steps are worth nothing where nobody says otherwise.
    let points = class.points("carl").0;
    let first = [Some(20.0), Some(0.0), Some(20.0), Some(40.0)];
    assert!(points.starts_with(&first), "{points:?}");
    assert!(
        points
            .iter()
            .skip(first.len())
            .all(|later| *later == Some(0.0)),
        "{points:?}"
    );
    assert!(said.contains("step2: not handed in"), "{said}");

    let verdict = class.verdict("dora", "step1");
    assert_eq!(verdict["status"], "compile_error");
    assert!(
        verdict["message"]
            .as_str()
            .unwrap()
            .contains("mismatched types"),
        "{verdict}"
    );
    assert_eq!(class.verdict("erin", "step1")["status"], "resource_limit");
    let verdict = class.verdict("hank", "step1");
    assert_eq!(verdict["status"], "resource_limit");
    assert!(
        verdict["message"].as_str().unwrap().contains("memory"),
        "{verdict}"
    );
    assert_eq!(class.verdict("frank", "step1")["status"], "resource_limit");
    assert_eq!(class.verdict("gina", "step1")["status"], "compile_error");
    assert_eq!(class.points("broken").1, Some(0.0));

    // Nothing of the instructor's reaches anybody, and nobody's markup is alive.
    let mut pages = 0;
    for folder in ["feedback", "gradescope", "classroom"] {
        for file in fs::read_dir(class.out().join(folder)).unwrap() {
            let text = fs::read_to_string(file.unwrap().path()).unwrap();
            assert!(!text.contains("the instructors secret"));
            if folder == "feedback" {
                assert!(
                    !text.contains("<script") && !text.contains("<img"),
                    "{text}"
                );
                pages += 1;
            }
        }
    }
    assert_eq!(pages, 10);
    let overview = class.result("overview.html");
    assert!(!overview.contains("<img") && overview.contains("feedback/"));
    assert!(class.result("junit.xml").contains("<testsuite"));
    assert_eq!(class.result("grades.csv").lines().count(), 11);

    // What is there is not overwritten by accident.
    let before = class.checked();
    let (status, said) = class.grade(&[]);
    assert_eq!(status, 2);
    assert!(said.contains("--resume"), "{said}");
    assert_eq!(class.checked(), before);
}

/// Starts the grader and waits until the journal holds more than `seen` verdicts.
fn busy(class: &Class, options: &[&str], seen: usize) -> Child {
    let mut grader = class
        .command(options)
        // One compiles after the other, so that there is something left when the first is done.
        .args(["--jobs", "1"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while class.checked().len() <= seen {
        assert!(grader.try_wait().unwrap().is_none(), "it ended too early");
        std::thread::yield_now();
    }
    grader
}

#[test]
fn a_stopped_batch_goes_on_where_it_was() {
    let class = Class::new();
    let names = [
        "ada", "bob", "carl", "dora", "erin", "frank", "gina", "hank",
    ];
    for name in names {
        class.folder(name, &step1("fn main() {}"));
    }
    let grader = busy(&class, &["--seed", "7"], 0);
    let (status, said) = class.grade(&["--resume"]);
    assert_eq!(status, 2, "two write one journal: {said}");
    assert!(said.contains("another run writes the journal"), "{said}");
    let interrupt = Command::new("kill")
        .args(["-INT", &grader.id().to_string()])
        .status();
    assert!(interrupt.unwrap().success());
    let output = grader.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("--resume"), "{said}");
    let interrupted = class.checked();
    let blank = class.result("grades.csv").matches("not graded yet").count();
    assert!(blank >= names.len() - interrupted.len(), "{blank}");

    let mut grader = busy(&class, &["--resume"], interrupted.len());
    grader.kill().unwrap();
    grader.wait().unwrap();
    let killed = class.checked();
    assert_eq!(class.leftovers().len(), 1, "killed, it cleared up");

    let (status, said) = class.grade(&["--resume", "--seed", "8"]);
    assert_eq!(status, 2);
    assert!(said.contains("seed 7"), "{said}");

    let (status, said) = class.grade(&["--resume"]);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("Seed 7"), "{said}");
    let after = class.checked();
    assert_eq!(after[..killed.len()], killed[..]);
    assert_eq!(killed[..interrupted.len()], interrupted[..]);
    let mut learners: Vec<_> = after.into_iter().map(|(learner, _)| learner).collect();
    learners.sort();
    assert_eq!(learners, names, "each checked once");
    assert!(!class.result("grades.csv").contains("not graded yet"));
    assert!(class.leftovers().is_empty(), "{:?}", class.leftovers());

    // Who hands in anew is graded anew, and nobody else.
    let before = class.checked();
    class.folder("carl", &step1("fn main() { std::process::exit(33) }"));
    let (status, said) = class.grade(&["--resume"]);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("1 step was changed since it"), "{said}");
    let after = class.checked();
    assert_eq!(
        after[before.len()..],
        [("carl".to_owned(), "step1".to_owned())]
    );
    assert!(
        class
            .verdict("carl", "step1")
            .to_string()
            .contains("exit status 33")
    );
}

#[test]
fn a_mistyped_folder_is_told_once_and_nothing_is_written() {
    let class = Class::new();
    fs::remove_dir_all(class.path("submissions")).unwrap();

    let (status, said) = class.grade(&[]);

    assert_eq!(status, 2, "{said}");
    assert!(said.contains("cannot read the submissions in"), "{said}");
    assert_eq!(said.matches("(os error").count(), 1, "{said}");
    assert!(!class.out().exists());
}
