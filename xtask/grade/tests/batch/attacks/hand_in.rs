//! What the attackers hand in.

use std::fs::{self, File, FileTimes};
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::{Duration, SystemTime};

use super::catalogue::{COMPILING, RUNNING};
use super::machine::{Machine, Target};
use crate::class::{Files, right, root, step1};

/// How an attack ends that got through, and how one that was stopped.
pub const THROUGH: i32 = 77;
pub const STOPPED: i32 = 11;

/// The jail's own tests hold the attacks.
fn attack(kind: &str, name: &str) -> String {
    let path = format!("xtask/jail/tests/attacks/{kind}/{name}.rs");
    fs::read_to_string(root().join(path)).unwrap()
}

/// A program that attacks `target`, and tells by its exit status what came of it.
fn attacker(name: &str, target: &str) -> Files {
    let main = format!(
        "mod attack;\nfn main() {{ let through = attack::attack({target:?});\n\
         std::process::exit(if through {{ {THROUGH} }} else {{ {STOPPED} }}) }}\n"
    );
    let mut files = step1(&main);
    files.push((
        "step1-connect/src/attack.rs".to_owned(),
        attack("programs", name),
    ));
    files
}

/// Who must get which status, and a verdict with which words.
pub type Expected = Vec<(String, &'static str, &'static str)>;

pub fn hand_in_programs(machine: &Machine) -> Expected {
    let mut expected = Expected::new();
    for (name, target, status, words) in RUNNING {
        let learner = format!("run-{name}-{}", expected.len());
        let files = attacker(name, &machine.target(target));
        // Packed in turn in every way that is taken.
        match expected.len() % 3 {
            0 => machine.class.folder(&learner, &files),
            1 => machine.class.zip(&format!("{learner}.zip"), &files),
            _ => machine.class.tar(&format!("{learner}.tar.gz"), &files),
        }
        expected.push((learner, status, words));
    }
    for (name, status) in COMPILING {
        let learner = format!("compile-{name}");
        let source = attack("sources", name)
            .replace("@TARGET@", &machine.target(Target::Secret))
            .replace("@NAME@", "../0001/step1-connect/src/main.rs");
        machine.class.folder(&learner, &step1(&source));
        expected.push((learner, status, ""));
    }
    let large = "static LARGE: [u8; 300 << 20] = [1; 300 << 20];\n\
                 fn main() { println!(\"{:p}\", &LARGE); }";
    machine.class.folder("compile-disk", &step1(large));
    expected.push(("compile-disk".to_owned(), "resource_limit", "file"));
    expected
}

/// Everything in it wants to run while it is built; the program itself is right.
pub fn hand_in_build_scripts(machine: &Machine) {
    let evidence = machine.class.path("evidence").display().to_string();
    let script = format!("fn main() {{ std::fs::write({evidence:?}, \"x\").unwrap(); }}");
    let wrapper = format!("#!/bin/sh\ntouch '{evidence}'\nexec \"$@\"\n");
    let mut files = right(&[1]);
    for (path, text) in [
        ("build.rs", script.as_str()),
        ("step1-connect/build.rs", &script),
        (
            "step1-connect/Cargo.toml",
            "[package]\nname = \"connect\"\nbuild = \"build.rs\"\n",
        ),
        (
            ".cargo/config.toml",
            "[build]\nrustc-wrapper = \"./wrapper\"\n",
        ),
        (
            "step1-connect/.cargo/config.toml",
            "[build]\nrustc-wrapper = \"./wrapper\"\n",
        ),
        ("rust-toolchain.toml", "[toolchain]\npath = \".\"\n"),
        ("wrapper", &wrapper),
        ("target/debug/connect", &wrapper),
    ] {
        files.push((path.to_owned(), text.to_owned()));
    }
    machine.class.folder("build-scripts", &files);
}

/// Two programs that a build by time and size would take for one.
pub fn hand_in_twins(machine: &Machine) -> Expected {
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let mut expected = Expected::new();
    for (learner, words) in [("twin-33", "exit status 33"), ("twin-34", "exit status 34")] {
        let status = learner.trim_start_matches("twin-");
        let source = format!("fn main() {{ std::process::exit({status}) }}");
        machine.class.folder(learner, &step1(&source));
        let path = format!("submissions/{learner}/step1-connect/src/main.rs");
        let file = File::options()
            .write(true)
            .open(machine.class.path(&path))
            .unwrap();
        file.set_times(FileTimes::new().set_modified(long_ago))
            .unwrap();
        expected.push((learner.to_owned(), "fail", words));
    }
    expected
}

/// Archives and folders that reach for what is not theirs. None of them brings a step.
pub fn hand_in_tricks(machine: &Machine) -> Vec<&'static str> {
    let main = "step1-connect/src/main.rs";
    let place = |path: &str| machine.class.path("submissions").join(path);
    for learner in ["trick-link", "trick-pipe"] {
        fs::create_dir_all(place(learner).join("step1-connect/src")).unwrap();
    }
    symlink(machine.neighbour(), place("trick-link").join(main)).unwrap();
    let pipe = Command::new("mkfifo")
        .arg(place("trick-pipe").join(main))
        .status();
    assert!(pipe.unwrap().success());

    let file = File::create(place("trick-tar.tar.gz")).unwrap();
    let gzip = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    let mut tar = tar::Builder::new(gzip);
    let mut link = tar::Header::new_gnu();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_size(0);
    tar.append_link(&mut link, main, &machine.secret).unwrap();
    tar.into_inner().unwrap().finish().unwrap();

    let climbing = vec![("../../../../evidence".to_owned(), "x".to_owned())];
    machine.class.zip("trick-path.zip", &climbing);
    let large = "x".repeat(8 << 20);
    machine.class.zip("trick-bomb.zip", &step1(&large));
    fs::write(place("trick-nothing.zip"), "no archive").unwrap();
    vec![
        "trick-link",
        "trick-pipe",
        "trick-tar",
        "trick-path",
        "trick-bomb",
        "trick-nothing",
    ]
}
