//! What each broker was seen to do, and how a check gets on with one that asks for a password. The
//! guide shows the table; who claims more is wrong.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod client;
mod cluster;
mod facts;
mod forbidden;
mod login;
mod version5;

use std::env;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Command;

use arena::broker::{Access, Broker, BrokerChoice, Embedded, Mosquitto};
use arena::loopback;
use facts::FACTS;

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

#[tokio::test]
async fn the_table_in_the_guide_is_what_was_seen() {
    if skipped() {
        return;
    }
    // The one to play with: that of a scene keeps less for its clients.
    let embedded = Embedded::start(loopback::at(0)).await.unwrap();
    let mosquitto = Broker::start(&BrokerChoice::Mosquitto).await.unwrap();
    let mut table = String::from("| | the kit's broker | Mosquitto |\n|---|---|---|\n");
    for (what, see) in FACTS {
        let ours = see(embedded.address()).await;
        let theirs = see(mosquitto.address()).await;
        table += &format!("| {what} | {ours} | {theirs} |\n");
    }
    let (_strict, address, _folder) = with_password("secret").await;
    // As `cargo xtask broker --listen` has it.
    let access = Access::default().user("ada", "secret").unauthorized();
    let asking = Embedded::serve(loopback::at(0), access, None).await;
    let ours = facts::wrong_password(asking.unwrap().address()).await;
    let theirs = facts::wrong_password(address).await;
    table += &format!("| asked for a password, a wrong one gets | {ours} | {theirs} |\n");
    let word = |is| if is { "yes" } else { "no" };
    let ours = word(forbidden::explains_itself(embedded.address()).await);
    let theirs = word(forbidden::explains_itself(mosquitto.address()).await);
    table += &format!(
        "| a client of MQTT 5 that sends a topic alias of 0, which is forbidden, is told so \
         with a DISCONNECT | {ours} | {theirs} |\n"
    );

    recorded("brokers", &table);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_mqtt_5_has_beside_it_is_what_was_seen() {
    if skipped() {
        return;
    }
    let embedded = Broker::start(&BrokerChoice::Embedded).await.unwrap();
    let mosquitto = Broker::start(&BrokerChoice::Mosquitto).await.unwrap();
    let both = tokio::join!(
        version5::facts(embedded.address()),
        version5::facts(mosquitto.address())
    );
    let mut table = String::from("| | the kit's broker | Mosquitto |\n|---|---|---|\n");
    for ((what, ours), (_, theirs)) in both.0.into_iter().zip(both.1) {
        table += &format!("| {what} | {ours} | {theirs} |\n");
    }
    recorded("mqtt5", &table);
}

/// Compares a table with the one that the guide shows.
fn recorded(name: &str, table: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../transcripts");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, table));
}

/// The kit's root folder, as cargo names it now: the one it was built in may have been moved.
fn root() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR").unwrap();
    PathBuf::from(package).join("..").canonicalize().unwrap()
}

/// A Mosquitto that lets in ada only, with this password.
async fn with_password(password: &str) -> (Mosquitto, SocketAddr, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let passwords = folder.path().join("passwords");
    fs::write(&passwords, format!("ada:{password}\n")).unwrap();
    let hashed = Command::new("mosquitto_passwd")
        .arg("-U")
        .arg(&passwords)
        .status();
    assert!(hashed.unwrap().success());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let configuration = folder.path().join("mosquitto.conf");
    // Root's Mosquitto would become a user who may not read a folder of root's.
    let text = format!(
        "user root\nlistener {} 127.0.0.1\nallow_anonymous false\npassword_file {}\n\
         log_dest stderr\nlog_type all\n",
        address.port(),
        passwords.display()
    );
    fs::write(&configuration, text).unwrap();
    let broker = Mosquitto::start_with(&configuration, address).await;
    (broker.unwrap().unwrap(), address, folder)
}
