//! A throw-away step, from its skeleton to the last passing test.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use course::steps;

use super::kit::{Kit, files, xtask};
use super::root;

const NAME: &str = "short-keep-alive";

/// As the maintainer's guide lists them, for a step that follows the last one.
fn parts() -> (Vec<String>, Vec<String>) {
    let number = steps().len() + 1;
    let (step, folder) = (format!("step{number}"), format!("step{number}-{NAME}"));
    let mut created = vec![
        format!("book/quizzes/{step}.toml"),
        format!("book/src/{folder}.md"),
        format!("book/src/{step}-finished.md"),
        format!("lessons/{folder}/Cargo.toml"),
        format!("lessons/{folder}/src/main.rs"),
        format!("solutions/{folder}/Cargo.toml"),
        format!("solutions/{folder}/src/main.rs"),
        "xtask/checks/src/scenario/short_keep_alive.rs".to_owned(),
        format!("xtask/corpus/{step}/right/example.toml"),
        format!("xtask/corpus/{step}/wrong/example.toml"),
        format!("xtask/course/steps/{folder}.toml"),
    ];
    created.sort();
    let changed = ["book/src/SUMMARY.md", "xtask/checks/src/scenario.rs"];
    (created, changed.map(str::to_owned).into())
}

/// Each file's text, but for what building leaves.
fn texts(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let sources = files(root)
        .into_iter()
        .filter(|file| !file.starts_with("target"));
    sources
        .map(|file| (file.clone(), fs::read(root.join(file)).unwrap()))
        .collect()
}

/// The files that are new since then, and those that are not what they were.
fn touched(root: &Path, before: &BTreeMap<PathBuf, Vec<u8>>) -> (Vec<String>, Vec<String>) {
    let shown = |file: &PathBuf| file.display().to_string().replace('\\', "/");
    let now = texts(root);
    let created = now.keys().filter(|file| !before.contains_key(*file));
    let changed = now
        .iter()
        .filter(|(file, text)| before.get(*file).is_some_and(|old| old != *text));
    (
        created.map(shown).collect(),
        changed.map(|(file, _)| shown(file)).collect(),
    )
}

#[test]
fn a_skeleton_has_all_parts_and_nothing_is_written_over() {
    let kit = Kit::new();
    let before = texts(&kit.root);
    let (status, text, error) = kit.run(&["new-step", NAME]);
    assert_eq!(status, 0, "{error}");
    let (created, changed) = parts();
    assert_eq!(touched(&kit.root, &before), (created.clone(), changed));
    for file in created {
        assert!(text.contains(&file), "{file}: {text}");
    }

    let skeleton = texts(&kit.root);
    let (status, _, error) = kit.run(&["new-step", NAME]);
    assert_eq!(status, 2);
    assert!(error.contains("is there already"), "{error}");
    assert_eq!(texts(&kit.root), skeleton);
}

#[test]
fn the_maintainers_guide_names_every_part() {
    let guide = fs::read_to_string(root().join("book/src/maintainers.md")).unwrap();
    let number = steps().len() + 1;
    let (created, changed) = parts();
    for file in created.into_iter().chain(changed) {
        // The guide's example is step 5, topics.
        let told = file
            .replace(&format!("step{number}"), "step5")
            .replace(NAME, "topics")
            .replace("short_keep_alive", "topics");
        let mut parts = Path::new(&told).ancestors().map(Path::display);
        let named = parts.any(|part| {
            let (file, folder) = (format!("| `{part}`"), format!("`{part}/`"));
            guide.contains(&file) || guide.contains(&folder)
        });
        assert!(named, "{told}");
    }
}

#[test]
fn a_name_that_cannot_be_a_package_is_refused() {
    let kit = Kit::new();
    let before = texts(&kit.root);
    for (name, words) in [
        ("Topics", "is no name"),
        ("5topics", "is no name"),
        ("topics_2", "is no name"),
        ("../topics", "is no name"),
        ("async", "a word of Rust's own"),
        ("anyhow", "uses a package `anyhow` already"),
        (&steps()[0].package, "already"),
    ] {
        let (status, _, error) = kit.run(&["new-step", name]);
        assert_eq!(status, 2, "{name}");
        assert!(error.contains(words), "{name}: {error}");
    }
    assert_eq!(texts(&kit.root), before);
}

#[test]
fn a_copy_without_solutions_cannot_begin_a_step() {
    let folder = tempfile::TempDir::new().unwrap();
    for part in ["xtask", "lessons"] {
        fs::create_dir(folder.path().join(part)).unwrap();
    }
    let output = xtask(&["new-step", NAME])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("no solutions/"), "{error}");
}

/// Cargo in the kit, with a folder of its own to build in: the runner is built there too.
fn cargo(kit: &Kit, arguments: &[&str]) -> (bool, String) {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new-step");
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(&kit.root)
        .env("CARGO_TARGET_DIR", target)
        .env("INSTA_UPDATE", "always")
        .output()
        .unwrap();
    let text = String::from_utf8([stdout, stderr].concat()).unwrap();
    (status.success(), text)
}

