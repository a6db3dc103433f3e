//! The solutions' own manners, where no check looks: what they say when they cannot work, and how
//! they leave.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use checks::compile::compile;
use checks::subject::Subject;
use course::{SERVER, Step, steps};

use super::root;

async fn server() -> PathBuf {
    let step = steps().iter().find(|step| step.program(SERVER).is_ok());
    server_of(step.unwrap()).await
}

async fn server_of(step: &'static Step) -> PathBuf {
    let built = compile(&root(), &Subject::Solutions, step).await;
    let mut programs = built.unwrap().programs.into_iter();
    programs.find(|(id, _)| *id == SERVER).unwrap().1
}

fn start(program: &PathBuf, broker: &str) -> Child {
    Command::new(program)
        .env("NIGHTLIGHT_ID", "somebody")
        .env("NIGHTLIGHT_BROKER", broker)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The first line on standard error that has these words in it.
fn line_with(child: &mut Child, words: &str) -> String {
    let lines = BufReader::new(child.stderr.as_mut().unwrap()).lines();
    lines
        .map(Result::unwrap)
        .find(|line| line.contains(words))
        .unwrap()
}

#[cfg(unix)]
#[tokio::test]
async fn without_a_broker_it_says_so_and_still_leaves_on_ctrl_c() {
    // Bound and closed again: nobody listens there.
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut child = start(&server().await, &format!("mqtt://{nobody}"));
    let line = line_with(&mut child, "No connection to the broker");
    assert!(line.contains("Is it running?"), "{line}");
    let killed = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[tokio::test]
async fn a_refusal_is_told_from_a_dead_broker_and_tried_again() {
    let broker = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut child = start(
        &server().await,
        &format!("mqtt://{}", broker.local_addr().unwrap()),
    );
    for _ in 0..2 {
        let (mut line, _) = broker.accept().unwrap();
        let mut connect = [0; 14];
        line.read_exact(&mut connect).unwrap();
        // CONNACK with return code 5, not authorized (MQTT 3.1.1, section 3.2.2.3).
        line.write_all(&[0x20, 2, 0, 5]).unwrap();
    }
    let line = line_with(&mut child, "refuses this client");
    assert!(line.contains("NotAuthorized"), "{line}");
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Somebody takes the connection and never says a word: no handshake goes on for ever.
#[tokio::test]
async fn a_silent_port_is_given_up_and_tried_again() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let step = steps().iter().find(|step| step.tls).unwrap();
    let broker = format!("mqtts://{}", silent.local_addr().unwrap());
    let mut child = start(&server_of(step).await, &broker);
    let (_first, _) = silent.accept().unwrap();
    let line = line_with(&mut child, "No connection to the broker");
    assert!(line.contains("timeout"), "{line}");
    let (_second, _) = silent.accept().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn without_an_id_it_says_how_to_choose_one() {
    let folder = tempfile::TempDir::new().unwrap();
    let output = Command::new(server().await)
        .current_dir(folder.path())
        .env_remove("NIGHTLIGHT_ID")
        .env_remove("CARGO_MANIFEST_DIR")
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("no id is chosen yet") && error.contains("NIGHTLIGHT_ID"),
        "{error}"
    );
}

#[tokio::test]
async fn a_mistake_in_the_settings_file_is_shown_with_its_line() {
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::write(
        folder.path().join("nightlight.toml"),
        "id = \"me\"\nbrocker = \"x\"\n",
    )
    .unwrap();
    let output = Command::new(server().await)
        .current_dir(folder.path())
        .env_remove("NIGHTLIGHT_ID")
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("nightlight.toml:2:1") && error.contains("brocker"),
        "{error}"
    );
}

#[tokio::test]
async fn a_broker_beyond_plain_tcp_needs_a_feature_and_the_program_says_which() {
    for (broker, feature) in [
        ("mqtts://ada:secret@localhost", "--features tls"),
        ("ws://ada:secret@localhost/mqtt", "--features websocket"),
        ("wss://ada:secret@localhost/mqtt", "--features websocket"),
    ] {
        let mut child = start(&server().await, broker);
        let mut said = String::new();
        let mut stderr = child.stderr.take().unwrap();
        stderr.read_to_string(&mut said).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(1));
        assert!(said.contains("cargo run -p "), "{said}");
        assert!(said.contains(feature), "{said}");
        assert!(!said.contains("secret"), "{said}");
    }
}
