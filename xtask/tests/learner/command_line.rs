//! The command line: exit statuses, what goes to which stream, what a beginner reads.

use std::io::Read;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use assert_cmd::assert::OutputAssertExt;
use course::steps;
use serde_json::Value;

use super::{first, root, subject_of};

fn xtask(arguments: &[&str]) -> Command {
    let mut command = super::kit::xtask(arguments);
    command.current_dir(root());
    command
}

/// Standard error of a command that must end with status 2 and print nothing else.
fn refusal(arguments: &[&str]) -> String {
    let output = xtask(arguments).assert().code(2).get_output().clone();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn an_unknown_step_gets_a_suggestion() {
    let package = &first().package;
    let typed = &package[..package.len() - 1];
    let error = refusal(&["check", typed]);
    let words = format!("there is no step `{typed}`. Did you mean `{package}`?");
    assert!(error.contains(&words), "{error}");
}

#[test]
fn a_broker_that_does_not_parse_is_refused() {
    let error = refusal(&["check", &first().name(), "--broker", "tcp://example"]);
    assert!(error.contains("mqtt://127.0.0.1:1883"), "{error}");
}

#[test]
fn a_broker_that_does_not_answer_is_refused() {
    // Bound and closed again: nobody listens there.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let broker = format!("mqtt://127.0.0.1:{port}");
    let error = refusal(&["check", &first().name(), "--solutions", "--broker", &broker]);
    assert!(
        error.contains("does not answer") && error.contains("Is it running?"),
        "{error}"
    );
}

#[test]
fn who_only_listens_is_neither_a_broker_nor_a_board() {
    let dumb = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = dumb.local_addr().unwrap();
    std::thread::spawn(move || dumb.incoming().for_each(drop));

    let broker = format!("mqtt://{address}");
    let error = refusal(&["check", &first().name(), "--solutions", "--broker", &broker]);
    assert!(error.contains("lets no MQTT client in"), "{error}");

    let mut doctor = xtask(&["doctor"]);
    doctor
        .env("NIGHTLIGHT_ID", "abcdefgh-1")
        .env("NIGHTLIGHT_BROKER", &broker)
        .env("NIGHTLIGHT_BOARD", format!("http://{address}"));
    let said = String::from_utf8(doctor.output().unwrap().stdout).unwrap();
    assert!(said.contains("! no broker at"), "{said}");
    assert!(said.contains("! no board answers at"), "{said}");
}

#[test]
fn a_port_in_use_is_said() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for command in ["broker", "board"] {
        let error = refusal(&[command, "--port", &port]);
        assert!(
            error.contains(&format!("port {port} is taken by "))
                && error.contains(&format!("`cargo xtask {command} --port 0`")),
            "{command}: {error}"
        );
        // Only there the system tells of one's own programs.
        if cfg!(target_os = "linux") {
            let holder = format!(", process {}.", std::process::id());
            assert!(error.contains(&holder), "{command}: {error}");
        }
    }
}

#[test]
fn a_folder_that_is_not_there_is_refused() {
    let error = refusal(&["check", &first().name(), "--subject", "nowhere/at/all"]);
    assert!(
        error.contains("there is no folder nowhere/at/all"),
        "{error}"
    );
}

#[test]
fn outside_the_kit_nothing_works_and_it_says_why() {
    let elsewhere = tempfile::TempDir::new().unwrap();
    let mut command = xtask(&["list"]);
    let output = command
        .current_dir(elsewhere.path())
        .assert()
        .code(2)
        .get_output()
        .clone();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("is not inside the kit"), "{error}");
}

#[test]
fn a_passing_check_is_one_line_of_json() {
    let arguments = [
        "check",
        &first().name(),
        "--solutions",
        "--seed",
        "42",
        "--format",
        "json",
    ];
    let output = xtask(&arguments).assert().success().get_output().clone();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 1);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["step"], first().name());
    assert_eq!(report["subject"], "solutions");
    assert_eq!(report["status"], "pass");
    assert_eq!(report["seed"], 42);
    assert_eq!(report["broker"], "embedded");
    assert_eq!(report["points"], report["max_points"]);
    assert!(
        report["transcript"]
            .as_str()
            .unwrap()
            .contains("CONNECT <id>nightlight_client")
    );
    assert!(report["timings"]["run_ms"].as_u64().is_some());
    let criterion = &report["criteria"][0];
    for key in ["id", "title", "chapter"] {
        assert!(criterion[key].is_string(), "{key}");
    }
    assert_eq!(criterion["status"], "pass");
    assert!(criterion["hint"].is_null());
}

