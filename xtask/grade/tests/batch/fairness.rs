//! Right programs get full marks, whatever else is in them or beside them.

use std::fs;

use crate::class::{Class, right, starter, step1};

#[test]
fn warnings_of_any_length_cost_nothing() {
    let class = Class::new();
    let mut files = right(&[1]);
    for number in 0..1_500 {
        files[0].1 +=
            &format!("fn nobody_calls_this_one_{number}() {{ let unused = {number}; }}\n");
    }
    class.folder("ada", &files);

    let (status, said) = class.grade(&["--seed", "7"]);

    assert_eq!(status, 0, "{said}");
    assert_eq!(class.verdict("ada", "step1")["status"], "pass", "{said}");
}

/// Programs that take what they can get: processor time, connections, output.
const GREEDY: [&str; 3] = [
    "for _ in 0..40 { std::thread::spawn(|| loop { std::hint::black_box(1); }); }\n\
     std::thread::sleep(std::time::Duration::from_secs(300));",
    "loop { println!(\"x\") }",
    "let settings = nightlight::Settings::load().unwrap();\n\
     let broker = (settings.broker.host.as_str(), settings.broker.port);\n\
     loop { let _ = std::net::TcpStream::connect(broker); }",
];

#[test]
fn greedy_neighbours_cost_nobody_a_point() {
    let class = Class::new();
    class.folder("ada", &right(&[1, 2]));
    for (number, greedy) in GREEDY.into_iter().enumerate() {
        let files = step1(&format!("fn main() {{ {greedy} }}\n"));
        class.folder(&format!("greedy-{number}"), &files);
    }

    let (status, said) = class.grade(&["--seed", "7", "--jobs", "4"]);

    assert_eq!(status, 0, "{said}");
    assert_eq!(class.lost("ada"), [""; 0], "{said}");
    assert_eq!(class.points("ada").1, Some(40.0), "{said}");
    for number in 0..GREEDY.len() {
        let points = class.points(&format!("greedy-{number}")).1;
        assert_eq!(points, Some(0.0), "{said}");
    }
}

#[test]
fn one_learner_is_graded_anew_and_nobody_else() {
    let class = Class::new();
    for name in ["ada", "bob"] {
        class.folder(name, &step1("fn main() {}"));
    }
    let (status, said) = class.grade(&["--seed", "7"]);
    assert_eq!(status, 0, "{said}");
    let (before, sheet) = (class.checked(), class.result("grades.csv"));

    let (status, said) = class.grade(&["--only", "bob"]);

    assert_eq!(status, 0, "{said}");
    assert_eq!(
        class.checked()[before.len()..],
        [("bob".to_owned(), "step1".to_owned())]
    );
    assert_eq!(class.result("grades.csv"), sheet);
    let (status, said) = class.grade(&["--only", "bobb"]);
    assert_eq!(status, 2, "{said}");
    assert!(said.contains("bobb"), "{said}");
}

#[test]
fn what_older_checks_judged_is_judged_anew_and_the_rest_stays() {
    let class = Class::new();
    let both = [step1("fn main() {}"), starter(&[2])].concat();
    class.folder("ada", &both);
    let (status, said) = class.grade(&["--seed", "7"]);
    assert_eq!(status, 0, "{said}");
    let before = class.checked().len();
    assert_eq!(before, 2);
    let journal = class.out().join("journal.jsonl");
    let now = course::steps()[0].revision;
    let text = fs::read_to_string(&journal).unwrap();
    let lines = text.split_inclusive('\n').map(|line| {
        let (new, old) = (format!("\"revision\":{now}"), "\"revision\":1");
        if line.contains("\"step\":\"step1\"") {
            line.replace(&new, old)
        } else {
            line.to_owned()
        }
    });
    fs::write(&journal, lines.collect::<String>()).unwrap();

    let (status, said) = class.grade(&["--resume"]);

    assert_eq!(status, 0, "{said}");
    assert!(said.contains("of older checks"), "{said}");
    let again = ("ada".to_owned(), "step1".to_owned());
    assert_eq!(class.checked()[before..], [again]);
    assert_eq!(class.verdict("ada", "step1")["revision"], now);
}
