//! A step's programs may share a library of their own, as cargo would let them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::fs;
use std::path::{Path, PathBuf};

use arena::broker::BrokerChoice;
use checks::compile::{Palette, Shelf};
use checks::play::play_built;
use course::verdict::Status;
use course::{Step, starters, steps};
use tempfile::TempDir;

fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().unwrap()
}

/// Puts the solution into a library, a module for each program, and leaves the programs a line.
fn write_as_library(step: &Step, solution: &Path, folder: &Path) {
    let mut library = "fn nobody_calls_this() {}\n".to_owned();
    let shared = solution.join("src/lib.rs");
    if shared.is_file() {
        // What the programs had from it they find under the same name.
        let text = starters::finished(&shared).unwrap();
        library = format!("{text}extern crate self as {};\n{library}", step.package);
    }
    for program in &step.programs {
        let text = starters::finished(&solution.join(&program.source)).unwrap();
        let module = text.replace("\nfn main()", "\npub fn main()");
        assert_ne!(module, text);
        library += &format!("pub mod {};\n", program.id);
        let source = folder.join(&program.source);
        fs::create_dir_all(source.parent().unwrap()).unwrap();
        let place = folder.join(format!("src/{}", program.id));
        fs::write(place.with_extension("rs"), module).unwrap();
        let beside = Path::new(&program.source).parent().unwrap();
        if beside != Path::new("src") && program.source.ends_with("main.rs") {
            copy_modules(&solution.join(beside), &place);
        }
        let main = format!(
            "fn main() -> anyhow::Result<()> {{ {}::{}::main() }}\n",
            step.package, program.id
        );
        fs::write(source, main).unwrap();
    }
    fs::write(folder.join("src/lib.rs"), library).unwrap();
}

/// What a program's own folder has beside its `main.rs`.
fn copy_modules(folder: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        if !file.ends_with("main.rs") {
            let text = starters::finished(&file).unwrap();
            fs::write(to.join(file.file_name().unwrap()), text).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_compiled_first_and_its_warnings_are_told() {
    let solutions = root().join("solutions");
    if !solutions.is_dir() {
        eprintln!("skipped: a copy for learners has no solutions");
        return;
    }
    for step in steps() {
        let palette = Palette::build(&root(), Shelf::of(step)).await.unwrap();
        let folder = TempDir::new().unwrap();
        let place = folder.path().join(&step.folder);
        write_as_library(step, &solutions.join(&step.folder), &place);

        let built = palette.compile(folder.path(), step).await.unwrap();

        let warnings = &built.warnings;
        assert!(warnings.contains("nobody_calls_this"), "{warnings}");
        let verdict = play_built(step, &built, 7, &BrokerChoice::Embedded).await;
        let failed: Vec<_> = verdict.failed().map(|row| &row.id).collect();
        assert_eq!(verdict.status, Status::Pass, "{}: {failed:?}", step.name());
    }
}
