//! The guide's recipes for several machines, taken out of the chapter and run here, one part after the other.

use std::env;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::class::{Class, root, step1, told};

const PARTS: [&str; 3] = ["1", "2", "3"];

/// The code blocks in this language of the part of the chapter that is about several machines.
fn blocks(language: &str) -> Vec<String> {
    let chapter = fs::read_to_string(root().join("book/src/instructors.md")).unwrap();
    let section = chapter.split("{#shards}").nth(1).unwrap();
    let section = section.split("\n### ").next().unwrap();
    let fence = format!("\n```{language}\n");
    let blocks = section.split(&fence).skip(1);
    blocks
        .map(|rest| rest.split("```").next().unwrap().to_owned())
        .collect()
}

/// A machine's folder within the kit, with the class's submissions in it.
fn machine(class: &Class) -> TempDir {
    let target = root().join("target");
    fs::create_dir_all(&target).unwrap();
    let folder = tempfile::tempdir_in(target).unwrap();
    symlink(class.path("submissions"), folder.path().join("submissions")).unwrap();
    // The grader under test instead of one that would be built, and nothing of the machine is changed.
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    let cargo = format!(
        "[ \"$1 $2\" = 'xtask grade' ] || exec {:?} \"$@\"\nshift 2\nexec {:?} \"$@\"",
        checks::toolchain::cargo().get_program(),
        env!("CARGO_BIN_EXE_grade")
    );
    for (name, script) in [("cargo", cargo.as_str()), ("sudo", "echo \"$@\"")] {
        let file = bin.join(name);
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

/// In this machine's folder, where the jail is built by now.
fn shell(program: &str, class: &Class, machine: &Path) -> Command {
    let mut shell = Command::new(program);
    let others = env::var("PATH").unwrap();
    shell
        .current_dir(machine)
        .env(
            "PATH",
            format!("{}:{others}", machine.join("bin").display()),
        )
        .env("TMPDIR", class.path("tmp"));
    shell
}

fn run(script: &str, class: &Class, machine: &Path) -> String {
    let (status, said) = told(shell("sh", class, machine).args(["-euc", script]));
    assert_eq!(status, 0, "{script}\n{said}");
    said
}

/// Each line's words after `run:`, in order.
fn steps(workflow: &str) -> Vec<String> {
    let lines = workflow
        .lines()
        .map(|line| line.trim().trim_start_matches("- "));
    let steps = lines.filter_map(|line| line.strip_prefix("run: "));
    steps.map(str::to_owned).collect()
}

/// As a parser reads the workflow: the parts of the matrix, and the commands of all jobs. `None` where there is none.
fn parsed(workflow: &str) -> Option<(Vec<String>, Vec<String>)> {
    let program = "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))";
    let python = Command::new("python3")
        .args(["-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut python = python.ok()?;
    std::io::Write::write_all(&mut python.stdin.take().unwrap(), workflow.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    if error.contains("No module named") {
        return None;
    }
    assert!(output.status.success(), "{error}");
    let workflow: Value = serde_json::from_slice(&output.stdout).unwrap();
    let jobs = &workflow["jobs"];
    let parts = jobs["part"]["strategy"]["matrix"]["part"]
        .as_array()
        .unwrap();
    let steps = ["part", "together"]
        .iter()
        .flat_map(|job| jobs[job]["steps"].as_array().unwrap());
    let commands = steps.filter_map(|step| step["run"].as_str());
    Some((
        parts.iter().map(Value::to_string).collect(),
        commands.map(str::to_owned).collect(),
    ))
}

#[test]
fn every_recipe_of_the_guide_gives_the_sheets_of_one_run() {
    let class = Class::new();
    for (number, name) in ["ada", "bob", "eve", "zoe"].into_iter().enumerate() {
        let program = format!("fn main() {{ std::process::exit({number}) }}");
        class.folder(name, &step1(&program));
    }
    let (status, said) = class.grade(&["--seed", "7"]);
    assert_eq!(status, 0, "{said}");
    let whole = class.result("grades.csv");
    let is_whole = |machine: &Path| {
        let grades = fs::read_to_string(machine.join("grades/grades.csv")).unwrap();
        assert_eq!(grades, whole);
    };
    let sh = blocks("sh");
    let [by_hand, parallel, submit] = sh.as_slice() else {
        panic!("{sh:?}");
    };
    let (first, merge) = by_hand.trim().split_once('\n').unwrap();

    // By hand.
    let here = machine(&class);
    for part in PARTS {
        let line = first.replace("1/3", &format!("{part}/3"));
        let line = line.replace("part-1", &format!("part-{part}"));
        run(&line, &class, here.path());
    }
    run(merge, &class, here.path());
    is_whole(here.path());

    // GNU parallel, on this machine only; or what it would run.
    let here = machine(&class);
    fs::write(here.path().join("machines.txt"), ":\n").unwrap();
    let version = Command::new("parallel").arg("--version").output();
    if version.is_ok_and(|version| version.stdout.starts_with(b"GNU parallel")) {
        run(parallel, &class, here.path());
    } else {
        eprintln!("there is no GNU parallel: its commands are run without it");
        let (command, parts) = parallel.trim().split_once(" ::: ").unwrap();
        let command = &command[command.find("cargo ").unwrap()..];
        for part in parts.split(' ') {
            run(&command.replace("{}", part), &class, here.path());
        }
    }
    run(merge, &class, here.path());
    is_whole(here.path());

    // Slurm, which gives each of an array a number.
    let here = machine(&class);
    let script = &blocks("bash")[0];
    assert!(script.contains("#SBATCH --array=1-3\n"), "{script}");
    let file = submit.trim().strip_prefix("sbatch ").unwrap();
    fs::write(here.path().join(file), script).unwrap();
    for part in PARTS {
        let mut slurm = shell("bash", &class, here.path());
        let (status, said) = told(slurm.arg(file).env("SLURM_ARRAY_TASK_ID", part));
        assert_eq!(status, 0, "{said}");
    }
    run(merge, &class, here.path());
    is_whole(here.path());

    // GitHub Actions, which puts the values of the matrix in; what is handed on lies there already.
    let here = machine(&class);
    let workflow = &blocks("yaml")[0];
    let steps = steps(workflow);
    match parsed(workflow) {
        Some(parsed) => assert_eq!(parsed, (PARTS.map(str::to_owned).to_vec(), steps.clone())),
        None => eprintln!("Python has no parser for YAML here: not parsed"),
    }
    let (merge, of_a_part) = steps.split_last().unwrap();
    for part in PARTS {
        for step in of_a_part {
            run(
                &step.replace("${{ matrix.part }}", part),
                &class,
                here.path(),
            );
        }
        let names = workflow.matches("part-${{ matrix.part }}\n").count();
        assert_eq!(names, 3, "graded, uploaded and named alike: {workflow}");
    }
    run(merge, &class, here.path());
    is_whole(here.path());
}
