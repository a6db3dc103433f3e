//! The configurations that the chapters about an own broker show, each given to a Mosquitto on a
//! free port. Where Mosquitto is not installed there is nothing to try.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod certificates;
mod machine;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Instant;

use rumqttc::{Client, ConnectReturnCode, ConnectionError, Event, MqttOptions, Packet};

use machine::{PATIENCE, PAUSE, free_port, mosquitto, open_folder};

/// What the broker said to a client.
#[derive(Debug, PartialEq)]
enum Answer {
    Welcome,
    Refused(ConnectReturnCode),
}

struct Mosquitto {
    child: Child,
    port: u16,
    /// Its files live as long as it does.
    _folder: tempfile::TempDir,
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Mosquitto {
    /// Starts one with these lines of the chapter, on loopback and a free port, with the password
    /// file that the chapter makes.
    fn start(program: &Path, lines: &str) -> Self {
        let folder = open_folder();
        let passwords = folder.path().join("passwd");
        let made = Command::new("mosquitto_passwd")
            .args(["-b", "-c"])
            .arg(&passwords)
            .args(["ada", "secret"])
            .status();
        assert!(made.unwrap().success(), "mosquitto_passwd");
        let port = free_port();
        let lines = lines
            .replace(
                "listener 1883 0.0.0.0",
                &format!("listener {port} 127.0.0.1"),
            )
            .replace("/etc/mosquitto/passwd", passwords.to_str().unwrap());
        assert!(lines.contains(&port.to_string()), "{lines}");
        give_away(&passwords);
        let configuration = folder.path().join("nightlight.conf");
        fs::write(&configuration, lines).unwrap();
        let child = Command::new(program)
            .arg("-c")
            .arg(&configuration)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            child,
            port,
            _folder: folder,
        }
    }

    fn asked_by(&mut self, login: Option<(&str, &str)>) -> Answer {
        let start = Instant::now();
        let mut options = MqttOptions::new("own-broker-test", "127.0.0.1", self.port);
        if let Some((user, password)) = login {
            options.set_credentials(user, password);
        }
        // Kept until the end: without a client the connection has nobody to work for.
        let (_client, mut connection) = Client::new(options, 10);
        for event in connection.iter() {
            match event {
                Ok(Event::Incoming(Packet::ConnAck(_))) => return Answer::Welcome,
                Err(ConnectionError::ConnectionRefused(reason)) => return Answer::Refused(reason),
                Ok(_) => {}
                Err(error) => {
                    let ended = self.child.try_wait().unwrap();
                    assert!(ended.is_none(), "Mosquitto ended: {ended:?}");
                    assert!(start.elapsed() < PATIENCE, "no answer: {error}");
                    thread::sleep(PAUSE);
                }
            }
        }
        unreachable!("the connection goes on until it is dropped")
    }
}

/// As the chapter says, where the test may do it: the file belongs to the user `mosquitto`, and
/// nobody else reads it. Whoever is not root runs Mosquitto as who they are.
fn give_away(passwords: &Path) {
    for (command, argument) in [("chown", "mosquitto:"), ("chmod", "600")] {
        // Not everybody may give a file away, and not every system has the command.
        let _ = Command::new(command)
            .arg(argument)
            .arg(passwords)
            .stderr(Stdio::null())
            .status();
    }
}

/// The blocks of the chapter that are a listener's configuration.
fn shown() -> Vec<String> {
    let chapter = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/own-broker.md");
    let text = fs::read_to_string(chapter).unwrap();
    let blocks = text.split("```text\n").skip(1);
    let blocks = blocks.filter_map(|rest| rest.split_once("```"));
    blocks
        .map(|(block, _)| block.to_owned())
        .filter(|block| block.starts_with("listener "))
        .collect()
}

#[test]
fn each_configuration_of_the_chapter_lets_in_whom_it_says() {
    let Some(program) = mosquitto() else {
        return;
    };
    let [open, with_password] = shown().try_into().expect("two configurations");

    let mut broker = Mosquitto::start(&program, &open);
    assert_eq!(broker.asked_by(None), Answer::Welcome);
    drop(broker);

    let mut broker = Mosquitto::start(&program, &with_password);
    let refused = Answer::Refused(ConnectReturnCode::NotAuthorized);
    assert_eq!(broker.asked_by(Some(("ada", "secret"))), Answer::Welcome);
    assert_eq!(broker.asked_by(None), refused);
    assert_eq!(broker.asked_by(Some(("ada", "guess"))), refused);
}

/// A listener in the configuration, and nothing else: the rule that the chapter warns of.
#[test]
fn a_listener_alone_refuses_whoever_has_no_password() {
    let Some(program) = mosquitto() else {
        return;
    };
    let mut broker = Mosquitto::start(&program, "listener 1883 0.0.0.0\n");
    let refused = Answer::Refused(ConnectReturnCode::NotAuthorized);
    assert_eq!(broker.asked_by(None), refused);
}
