//! A submission may be laid out otherwise than the starter, as long as cargo would build it.

use course::steps;

use crate::class::{Class, Files, right};

/// The solutions as libraries, a module for each program, which themselves are a line.
fn right_as_libraries() -> Files {
    let mut files = Files::new();
    for step in steps() {
        let mut library = String::new();
        for (program, (path, text)) in step.programs.iter().zip(right(&[step.number])) {
            let id = program.id;
            let module = text.replace("\nfn main()", "\npub fn main()");
            assert_ne!(module, text);
            library += &format!("pub mod {id};\n");
            files.push((format!("{}/src/{id}.rs", step.folder), module));
            let call = format!("{}::{id}::main()", step.package);
            let main = format!("fn main() -> anyhow::Result<()> {{ {call} }}\n");
            files.push((path, main));
        }
        files.push((format!("{}/src/lib.rs", step.folder), library));
    }
    files
}

#[test]
fn a_library_beside_the_programs_gets_full_marks() {
    let class = Class::new();
    class.zip("ada.zip", &right_as_libraries());
    class.folder(
        "bob",
        &vec![
            ("step1-connect/src/main.rs".into(), "fn main() {}\n".into()),
            ("step1-connect/src/lib.rs".into(), "pub fn run( {}\n".into()),
        ],
    );

    let (status, said) = class.grade(&["--seed", "7"]);

    assert_eq!(status, 0, "{said}");
    assert!(said.contains("Sandbox"), "{said}");
    assert_eq!(class.lost("ada"), [""; 0]);
    assert_eq!(class.points("ada").1, Some(100.0), "{said}");
    let verdict = class.verdict("bob", "step1");
    assert_eq!(verdict["status"], "compile_error");
    let message = verdict["message"].as_str().unwrap();
    assert!(message.contains("src/lib.rs:1"), "{message}");
}
