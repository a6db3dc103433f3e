//! Attacks by a learner's running program.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::fd::AsRawFd;
use std::process::{Child, Command, Stdio};

use jail::{Attack, Bound, Ending, Report, Spec, tree};

use crate::scene::{MACHINES, Machine, SECRET, Scene, THROUGH, program};

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
fn only_broker_and_board_can_be_reached() {
    let scene = Scene::new();
    let other = scene.other.local_addr().expect("an address").to_string();
    let datagrams = scene
        .datagrams
        .local_addr()
        .expect("an address")
        .to_string();
    stopped(&scene, "connect", &other, as_it_is, &REFUSED);
    stopped(&scene, "fast_open", &other, as_it_is, &REFUSED);
    stopped(&scene, "strange_sockets", "", as_it_is, &REFUSED);
    stopped(&scene, "udp", &datagrams, as_it_is, &REFUSED);
    stopped(
        &scene,
        "unix_socket",
        scene.socket.to_str().expect("a path"),
        as_it_is,
        &REFUSED,
    );
    stopped(
        &scene,
        "abstract_socket",
        &scene.abstract_name,
        as_it_is,
        &REFUSED,
    );

    let allowed = scene.allowed.local_addr().expect("an address").to_string();
    let elsewhere = scene
        .elsewhere
        .local_addr()
        .expect("an address")
        .to_string();
    for machine in MACHINES {
        let connect = |target: &str| {
            scene
                .outcome(machine, &scene.run(), &program("connect"), &[target])
                .1
                .ending
        };
        assert_eq!(
            connect(&allowed),
            Ending::Exited(THROUGH),
            "{machine:?} cannot reach its broker"
        );
        if machine != Machine::WithoutNamespaces {
            // The known gap of port rules, which the probe reports.
            assert_eq!(
                connect(&elsewhere),
                Ending::Exited(11),
                "{machine:?} reaches another machine"
            );
        }
    }
}

/// A process of the instructor's. It ends with the test, however that ends.
struct Bystander(Child);

