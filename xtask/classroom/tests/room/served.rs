//! The room: Mosquitto as the program under test starts it, and who comes into it.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use nightlight::{BrokerAddress, Tunnel};
use rumqttc::{AsyncClient, MqttOptions};
use tempfile::TempDir;

use crate::client::Client;

/// A room of ada and bob, and where it is.
pub struct Room {
    process: Child,
    pub folder: PathBuf,
    said: String,
    _place: TempDir,
}

impl Room {
    pub fn open() -> Self {
        let place = tempfile::tempdir().unwrap();
        Self::open_in(place)
    }

    pub fn open_in(place: TempDir) -> Self {
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
    pub fn url(&self, user: &str) -> String {
        let begin = format!("mqtts://{user}:");
        let from = self.said.find(&begin).unwrap();
        self.said[from..]
            .split_whitespace()
            .next()
            .unwrap()
            .to_owned()
    }

    pub fn address(&self) -> SocketAddr {
        let url = self.url("ada");
        url.rsplit_once('@').unwrap().1.parse().unwrap()
    }

    /// A client in the room, by a tunnel as the programs have one.
    pub fn client(&self, url: &str, name: &str) -> Client {
        let broker: BrokerAddress = url.parse().unwrap();
        let authority = self.folder.join("authority.pem");
        let tunnel = Tunnel::open(&broker, Some(&authority)).unwrap();
        let mut options = MqttOptions::new(name, "127.0.0.1", tunnel.address().port());
        let (user, password) = broker.login().unwrap();
        options.set_credentials(user, password);
        let (client, events) = AsyncClient::new(options, 100);
        Client::new(client, events, tunnel)
    }

    /// The finished server of step 3, built with encryption, where a learner would start it.
    pub fn server(&self, id: &str, broker: Option<&str>) -> Child {
        let mut command = self.command(&program(), id);
        if let Some(broker) = broker {
            command.env("NIGHTLIGHT_BROKER", broker);
        }
        command.spawn().unwrap()
    }

    /// A program, where this learner would start it. It knows nothing but what its folder says.
    pub fn command(&self, program: &Path, id: &str) -> Command {
        let mut command = Command::new(program);
        for variable in ["ID", "BROKER", "BROKER_CA", "BOARD"] {
            command.env_remove(format!("NIGHTLIGHT_{variable}"));
        }
        command
            .current_dir(self.folder.join("learners").join(id))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Returns the place, for another room in the same folder.
    pub fn close(mut self) -> TempDir {
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