/// The step's own tests: how many failed, and what they said.
fn tests(kit: &Kit) -> (Vec<String>, String) {
    let step = format!("step{}", steps().len() + 1);
    let (_, text) = cargo(
        kit,
        &["test", "--package", "xtask", "--test", "kit", "--", &step],
    );
    assert!(text.contains("test result: "), "{text}");
    let failed = text.lines().filter_map(|line| {
        let name = line.strip_prefix("test ")?.strip_suffix("FAILED")?;
        Some(name.trim_end_matches([' ', '.']).replace(&step, "STEP"))
    });
    let mut failed: Vec<String> = failed.collect();
    failed.sort();
    (failed, text)
}

/// A word of the skeleton that is written over.
fn edit(kit: &Kit, file: &str, replace: &str, with: &str) {
    let file = kit.root.join(file);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(replace), "{replace}: {text}");
    fs::write(file, text.replace(replace, with)).unwrap();
}

#[test]
#[ignore = "it builds the runner of another kit, twice; the gate runs it"]
fn a_skeleton_compiles_fails_its_tests_and_passes_once_it_is_written() {
    let kit = Kit::new();
    let before = texts(&kit.root);
    assert_eq!(kit.run(&["new-step", NAME]).0, 0);

    let (failed, text) = tests(&kit);
    let all = [
        "corpus STEP right/example",
        "corpus STEP wrong/example",
        "parts STEP",
        "solution STEP seed 1",
        "solution STEP seed 2026",
        "solution STEP seed 987654321",
        "starter STEP",
    ];
    assert_eq!(failed, all, "{text}");
    for words in [
        "no scene has judged `new`",
        "still to be written:",
        "TO WRITE",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }

    let number = steps().len() + 1;
    let folder = format!("step{number}-{NAME}");
    let solution = format!("solutions/{folder}/src/main.rs");
    edit(
        &kit,
        &solution,
        "    // ANCHOR: new\n    // TO WRITE: what is new in this step.\n    // ANCHOR_END: new\n",
        "",
    );
    edit(
        &kit,
        &solution,
        "TO WRITE: what the program does, in a sentence",
        "it calls more often",
    );
    edit(
        &kit,
        &solution,
        "    options.set_keep_alive(Duration::from_secs(60));\n",
        "    // ANCHOR: new\n    options.set_keep_alive(Duration::from_secs(30));\n    \
         // ANCHOR_END: new\n",
    );
    let step_file = format!("xtask/course/steps/{folder}.toml");
    edit(
        &kit,
        &step_file,
        "// TODO 1: TO WRITE, what the learner does here, and with which calls.",
        "// TODO 1: half a minute will do.\noptions.set_keep_alive(Duration::from_secs(60));",
    );
    let scenes = "xtask/checks/src/scenario/short_keep_alive.rs";
    edit(
        &kit,
        scenes,
        "    // TO WRITE: what happens now, what must be seen then, and what it means for the criterion\n    \
         // `new`: `stage.judge(&device, \"new\", …)`.\n",
        "    let pause = device.record.look(|entries| {\n        \
         crate::queries::connects(entries).next().map(|connect| connect.keep_alive)\n    });\n    \
         let found = match pause {\n        Some(30) => Ok(()),\n        \
         other => Err(crate::sheet::Finding::new(\"30 s\", format!(\"{other:?} s\"))),\n    };\n    \
         stage.judge(&device, \"new\", found);\n",
    );
    for (kind, alive) in [("wrong", "from_secs(20)"), ("right", "from_millis(30_000)")] {
        let file = format!("xtask/corpus/step{number}/{kind}/example.toml");
        edit(
            &kit,
            &file,
            "// TO WRITE: what is new in this step.",
            "from_secs(30)",
        );
        let text = fs::read_to_string(kit.root.join(&file)).unwrap();
        let with = text
            .lines()
            .find(|line| line.starts_with("with = "))
            .unwrap();
        edit(&kit, &file, with, &format!("with = \"{alive}\""));
    }
    for file in parts().0 {
        if fs::read_to_string(kit.root.join(&file))
            .unwrap()
            .contains("TO WRITE")
        {
            edit(&kit, &file, "TO WRITE", "Written");
        }
    }

    let (failed, text) = tests(&kit);
    assert_eq!(failed, [""; 0], "{text}");
    let (fine, text) = cargo(&kit, &["run", "--package", "xtask", "--", "starters"]);
    assert!(fine, "{text}");
    let (mut created, changed) = touched(&kit.root, &before);
    let transcript = format!("xtask/transcripts/step{number}.snap");
    created.retain(|file| *file != transcript);
    // Cargo and `starters` keep these.
    let follow = [
        "Cargo.lock",
        ".vscode/tasks.json",
        "README.md",
        "xtask/handout/README.md",
    ];
    let by_hand = changed
        .into_iter()
        .filter(|file| !follow.contains(&file.as_str()));
    assert_eq!((created, by_hand.collect()), parts());
    assert!(kit.root.join(transcript).is_file());
}
