//! A class that is graded in parts gets what it would have got in one.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::class::{Class, root, starter, step1, told};

fn sheets(out: &Path) -> [Vec<u8>; 3] {
    let names = ["grades.csv", "rubric.csv", "canvas.csv"];
    names.map(|name| fs::read(out.join(name)).unwrap())
}

#[test]
fn parts_put_together_are_the_sheets_of_one_run() {
    let class = Class::new();
    for (number, name) in ["ada", "bob", "eve", "=zoe"].into_iter().enumerate() {
        let mut files = starter(&[2]);
        files.extend(step1(&format!(
            "fn main() {{ std::process::exit({number}) }}"
        )));
        files.push(("assignment.md".to_owned(), format!("AMQP, says {name}.")));
        class.folder(name, &files);
    }
    class.zip("bob.zip", &step1("fn main() {}"));
    let canvas = class.path("download.csv");
    let sheet = "Student,ID,Nightlight (9)\n Points Possible,,110\nada,1,\neve,2,\n";
    fs::write(&canvas, sheet).unwrap();
    let canvas = ["--canvas", canvas.to_str().unwrap()];
    let (status, said) = class.grade(&[&canvas[..], &["--seed", "7"]].concat());
    assert_eq!(status, 0, "{said}");
    let whole = sheets(&class.out());
    fs::rename(class.out(), class.path("whole")).unwrap();

    let parts = ["1/2", "2/2"].map(|part| {
        let out = class.path(&format!("part-{}", &part[..1]));
        let (status, said) = class.grade(&["--seed", "7", "--shard", part]);
        assert_eq!(status, 0, "{said}");
        fs::rename(class.out(), &out).unwrap();
        let learners = fs::read_to_string(out.join("grades.csv")).unwrap();
        assert_eq!(learners.lines().count(), 3, "two of four: {learners}");
        out
    });
    let merged = class.path("merged");
    let mut merge = Command::new(env!("CARGO_BIN_EXE_grade"));
    merge
        .arg("merge")
        .args(&parts)
        .arg("--out")
        .arg(&merged)
        .args(canvas)
        .current_dir(root());
    let (status, said) = told(&mut merge);

    assert_eq!(status, 0, "{said}");
    assert!(said.contains("bob.zip"), "{said}");
    assert!(sheets(&merged) == whole, "{said}");
    let page = fs::read_to_string(merged.join("feedback/002-ada.html")).unwrap();
    assert!(page.contains("AMQP, says ada."), "{page}");
}