#[test]
fn a_failing_check_ends_with_status_1_and_says_what_to_do() {
    let (folder, _) = subject_of("fn main() {}");
    let folder = folder.path().display().to_string();
    let output = xtask(&["check", &first().name(), "--subject", &folder])
        .assert()
        .code(1);
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    for words in [
        "✗ The program connects",
        "expected",
        "but saw",
        "hint",
        "cargo xtask book step",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains('\u{1b}'), "no colours in a pipe: {text}");

    let arguments = [
        "check",
        &first().name(),
        "--subject",
        &folder,
        "--format",
        "json",
    ];
    let output = xtask(&arguments).assert().code(1).get_output().clone();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["status"], "fail");
    let criterion = &report["criteria"][0];
    assert_eq!(criterion["status"], "fail");
    for key in ["expected", "actual", "hint"] {
        assert!(criterion[key].is_string(), "{key}");
    }
    assert_ne!(criterion["expected"], criterion["actual"]);
}

#[test]
fn a_closed_pipe_is_no_error() {
    let mut child = xtask(&["list"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut error = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut error)
        .unwrap();
    assert!(child.wait().unwrap().success(), "{error}");
    assert_eq!(error, "");
}

#[test]
fn list_names_every_step() {
    let output = xtask(&["list"]).assert().success().get_output().clone();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), steps().len());
    for step in steps() {
        assert!(text.contains(&step.name()), "{text}");
    }
}

/// The learner's program and whatever it started are gone when the check is.
#[cfg(unix)]
#[test]
fn ctrl_c_leaves_no_process_behind() {
    // The program reports to the test over a connection that lives as long as it does, and so
    // does the child it starts.
    let source = r#"
        use std::io::Write;
        fn main() {
            ctrlc::set_handler(|| {}).unwrap();
            let mut line = std::net::TcpStream::connect(std::env::var("TEST_PLACE").unwrap()).unwrap();
            line.write_all(b"!").unwrap();
            if std::env::args().count() == 1 {
                let mut again = std::process::Command::new(std::env::current_exe().unwrap());
                again.arg("child").spawn().unwrap();
            }
            loop { std::thread::park() }
        }"#;
    let (folder, _) = subject_of(source);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut check = xtask(&[
        "check",
        &first().name(),
        "--subject",
        &folder.path().display().to_string(),
    ])
    .env("TEST_PLACE", listener.local_addr().unwrap().to_string())
    .stdout(Stdio::null())
    .stderr(Stdio::null())
    .spawn()
    .unwrap();
    // Two scenes, each with a program and its child.
    let mut lines: Vec<_> = (0..4)
        .map(|_| {
            let (mut line, _) = listener.accept().unwrap();
            let mut hello = [0];
            line.read_exact(&mut hello).unwrap();
            line
        })
        .collect();

    let interrupted = Command::new("kill")
        .args(["-INT", &check.id().to_string()])
        .status()
        .unwrap();
    assert!(interrupted.success());
    assert_eq!(check.wait().unwrap().code(), Some(2));
    for line in &mut lines {
        let mut rest = Vec::new();
        // Comes back only when the process at the other end is gone.
        let _ = line.read_to_end(&mut rest);
    }
}

#[test]
fn a_copy_without_solutions_says_that_it_has_no_wrong_programs() {
    let copy = tempfile::TempDir::new().unwrap();
    for folder in ["xtask", "lessons"] {
        std::fs::create_dir(copy.path().join(folder)).unwrap();
    }
    let output = xtask(&["check", "all", "--mutants"])
        .current_dir(copy.path())
        .assert()
        .code(2)
        .get_output()
        .clone();
    let error = String::from_utf8_lossy(&output.stderr);
    let words = format!("this copy of the kit has no solutions/{}", first().folder);
    assert!(error.contains(&words), "{error}");
}
