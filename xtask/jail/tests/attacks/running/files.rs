//! Files that are not the program's own.

use std::fs;
use std::process::Command;

use jail::Ending;

use super::{REFUSED, as_it_is, stopped, with_folder};
use crate::scene::{Machine, Scene, program};

#[test]
fn files_outside_stay_unread() {
    let scene = Scene::new();
    let secret = scene.secret.to_str().expect("a path");
    let process = std::process::id().to_string();
    stopped(&scene, "read_file", secret, as_it_is, &REFUSED);
    stopped(
        &scene,
        "read_by_link",
        secret,
        with_folder(&scene),
        &REFUSED,
    );
    stopped(&scene, "list_homes", "", as_it_is, &REFUSED);
    stopped(&scene, "read_accounts", "", as_it_is, &REFUSED);
    stopped(&scene, "inherited_files", "", as_it_is, &REFUSED);
    // Without Landlock a jail sees its own processes under /proc, and only those.
    let spec = scene.run();
    for machine in [Machine::Complete, Machine::WithoutNamespaces] {
        let (_, report) = scene.outcome(machine, &spec, &program("read_processes"), &[&process]);
        assert_eq!(report.ending, Ending::Exited(11), "{machine:?}");
    }
}

#[test]
fn files_outside_stay_as_they_are() {
    let scene = Scene::new();
    let secret = scene.secret.to_str().expect("a path");
    stopped(&scene, "overwrite", secret, as_it_is, &REFUSED);
    stopped(&scene, "make_file", secret, as_it_is, &REFUSED);
    stopped(&scene, "change_mode", secret, as_it_is, &REFUSED);
    stopped(&scene, "change_times", secret, as_it_is, &REFUSED);
}

#[test]
fn another_submission_cannot_be_read_or_replaced() {
    let scene = Scene::new();
    let other = scene.make_folder("other").join("program");
    fs::copy(program("connect"), &other).expect("a copy");
    let before = fs::read(&other).expect("it is there");
    let other_path = other.to_str().expect("a path");
    stopped(
        &scene,
        "read_file",
        other_path,
        with_folder(&scene),
        &REFUSED,
    );
    stopped(
        &scene,
        "overwrite",
        other_path,
        with_folder(&scene),
        &REFUSED,
    );
    assert_eq!(fs::read(&other).expect("it is still there"), before);
}

#[test]
fn a_file_the_grader_forgot_to_close_is_closed() {
    let scene = Scene::new();
    let file = fs::File::open(&scene.secret).expect("it is there");
    // The shell hands descriptor 9 down, as a careless grader would.
    let spec = serde_json::to_string(&scene.run()).expect("JSON");
    let status = Command::new("sh")
        .args([
            "-c",
            "exec \"$0\" \"$@\" 9</proc/self/fd/0",
            env!("CARGO_BIN_EXE_jail"),
            "jail-wrapper",
            "--spec",
            &spec,
        ])
        .arg("--")
        .arg(program("inherited_files"))
        .stdin(file)
        .status()
        .expect("sh starts");
    assert_eq!(status.code(), Some(11));
}

#[test]
fn the_report_cannot_be_forged() {
    let scene = Scene::new();
    let report = scene.report();
    let forged = [Ending::Exited(124)];
    stopped(
        &scene,
        "forge_report",
        report.to_str().expect("a path"),
        as_it_is,
        &forged,
    );
}