impl Bystander {
    fn new() -> Self {
        Self(
            Command::new("sleep")
                .arg("1000")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("sleep starts"),
        )
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

#[test]
fn processes_outside_are_out_of_reach() {
    let scene = Scene::new();
    let mut bystander = Bystander::new();
    let process = bystander.0.id().to_string();
    stopped(&scene, "kill", &process, as_it_is, &REFUSED);
    stopped(&scene, "trace", &process, as_it_is, &REFUSED);

    let killed = [
        Ending::Signalled(2),
        Ending::Signalled(9),
        Ending::Signalled(15),
        Ending::Exited(11),
    ];
    for machine in MACHINES {
        let probe = jail::probe(&machine.wrapper(), scene.folder.path()).expect("the probe runs");
        if !probe
            .findings
            .iter()
            .any(|finding| finding.attack == Attack::Signal && finding.contained)
        {
            eprintln!(
                "skipped on {machine:?}: this kernel would let it kill whoever runs the test"
            );
            continue;
        }
        let (_, report) = scene.outcome(machine, &scene.run(), &program("kill_everything"), &[]);
        assert!(killed.contains(&report.ending), "{machine:?}: {report:?}");
    }
    assert!(
        bystander.0.try_wait().expect("a child").is_none(),
        "the bystander was killed"
    );
}

#[test]
fn the_kernel_offers_no_way_around() {
    let scene = Scene::new();
    stopped(&scene, "new_namespaces", "", as_it_is, &REFUSED);
    stopped(&scene, "strange_calls", "", as_it_is, &REFUSED);
    stopped(&scene, "shared_segments", "", as_it_is, &REFUSED);
    stopped(&scene, "memory_files", "", as_it_is, &REFUSED);
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
fn processes_are_bounded() {
    let scene = Scene::new();
    let few = |spec: &mut Spec| {
        spec.limits.processes = 24;
    };
    let too_many = [Ending::Limit(Bound::Processes)];
    stopped(&scene, "fork_bomb", "", few, &too_many);
}

#[test]
fn memory_is_bounded() {
    let scene = Scene::new();
    // Refused by the allocator (SIGABRT), or ended by the watch first.
    let full = [Ending::Signalled(6), Ending::Limit(Bound::Memory)];
    stopped(
        &scene,
        "hog_memory",
        "",
        |spec| spec.limits.address_space = 1 << 30,
        &full,
    );
    stopped(
        &scene,
        "share_memory_hog",
        "",
        as_it_is,
        &[Ending::Limit(Bound::Memory)],
    );
}

#[test]
fn time_is_bounded() {
    let scene = Scene::new();
    stopped(
        &scene,
        "burn",
        "",
        |spec| spec.limits.cpu_seconds = 1,
        &[Ending::Limit(Bound::Cpu)],
    );
    stopped(
        &scene,
        "burn_together",
        "",
        |spec| spec.limits.cpu_seconds = 1,
        &[Ending::Limit(Bound::Cpu)],
    );
    // Takes a second more, for nothing that differs between machines.
    let mut spec = scene.run();
    spec.limits.cpu_seconds = 1;
    let (_, report) = scene.outcome(Machine::Complete, &spec, &program("burn_stubbornly"), &[]);
    assert_eq!(report.ending, Ending::Limit(Bound::Cpu));
    stopped(
        &scene,
        "sleep_long",
        "",
        |spec| spec.limits.wall_ms = 200,
        &[Ending::Limit(Bound::Wall)],
    );
}

#[test]
fn disk_is_bounded() {
    let scene = Scene::new();
    let writable = with_folder(&scene);
    stopped(
        &scene,
        "large_file",
        "",
        &writable,
        &[Ending::Limit(Bound::FileSize)],
    );
    let small = |spec: &mut Spec| {
        writable(spec);
        spec.limits.disk = 8 << 20;
    };
    stopped(
        &scene,
        "many_files",
        "",
        small,
        &[Ending::Limit(Bound::Disk)],
    );
}

#[test]
fn a_flood_nobody_reads_ends_in_time() {
    let scene = Scene::new();
    for machine in MACHINES {
        let mut spec = scene.run();
        spec.limits.wall_ms = 300;
        let mut wrapper = machine
            .wrapper()
            .command(&spec, program("flood_output"))
            .stdout(Stdio::piped())
            .spawn()
            .expect("the wrapper starts");
        // The pipe stays full and open all the time.
        let output = wrapper.stdout.take().expect("a pipe");
        wrapper.wait().expect("it ends");
        assert!(output.as_raw_fd() > 2);
        let report = Report::read(&scene.report()).expect("a report");
        assert_eq!(report.ending, Ending::Limit(Bound::Wall), "{machine:?}");
    }
}

#[test]
fn a_daemon_ends_with_its_program() {
    let scene = Scene::new();
    for machine in MACHINES {
        // `output` returns once nobody holds the pipe any more: the test hangs if the daemon lives.
        let (output, report) = scene.outcome(machine, &scene.run(), &program("daemon"), &[]);
        assert_eq!(report.ending, Ending::Exited(11), "{machine:?}");
        assert!(
            String::from_utf8_lossy(&output.stdout).contains("daemon"),
            "{machine:?}: it never started"
        );
    }
}

#[test]
fn killing_the_tree_leaves_nothing() {
    let scene = Scene::new();
    for machine in MACHINES {
        let mut wrapper = machine
            .wrapper()
            .command(&scene.run(), program("daemon"))
            .stdout(Stdio::piped())
            .spawn()
            .expect("the wrapper starts");
        let mut output = BufReader::new(wrapper.stdout.take().expect("a pipe"));
        output
            .read_line(&mut String::new())
            .expect("the daemon is up");
        tree::kill(i32::try_from(wrapper.id()).expect("an id"));
        wrapper.wait().expect("it ended");
        // The end of the pipe comes only when the daemon is gone, too.
        output.read_to_end(&mut Vec::new()).expect("the end");
    }
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

#[test]
fn ctrl_c_reaches_the_program_and_sigterm_ends_everything() {
    let scene = Scene::new();
    for machine in MACHINES {
        for (signal, ending) in [("INT", Ending::Signalled(2)), ("TERM", Ending::Stopped)] {
            let mut spec = scene.run();
            spec.read_only.push("/bin".into());
            spec.read_only.push("/usr/bin".into());
            let mut wrapper = machine
                .wrapper()
                .command(&spec, "/bin/sh")
                .args(["-c", "echo up; exec sleep 1000"])
                .stdout(Stdio::piped())
                .spawn()
                .expect("the wrapper starts");
            let mut output = BufReader::new(wrapper.stdout.take().expect("a pipe"));
            output
                .read_line(&mut String::new())
                .expect("the program is up");
            let sent = Command::new("kill")
                .args(["-s", signal, &wrapper.id().to_string()])
                .status();
            assert!(sent.expect("kill runs").success());
            wrapper.wait().expect("it ends");
            let report = Report::read(&scene.report()).expect("a report");
            assert_eq!(report.ending, ending, "{machine:?}");
        }
    }
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
