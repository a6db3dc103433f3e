//! What somebody at the page says to the programs of the later steps: orders, a device that has no
//! power, and a message once more.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arena::loopback;
use arena::peer::{Message, Peer};
use course::{DEVICE, ProgramId, SERVER};
use live::stage::{Gossip, Play, Player, Stage};
use rumqttc::QoS;
use serde_json::json;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::bench::{Bench, LIMIT};

/// Stands for a program that says what is typed to it, and does not end.
const ECHO: &str = "cat";

/// Stands for a program that says what it was given, and ends.
const TALKATIVE: &str = "env";

const ORDER: &str = "/nightlight/order";
const AWAY: &str = "/nightlight/away";
const REPEAT: &str = "/nightlight/repeat";

struct Orders {
    bench: Bench,
    stage: Arc<Stage>,
    gossip: UnboundedReceiver<Gossip>,
}

impl Orders {
    async fn open(device: &str, server: &str) -> Self {
        let bench = Bench::new().await;
        let player = |who, program: &str| Player {
            who,
            program: PathBuf::from(program),
            source: "here".to_owned(),
            keeps_files: true,
            takes_orders: who == SERVER,
            devices: Vec::new(),
        };
        let play = Play {
            title: "Orders".to_owned(),
            step: 8,
            id: "me".to_owned(),
            players: vec![player(DEVICE, device), player(SERVER, server)],
            folder: std::env::temp_dir(),
            board: bench.board.url(),
            stale_after: Duration::from_secs(15),
            over_tls: false,
            has_browser: false,
        };
        let (stage, gossip) = bench.open(play).await;
        Self {
            bench,
            stage,
            gossip,
        }
    }

    /// The next line that a program prints and that begins like this.
    async fn says(&mut self, who: ProgramId, begin: &str) -> String {
        let next = async {
            loop {
                match self.gossip.recv().await.unwrap() {
                    Gossip::Printed { who: by, text, .. }
                        if by.who == who && text.starts_with(begin) =>
                    {
                        return text;
                    }
                    _ => {}
                }
            }
        };
        let said = tokio::time::timeout(LIMIT, next).await;
        said.unwrap_or_else(|_| panic!("the {who} did not say `{begin}`"))
    }
}

#[tokio::test]
async fn what_is_typed_at_the_page_is_typed_to_the_server() {
    let mut orders = Orders::open(ECHO, ECHO).await;
    let mut tab = orders.bench.tab().await;
    tab.until(|now| now["takes_orders"] == true).await;
    // A line break in it makes no second order.
    for (typed, line) in [
        ("task on", "task on"),
        ("state on\r\ntask off", "state ontask off"),
    ] {
        let body = json!({ "line": typed }).to_string();
        orders.bench.ok(ORDER, &body).await;
        // As a terminal shows it, and as the program reads it: in whichever order.
        let mut wanted = vec![format!("> {line}"), line.to_owned()];
        while !wanted.is_empty() {
            let said = orders.says(SERVER, "").await;
            wanted.retain(|wanted| *wanted != said);
        }
    }
    let long = |letters| json!({ "line": "x".repeat(letters) }).to_string();
    orders.bench.ok(ORDER, &long(200)).await;
    orders
        .bench
        .refuses(
            ORDER,
            &long(201),
            400,
            "200 characters at most, and this one 201",
        )
        .await;
    orders.bench.refuses(ORDER, "{}", 400, "line").await;
    assert_eq!(orders.bench.post(ORDER, &long(10_000)).await.status, 413);
}

#[tokio::test]
async fn a_server_that_has_ended_takes_no_orders() {
    let orders = Orders::open(ECHO, TALKATIVE).await;
    let mut tab = orders.bench.tab().await;
    tab.until(|now| now["server"]["word"] == "ended").await;
    let order = r#"{"line":"task on"}"#;
    orders.bench.refuses(ORDER, order, 409, "has ended").await;
}

#[tokio::test]
async fn a_device_that_is_away_comes_back() {
    let orders = Orders::open(ECHO, ECHO).await;
    let mut tab = orders.bench.tab().await;
    tab.until(|now| now["can_be_away"] == true).await;
    let (away, back) = (r#"{"on":true}"#, r#"{"on":false}"#);
    orders
        .bench
        .refuses(AWAY, back, 409, "the device runs already")
        .await;
    orders.bench.ok(AWAY, away).await;
    tab.until(|now| now["device"]["word"] == "unplugged" && now["server"]["word"] == "started")
        .await;
    orders
        .bench
        .refuses(AWAY, away, 409, "the device does not run")
        .await;
    orders.bench.ok(AWAY, back).await;
    tab.until(|now| now["device"]["word"] == "started").await;
    orders.bench.refuses(AWAY, "{}", 400, "on").await;
}

#[tokio::test]
async fn the_last_message_of_the_device_comes_once_more() {
    let mut orders = Orders::open(TALKATIVE, ECHO).await;
    let mut tab = orders.bench.tab().await;
    tab.until(|now| now["broker"]["word"] == "running").await;
    let nothing = "no message of the device";
    orders.bench.refuses(REPEAT, "", 409, nothing).await;

    // Who speaks on the device's line is the device.
    let line = "NIGHTLIGHT_BROKER=mqtt://";
    let given = orders.says(DEVICE, line).await;
    let line: SocketAddr = given.trim_start_matches(line).parse().unwrap();
    let device = Peer::connect(line, "menightlight_client").await.unwrap();
    let broker = loopback::at(orders.stage.broker_port().await);
    let listener = Peer::connect(broker, "listener").await.unwrap();
    listener
        .subscribe("me/telemetry", QoS::AtMostOnce)
        .await
        .unwrap();
    let (first, last) = (r#"{"light":1}"#, r#"{"light":2}"#);
    for (topic, payload) in [
        ("me/telemetry", first),
        ("me/telemetry", last),
        ("me/status", "online"),
    ] {
        let message = Message::new(topic, payload).qos(QoS::AtLeastOnce);
        device.send(message).await.unwrap();
    }
    tab.until_packet(|row| row["who"] == "device" && row["payload"] == "online")
        .await;
    orders.bench.ok(REPEAT, "").await;
    let heard = listener.hears(3).await.unwrap();
    let heard: Vec<&[u8]> = heard.iter().map(|message| &*message.payload).collect();
    assert_eq!(heard, [first, last, last].map(str::as_bytes));
    tab.until_packet(|row| row["who"] == "page" && row["payload"] == last)
        .await;

    // Of a long one a page knows only the beginning.
    let long = "x".repeat(3_000);
    let message = Message::new("me/telemetry", long).qos(QoS::AtLeastOnce);
    device.send(message).await.unwrap();
    tab.until_packet(|row| {
        row["payload"]
            .as_str()
            .is_some_and(|it| it.starts_with("xx"))
    })
    .await;
    orders.bench.refuses(REPEAT, "", 409, nothing).await;
}

#[tokio::test]
async fn only_the_own_page_may_say_it_and_only_where_programs_run() {
    let bench = Bench::new().await;
    let evil = "Origin: http://evil.example";
    for (path, body) in [
        (ORDER, r#"{"line":"task on"}"#),
        (AWAY, r#"{"on":true}"#),
        (REPEAT, ""),
    ] {
        let reply = bench.send(&format!("POST {path}"), &[evil], body).await;
        assert_eq!(reply.status, 403, "{path}");
        let reply = bench.post(path, body).await;
        let is_said = reply.body.contains("cargo xtask run");
        assert_eq!((reply.status, is_said), (409, true), "{path}");
    }
}
