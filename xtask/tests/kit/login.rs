//! A broker that asks for a user and a password.

use std::env;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::process::Command;

use arena::broker::Mosquitto;
use tempfile::TempDir;

use super::{root, step};

/// A Mosquitto that lets in ada only, whose password needs care in a URL.
async fn broker() -> Option<(Mosquitto, SocketAddr, TempDir)> {
    if Command::new("mosquitto_passwd").output().is_err() {
        let words = "SKIPPED: Mosquitto is not installed";
        assert!(env::var_os("NIGHTLIGHT_NO_SKIP").is_none(), "{words}");
        eprintln!("{words}");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let passwords = folder.path().join("passwords");
    fs::write(&passwords, "ada:p@ss/word\n").unwrap();
    let hashed = Command::new("mosquitto_passwd")
        .arg("-U")
        .arg(&passwords)
        .status();
    assert!(hashed.unwrap().success());
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let configuration = folder.path().join("mosquitto.conf");
    let text = format!(
        "listener {} 127.0.0.1\nallow_anonymous false\npassword_file {}\nlog_dest stderr\nlog_type all\n",
        address.port(),
        passwords.display()
    );
    // It would become a user who may not read a folder of root's.
    fs::write(&configuration, text + "user root\n").unwrap();
    let broker = Mosquitto::start_with(&configuration, address)
        .await
        .unwrap();
    Some((broker.unwrap(), address, folder))
}

fn check(broker: &str) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args([
            "check",
            step(4).name().as_str(),
            "--solutions",
            "--broker",
            broker,
        ])
        .current_dir(root())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

#[tokio::test]
async fn a_check_logs_in_everywhere_and_shows_the_password_nowhere() {
    let Some((_broker, address, _folder)) = broker().await else {
        return;
    };
    let (status, said) = check(&format!("mqtt://ada:p%40ss%2Fword@{address}"));
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains(&address.to_string()), "{said}");
    assert!(
        !said.contains("ss%2Fword") && !said.contains("p@ss"),
        "{said}"
    );
}

#[tokio::test]
async fn a_login_that_the_broker_refuses_is_no_fault_of_the_program() {
    let Some((_broker, address, _folder)) = broker().await else {
        return;
    };
    let (status, said) = check(&format!("mqtt://ada:secret@{address}"));
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("does not accept the checker"), "{said}");
    assert!(!said.contains("secret"), "{said}");
}
