//! A broker that asks for a user and a password.

use std::process::Command;

use course::{DEVICE, SERVER, Step, steps};

use super::{root, skipped, with_password};

/// It needs care in a URL.
const PASSWORD: &str = "p@ss/word";

fn check(broker: &str) -> (Option<i32>, String) {
    let has = |step: &&Step| [DEVICE, SERVER].iter().all(|id| step.program(*id).is_ok());
    let both = steps().iter().find(has).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["check", &both.name(), "--solutions", "--broker", broker])
        .current_dir(root())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_logs_in_everywhere_and_shows_the_password_nowhere() {
    if skipped() {
        return;
    }
    let (_broker, address, _folder) = with_password(PASSWORD).await;
    let (status, said) = check(&format!("mqtt://ada:p%40ss%2Fword@{address}"));
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains(&address.to_string()), "{said}");
    assert!(
        !said.contains("ss%2Fword") && !said.contains("p@ss"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_the_broker_refuses_is_no_fault_of_the_program() {
    if skipped() {
        return;
    }
    let (_broker, address, _folder) = with_password(PASSWORD).await;
    let (status, said) = check(&format!("mqtt://ada:secret@{address}"));
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("does not accept the checker"), "{said}");
    assert!(!said.contains("secret"), "{said}");
}
