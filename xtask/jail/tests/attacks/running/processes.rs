//! Other people's processes, and its own that should end with it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use jail::{Attack, Ending, Report, tree};

use super::{REFUSED, as_it_is, stopped};
use crate::scene::{MACHINES, Scene, program};

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
