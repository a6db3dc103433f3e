//! The clients of MQTT 5 that people have in Python, at `cargo xtask broker --ws`.

use std::path::PathBuf;
use std::process::Stdio;

use tokio::process::Command;

use crate::serving::{LIMIT, Serving, port_in};
use crate::{root, skip};

/// The Python that has them.
fn python() -> Option<PathBuf> {
    let python = root().join("target/clients/bin/python");
    let look = std::process::Command::new(&python)
        .args(["-c", "import aiomqtt"])
        .stderr(Stdio::null())
        .status();
    if look.is_ok_and(|status| status.success()) {
        return Some(python);
    }
    skip(
        "clients of MQTT 5 in Python",
        "they are not installed in target/clients",
        "python3 -m venv target/clients && target/clients/bin/pip install --no-deps -r \
         xtask/interop/requirements.txt",
    );
    None
}

#[tokio::test]
async fn paho_and_aiomqtt_connect_and_stay() {
    let Some(python) = python() else { return };
    let mut broker = Serving::start(&["broker", "--port", "0", "--ws", "0"], "alone");
    let port = port_in(&broker.until("A broker listens on mqtt://").await);
    let websocket = port_in(&broker.until("by WebSocket, at ws://").await);
    let mut clients = Command::new(python);
    clients
        .arg(root().join("xtask/interop/version5.py"))
        .args([port.to_string(), websocket.to_string()])
        .kill_on_drop(true);
    let told = tokio::time::timeout(LIMIT, clients.output()).await;
    let told = told.unwrap().unwrap();
    assert!(told.status.success(), "{told:?}");
    // One whom the broker does not understand comes again and again.
    let (status, said) = broker.end().await;
    let comes = said.iter().filter(|line| line.ends_with(" connects"));
    assert_eq!(comes.count(), 3, "{said:?}");
    assert!(status.success());
}
