//! Our board with CounterFit's published libraries, and our device on the published CounterFit.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use arena::loopback;
use arena::peer::Peer;
use course::DEVICE;
use live::LiveBoard;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::table::{LIMIT, Player, Table};
use crate::{root, skip};

/// How often what cannot tell by itself is asked.
const AGAIN: Duration = Duration::from_millis(50);

/// The Python that has CounterFit's packages, and Paho.
pub fn python(test: &str) -> Option<PathBuf> {
    const LOOK: &str = "from importlib.util import find_spec
for package in ('CounterFit', 'counterfit_connection', 'counterfit_shims_grove', 'paho'):
    assert find_spec(package), package";
    let folder = root().join("target/counterfit");
    let python = ["bin/python", "Scripts/python.exe"]
        .map(|place| folder.join(place))
        .into_iter()
        .find(|python| {
            let look = std::process::Command::new(python)
                .args(["-c", LOOK])
                .stderr(Stdio::null())
                .status();
            look.is_ok_and(|status| status.success())
        });
    if python.is_none() {
        skip(
            test,
            "CounterFit and Paho are not all installed in target/counterfit",
            "python3 -m venv target/counterfit && target/counterfit/bin/pip install --no-deps -r \
             xtask/live/counterfit/requirements.txt",
        );
    }
    python
}

fn script(python: &PathBuf, name: &str, port: u16) -> Command {
    let mut command = Command::new(python);
    command
        .arg(root().join("xtask/live/counterfit").join(name))
        .arg(port.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// A board at a port, ours or not: both are driven in the same way.
pub struct Board(pub u16);

impl Board {
    pub fn url(&self) -> String {
        format!("http://{}", loopback::at(self.0))
    }

    async fn request(&self, request: &str, body: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(loopback::at(self.0)).await?;
        let head = format!(
            "{request} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: \
             application/json\r\nContent-Length: {}\r\n\r\n{body}",
            loopback::at(self.0),
            body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).await?;
        Ok(String::from_utf8_lossy(&reply).into_owned())
    }

    async fn post(&self, path: &str, body: &str) {
        let reply = self.request(&format!("POST {path}"), body).await.unwrap();
        assert!(reply.starts_with("HTTP/1.1 200"), "{path} {body}: {reply}");
    }

    pub async fn set_light(&self, level: u16) {
        let body = format!(
            r#"{{"port":"0","value":{level},"is_random":false,"random_min":0,"random_max":1023}}"#
        );
        self.post("/integer_sensor_settings", &body).await;
    }

    pub async fn plug_in(&self) {
        self.post(
            "/create_sensor",
            r#"{"type":"Light","pin":0,"unit":"NoUnits"}"#,
        )
        .await;
        self.post("/create_actuator", r#"{"type":"LED","port":5}"#)
            .await;
    }

    /// Until the page's LED says so.
    pub async fn until_led(&self, word: &str) {
        let wanted = format!(r#"id="ledTitleId5">LED {word}"#);
        let search = async {
            while !self.request("GET /", "").await.unwrap().contains(&wanted) {
                tokio::time::sleep(AGAIN).await;
            }
        };
        tokio::time::timeout(LIMIT, search)
            .await
            .unwrap_or_else(|_| panic!("the LED is not {word}"));
    }
}

/// The published CounterFit on a free port.
pub async fn counterfit(python: &PathBuf) -> (Child, Board) {
    let free = TcpListener::bind(loopback::at(0)).unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let mut command = script(python, "serve.py", port);
    let process = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let board = Board(port);
    let answers = async {
        while board.request("GET /", "").await.is_err() {
            tokio::time::sleep(AGAIN).await;
        }
    };
    tokio::time::timeout(LIMIT, answers).await.unwrap();
    (process, board)
}

/// Our own on a free port.
pub async fn ours() -> (LiveBoard, Board) {
    let board = LiveBoard::serve(loopback::at(0)).await.unwrap();
    let port = board.url().rsplit_once(':').unwrap().1.parse().unwrap();
    (board, Board(port))
}

/// The nightlight in Python.
struct Nightlight {
    _process: Child,
    asks: ChildStdin,
    says: Lines<BufReader<ChildStdout>>,
}

impl Nightlight {
    fn start(python: &PathBuf, board: &Board) -> Self {
        let mut process = script(python, "nightlight.py", board.0).spawn().unwrap();
        Self {
            asks: process.stdin.take().unwrap(),
            says: BufReader::new(process.stdout.take().unwrap()).lines(),
            _process: process,
        }
    }

    /// Lets it look once.
    async fn look(&mut self) -> String {
        self.asks.write_all(b"\n").await.unwrap();
        let line = tokio::time::timeout(LIMIT, self.says.next_line()).await;
        line.unwrap().unwrap().unwrap()
    }
}

#[tokio::test]
async fn the_published_libraries_drive_our_board_as_their_own() {
    let Some(python) = python("CounterFit's libraries on our board") else {
        return;
    };
    let (_ours, our_board) = ours().await;
    let (_theirs, their_board) = counterfit(&python).await;
    for board in [our_board, their_board] {
        board.plug_in().await;
        let mut nightlight = Nightlight::start(&python, &board);
        for (level, word) in [
            (0, "on"),
            (299, "on"),
            (300, "off"),
            (1023, "off"),
            (12, "on"),
        ] {
            board.set_light(level).await;
            assert_eq!(nightlight.look().await, format!("{level} {level}"));
            board.until_led(word).await;
        }
    }
}

#[tokio::test]
async fn our_device_runs_on_the_published_counterfit() {
    let Some(python) = python("our device on the published CounterFit") else {
        return;
    };
    let (_theirs, board) = counterfit(&python).await;
    let table = Table::lay("counterfit", board.url()).await;
    let mut device = table.ours(DEVICE).await;

    // It plugs in its own sensor and LED.
    told(&device, 0).await;
    board.until_led("off").await;
    board.set_light(777).await;
    told(&device, 777).await;

    let server = Peer::connect(table.broker.address(), "server")
        .await
        .unwrap();
    for (command, word) in [
        (r#"{"led_on": true}"#, "on"),
        (r#"{"led_on": false}"#, "off"),
    ] {
        server
            .publish("counterfit/commands", command)
            .await
            .unwrap();
        board.until_led(word).await;
    }
    device.process.stop().await;
}

/// Waits for telemetry with this level, to the letter.
async fn told(device: &Player, level: u16) {
    let payload = format!(r#"{{"light":{level}}}"#);
    device
        .until_published(&payload, 0, |publish| publish.payload == payload)
        .await;
}
