//! Attacks by a learner's running program.

mod bounds;
mod files;
mod network;
mod processes;

use std::fs;
use std::process::{Command, Stdio};

use jail::{Ending, Spec};

use crate::scene::{MACHINES, SECRET, Scene, THROUGH, program};

/// Runs `attack` against `target` on every machine; none may get through, and each ends as `expected`.
fn stopped(
    scene: &Scene,
    attack: &'static str,
    target: &str,
    change: impl Fn(&mut Spec),
    expected: &[Ending],
) {
    let program = program(attack);
    for machine in MACHINES {
        let mut spec = scene.run();
        change(&mut spec);
        let (output, report) = scene.outcome(machine, &spec, &program, &[target]);
        let said = String::from_utf8_lossy(&output.stdout);
        let place = format!(
            "{attack} on {machine:?}: {report:?} {}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_ne!(report.ending, Ending::Exited(THROUGH), "{place}");
        assert!(expected.contains(&report.ending), "{place}");
        assert!(!said.contains(SECRET), "{place}");
    }
    assert_eq!(
        fs::read_to_string(&scene.secret).expect("it is still there"),
        SECRET,
        "{attack} changed the file"
    );
}

const REFUSED: [Ending; 1] = [Ending::Exited(11)];

fn as_it_is(_: &mut Spec) {}

fn with_folder(scene: &Scene) -> impl Fn(&mut Spec) {
    let folder = scene.make_folder("scratch");
    move |spec| {
        spec.environment
            .insert("TMPDIR".into(), folder.display().to_string());
        spec.writable = vec![folder.clone()];
        spec.limits.disk = 1 << 30;
    }
}

#[test]
fn the_kernel_offers_no_way_around() {
    let scene = Scene::new();
    stopped(&scene, "new_namespaces", "", as_it_is, &REFUSED);
    stopped(&scene, "strange_calls", "", as_it_is, &REFUSED);
    stopped(&scene, "shared_segments", "", as_it_is, &REFUSED);
    stopped(&scene, "memory_files", "", as_it_is, &REFUSED);
    stopped(&scene, "hide_memory", "", as_it_is, &REFUSED);
    stopped(&scene, "type_into_terminal", "", as_it_is, &REFUSED);
    stopped(&scene, "gain_privileges", "", as_it_is, &REFUSED);
    // The filter ends a program of another architecture with SIGSYS.
    stopped(
        &scene,
        "old_interface",
        "",
        as_it_is,
        &[Ending::Signalled(31), Ending::Signalled(11)],
    );
}

#[test]
fn every_attack_is_real() {
    // Without a jail each of these gets through; otherwise the tests above would prove nothing.
    let scene = Scene::new();
    let process = scene.secret.display().to_string();
    let other = scene.other.local_addr().expect("an address").to_string();
    let datagrams = scene
        .datagrams
        .local_addr()
        .expect("an address")
        .to_string();
    let socket = scene.socket.display().to_string();
    let own = std::process::id().to_string();
    for (attack, target) in [
        ("read_file", &process),
        ("read_by_link", &process),
        ("list_homes", &process),
        ("read_accounts", &process),
        ("read_processes", &own),
        ("change_times", &process),
        ("change_mode", &process),
        ("make_file", &process),
        ("connect", &other),
        ("strange_sockets", &other),
        ("udp", &datagrams),
        ("unix_socket", &socket),
        ("abstract_socket", &scene.abstract_name),
        ("kill", &own),
        ("shared_segments", &own),
        ("memory_files", &own),
        ("hide_memory", &own),
        ("gain_privileges", &own),
        ("overwrite", &process),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let status = Command::new(program(attack))
            .arg(target)
            .env("TMPDIR", folder.path())
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .expect("it starts");
        assert_eq!(status.code(), Some(THROUGH), "{attack} is no attack");
    }
}
