//! A room as it is served: real Mosquitto, real programs of the lessons.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod client;
mod secure;
mod served;

use std::env;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use nightlight::{BrokerAddress, Tunnel};
use rumqttc::{AsyncClient, ConnectReturnCode, ConnectionError, MqttOptions};

use served::Room;

/// A test that waits longer than this hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// Says that Mosquitto is not there, and fails where that is no excuse.
fn skipped() -> bool {
    let found = Command::new("mosquitto_passwd").output().is_ok();
    if !found {
        let words = "SKIPPED: Mosquitto is not installed";
        assert!(env::var_os("NIGHTLIGHT_NO_SKIP").is_none(), "{words}");
        eprintln!("{words}");
    }
    !found
}

/// The first line that has these words in it.
fn line_with(stream: &mut (impl Read + ?Sized), words: &str) -> String {
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    lines.find(|line| line.contains(words)).unwrap()
}

#[tokio::test]
async fn a_learners_program_hears_its_own_device() {
    if skipped() {
        return;
    }
    let room = Room::open();
    let mut server = room.server("ada", None);
    let mut out = server.stdout.take().unwrap();
    assert_eq!(line_with(&mut out, "MQTT"), "MQTT connected!");
    let mut device = room.client(&room.url("ada"), "adanightlight_client");
    // A subscription of ours that follows the program's cannot be known of, so it is told twice.
    let heard = tokio::task::spawn_blocking(move || {
        let line = line_with(&mut out, "Message received");
        (line, out)
    });
    while !heard.is_finished() {
        device.publish("ada/telemetry", r#"{"light":123}"#).await;
    }
    // More may be on its way: a program must not print to nobody.
    let (line, _out) = heard.await.unwrap();
    assert_eq!(line, r#"Message received: {"light":123}"#);

    let killed = Command::new("kill")
        .args(["-INT", &server.id().to_string()])
        .status();
    assert!(killed.unwrap().success());
    assert_eq!(server.wait().unwrap().code(), Some(0));
}

#[tokio::test]
async fn nobody_reads_or_writes_what_is_anothers() {
    if skipped() {
        return;
    }
    let room = Room::open();
    let mut teacher = room.client(&room.url("teacher"), "projector");
    teacher.subscribe("#").await;
    let mut ada = room.client(&room.url("ada"), "ada");
    ada.subscribe("#").await;
    let mut bob = room.client(&room.url("bob"), "bob");
    bob.subscribe("bob/#").await;

    bob.publish("bob/telemetry", "bob's").await;
    ada.publish("bob/commands", "not ada's to say").await;
    ada.publish("bobby", "nobody's").await;
    ada.publish("ada/telemetry", "ada's").await;
    bob.publish("bob/telemetry", "bob's last").await;
    teacher
        .publish("ada/commands", "the teacher only listens")
        .await;
    teacher.publish("teacher/notes", "end").await;

    // What did not come before this did not come.
    assert_eq!(teacher.hear().await, "bob/telemetry bob's");
    assert_eq!(teacher.hear().await, "ada/telemetry ada's");
    assert_eq!(teacher.hear().await, "bob/telemetry bob's last");
    assert_eq!(teacher.hear().await, "teacher/notes end");
    assert_eq!(ada.hear().await, "ada/telemetry ada's");
    ada.publish("ada/telemetry", "ada's last").await;
    assert_eq!(ada.hear().await, "ada/telemetry ada's last");
    assert_eq!(bob.hear().await, "bob/telemetry bob's");
    assert_eq!(bob.hear().await, "bob/telemetry bob's last");
}

#[tokio::test]
async fn a_client_that_takes_anothers_name_takes_nothing_else() {
    if skipped() {
        return;
    }
    let room = Room::open();
    let mut teacher = room.client(&room.url("teacher"), "projector");
    teacher.subscribe("#").await;
    let mut ada = room.client(&room.url("ada"), "adanightlight_client");
    ada.subscribe("ada/commands").await;
    let mut thief = room.client(&room.url("bob"), "adanightlight_client");
    thief.subscribe("ada/commands").await;
    thief.publish("ada/telemetry", "not ada's").await;
    thief.publish("bob/telemetry", "bob's").await;
    assert_eq!(teacher.hear().await, "bob/telemetry bob's");
    assert!(ada.events.poll().await.is_err(), "ada is thrown out");
}

#[tokio::test]
async fn a_wrong_password_is_refused_in_plain_words() {
    if skipped() {
        return;
    }
    let room = Room::open();
    let wrong = format!("mqtts://ada:wrong@{}", room.address());
    let mut server = room.server("ada", Some(&wrong));
    let words = line_with(server.stderr.as_mut().unwrap(), "refuses this client");
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(words.contains("NotAuthorized"), "{words}");
    let mut nobody = room.client(&wrong, "ada");
    let refused = nobody.events.poll().await.unwrap_err();
    assert!(
        matches!(
            refused,
            ConnectionError::ConnectionRefused(ConnectReturnCode::NotAuthorized)
        ),
        "{refused:?}"
    );
}

#[tokio::test]
async fn nobody_gets_in_without_encryption() {
    if skipped() {
        return;
    }
    let room = Room::open();
    let mut options = MqttOptions::new("ada", "127.0.0.1", room.address().port());
    let url: BrokerAddress = room.url("ada").parse().unwrap();
    let (user, password) = url.login().unwrap();
    options.set_credentials(user, password);
    let (_client, mut events) = AsyncClient::new(options, 10);
    let answer = tokio::time::timeout(LIMIT, events.poll()).await.unwrap();
    assert!(answer.is_err(), "{answer:?}");
}

#[tokio::test]
async fn a_restart_keeps_passwords_and_authority() {
    if skipped() {
        return;
    }
    let room = Room::open();
    let (before, pem) = (
        room.url("ada"),
        room.folder.join("learners/ada/authority.pem"),
    );
    let kept = tempfile::tempdir().unwrap();
    let authority = kept.path().join("authority.pem");
    std::fs::copy(pem, &authority).unwrap();

    let again = Room::open_in(room.close());
    let password = |url: &str| url.split('@').next().unwrap().to_owned();
    assert_eq!(password(&before), password(&again.url("ada")));
    let broker = again.url("ada").parse().unwrap();
    let tunnel = Tunnel::open(&broker, Some(&authority)).unwrap();
    tunnel.probe().unwrap();
}

#[test]
fn a_port_in_use_is_said() {
    if skipped() {
        return;
    }
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let place = tempfile::tempdir().unwrap();
    let refused = Command::new(env!("CARGO_BIN_EXE_classroom"))
        .args(["--classroom", "--learners", "1", "--port", &port, "--out"])
        .arg(place.path().join("room"))
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("--port N"), "{said}");
}
