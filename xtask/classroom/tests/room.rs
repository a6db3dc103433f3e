//! A room as it is served: real Mosquitto, real programs of the lessons.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::collections::VecDeque;
use std::env;
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use nightlight::{BrokerAddress, Tunnel};
use rumqttc::{
    AsyncClient, ConnectReturnCode, ConnectionError, Event, EventLoop, MqttOptions, Packet, QoS,
};
use tempfile::TempDir;

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

/// A room of ada and bob, and where it is.
struct Room {
    process: Child,
    folder: PathBuf,
    said: String,
    _place: TempDir,
}

impl Room {
    fn open() -> Self {
        let place = tempfile::tempdir().unwrap();
        Self::open_in(place)
    }

    fn open_in(place: TempDir) -> Self {
        let learners = place.path().join("learners.txt");
        std::fs::write(&learners, "ada\nbob\n").unwrap();
        let folder = place.path().join("room with spaces");
        // Bound and closed again: nobody listens there.
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut process = Command::new(env!("CARGO_BIN_EXE_classroom"))
            .arg("--classroom")
            .arg("--learners")
            .arg(&learners)
            .args(["--port", &port.to_string()])
            .arg("--out")
            .arg(&folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut lines = BufReader::new(process.stdout.as_mut().unwrap());
        while !said.contains("Ctrl-C ends it") {
            assert_ne!(lines.read_line(&mut said).unwrap(), 0, "it ended: {said}");
        }
        Self {
            process,
            folder,
            said,
            _place: place,
        }
    }

    /// As it stands in the learner's `nightlight.toml`.
    fn url(&self, user: &str) -> String {
        let begin = format!("mqtts://{user}:");
        let from = self.said.find(&begin).unwrap();
        self.said[from..]
            .split_whitespace()
            .next()
            .unwrap()
            .to_owned()
    }

    fn address(&self) -> SocketAddr {
        let url = self.url("ada");
        url.rsplit_once('@').unwrap().1.parse().unwrap()
    }

    /// A client in the room, by a tunnel as the programs have one.
    fn client(&self, url: &str, name: &str) -> Client {
        let broker: BrokerAddress = url.parse().unwrap();
        let authority = self.folder.join("authority.pem");
        let tunnel = Tunnel::open(&broker, Some(&authority)).unwrap();
        let mut options = MqttOptions::new(name, "127.0.0.1", tunnel.address().port());
        let (user, password) = broker.login().unwrap();
        options.set_credentials(user, password);
        let (client, events) = AsyncClient::new(options, 100);
        Client {
            client,
            events,
            heard: VecDeque::new(),
            _tunnel: tunnel,
        }
    }

    /// The finished server of step 3, built with encryption, where a learner would start it.
    fn server(&self, id: &str, broker: Option<&str>) -> Child {
        let mut command = Command::new(program());
        for variable in ["ID", "BROKER", "BROKER_CA", "BOARD"] {
            command.env_remove(format!("NIGHTLIGHT_{variable}"));
        }
        if let Some(broker) = broker {
            command.env("NIGHTLIGHT_BROKER", broker);
        }
        command
            .current_dir(self.folder.join("learners").join(id))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Returns the place, for another room in the same folder.
    fn close(mut self) -> TempDir {
        assert_eq!(self.end(), Some(0));
        std::mem::replace(&mut self._place, tempfile::tempdir().unwrap())
    }

    /// As Ctrl-C does: a room that is killed could not end its Mosquitto.
    fn end(&mut self) -> Option<i32> {
        let _ = Command::new("kill")
            .args(["-INT", &self.process.id().to_string()])
            .status();
        self.process.wait().unwrap().code()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if let Ok(None) = self.process.try_wait() {
            self.end();
        }
    }
}

struct Client {
    client: AsyncClient,
    events: EventLoop,
    /// What came while it waited for something else, as `topic payload`.
    heard: VecDeque<String>,
    _tunnel: Tunnel,
}

impl Client {
    /// Goes round until this packet is there.
    async fn until(&mut self, found: impl Fn(&Packet) -> bool) {
        let search = async {
            loop {
                let event = self.events.poll().await.unwrap();
                let Event::Incoming(packet) = event else {
                    continue;
                };
                if let Packet::Publish(message) = &packet {
                    let payload = String::from_utf8_lossy(&message.payload);
                    self.heard.push_back(format!("{} {payload}", message.topic));
                }
                if found(&packet) {
                    return;
                }
            }
        };
        tokio::time::timeout(LIMIT, search).await.unwrap();
    }

    async fn subscribe(&mut self, filter: &str) {
        self.client
            .subscribe(filter, QoS::AtLeastOnce)
            .await
            .unwrap();
        self.until(|packet| matches!(packet, Packet::SubAck(_)))
            .await;
    }

    /// Returns when the broker has it, whatever it does with it.
    async fn publish(&mut self, topic: &str, payload: &str) {
        let sent = self.client.publish(topic, QoS::AtLeastOnce, false, payload);
        sent.await.unwrap();
        self.until(|packet| matches!(packet, Packet::PubAck(_)))
            .await;
    }

    /// The next message's topic and payload.
    async fn hear(&mut self) -> String {
        if self.heard.is_empty() {
            self.until(|packet| matches!(packet, Packet::Publish(_)))
                .await;
        }
        self.heard.pop_front().unwrap()
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap()
}

/// In a target folder of its own: other tests run the same program without encryption.
fn program() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT
        .get_or_init(|| {
            let target = root().join("target/tls");
            let built = launch::cargo()
                .args([
                    "build",
                    "--quiet",
                    "-p",
                    "server-solution",
                    "--features",
                    "tls",
                ])
                .arg("--target-dir")
                .arg(&target)
                .current_dir(root())
                .status();
            assert!(built.unwrap().success());
            target.join("debug/server-solution")
        })
        .clone()
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
