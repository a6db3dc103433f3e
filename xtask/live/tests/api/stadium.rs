//! Several devices: what programs are given, and what the page's controls do to them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use course::{DEVICE, SERVER};
use live::stage::{Gossip, Play, Player, Stage};
use serde_json::Value;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::bench::{Bench, LIMIT, Tab};

const NAMES: [&str; 3] = ["east", "north", "west"];

/// Stands for a program that runs and says nothing, as its input never ends.
const SILENT: &str = "cat";

/// Stands for a program that says what it was given, and ends.
const TALKATIVE: &str = "env";

struct Stadium {
    bench: Bench,
    stage: Arc<Stage>,
    gossip: UnboundedReceiver<Gossip>,
}

impl Stadium {
    async fn open(device: &str) -> Self {
        let bench = Bench::new().await;
        let player = |who, program: &str, devices: &[&str]| Player {
            who,
            program: PathBuf::from(program),
            source: "here".to_owned(),
            keeps_files: false,
            takes_orders: false,
            devices: devices.iter().map(ToString::to_string).collect(),
        };
        let play = Play {
            title: "Several".to_owned(),
            step: 6,
            id: "me".to_owned(),
            players: vec![player(DEVICE, device, &NAMES), player(SERVER, SILENT, &[])],
            folder: std::env::temp_dir(),
            board: bench.board.url(),
            over_tls: false,
            has_browser: false,
            stale_after: Duration::from_millis(1_234),
        };
        let (stage, gossip) = bench.open(play).await;
        Self {
            bench,
            stage,
            gossip,
        }
    }

    /// The boards, by device, as their programs are told.
    fn boards(&self) -> BTreeMap<&'static str, String> {
        let stadium = self.stage.stadium().unwrap();
        let board = |name| (name, stadium.board(name).unwrap());
        NAMES.into_iter().map(board).collect()
    }
}

/// A device's place, as a page is told.
fn place<'a>(now: &'a Value, name: &str) -> &'a Value {
    let places = now["stadium"]["places"].as_array().unwrap();
    places.iter().find(|place| place["name"] == name).unwrap()
}

async fn until(tab: &mut Tab, name: &str, is: impl Fn(&Value) -> bool) {
    tab.until(|now| is(place(now, name))).await;
}

#[tokio::test]
async fn each_device_is_given_a_name_and_a_board_of_its_own() {
    let mut stadium = Stadium::open(TALKATIVE).await;
    let boards = stadium.boards();
    let different: BTreeSet<_> = boards.values().collect();
    assert_eq!(different.len(), NAMES.len());
    let mut wanted: BTreeSet<(&str, String)> = BTreeSet::new();
    for (name, board) in &boards {
        for setting in [
            "NIGHTLIGHT_ID=me".to_owned(),
            format!("NIGHTLIGHT_DEVICE={name}"),
            format!("NIGHTLIGHT_BOARD={board}"),
            "NIGHTLIGHT_STALE_MS=1234".to_owned(),
        ] {
            wanted.insert((name, setting));
        }
    }
    let all = async {
        while !wanted.is_empty() {
            if let Gossip::Printed { who, text, .. } = stadium.gossip.recv().await.unwrap() {
                wanted.retain(|(name, setting)| {
                    who.device.as_deref() != Some(name) || *setting != text
                });
            }
        }
    };
    let heard = tokio::time::timeout(LIMIT, all).await;
    assert!(heard.is_ok(), "nobody said {wanted:?}");
}

#[tokio::test]
async fn a_covered_sensor_reads_nothing_of_the_light_around_it() {
    let stadium = Stadium::open(SILENT).await;
    let bench = &stadium.bench;
    let boards = stadium.boards();
    let north = boards["north"].clone();
    let mut tab = bench.tab().await;
    until(&mut tab, "north", |it| {
        it["light"] == 640.0 && it["covered"] == false
    })
    .await;

    let cover = "/nightlight/stadium/cover";
    bench.ok(cover, r#"{"device":"north","on":true}"#).await;
    bench
        .ok("/nightlight/stadium/light", r#"{"light":900}"#)
        .await;
    until(&mut tab, "north", |it| {
        it["light"] == 900.0 && it["reads"] == 0.0 && it["covered"] == true
    })
    .await;
    until(&mut tab, "west", |it| {
        it["light"] == 900.0 && it["reads"] == 900.0
    })
    .await;
    assert_eq!(bench.light_at(&north).await, 0);
    assert_eq!(bench.light_at(&boards["west"]).await, 900);

    // Covered twice is covered.
    bench.ok(cover, r#"{"device":"north","on":true}"#).await;
    let light = r#"{"device":"north","light":17}"#;
    bench.ok("/nightlight/stadium/light", light).await;
    bench.ok(cover, r#"{"device":"north","on":false}"#).await;
    until(&mut tab, "north", |it| {
        it["reads"] == 17.0 && it["covered"] == false
    })
    .await;
    assert_eq!(bench.light_at(&north).await, 17);
    assert_eq!(bench.light_at(&boards["west"]).await, 900);
}

#[tokio::test]
async fn an_unplugged_device_has_no_lamp_until_it_is_plugged_in() {
    let stadium = Stadium::open(SILENT).await;
    let bench = &stadium.bench;
    let mut tab = bench.tab().await;
    let east = stadium.boards()["east"].clone();
    let reply = bench
        .post_to(&east, "/actuator_value?port=5", r#"{"value":true}"#)
        .await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    until(&mut tab, "east", |it| it["led"] == true).await;

    let plug = "/nightlight/stadium/plug";
    let (out, back) = (
        r#"{"device":"east","on":false}"#,
        r#"{"device":"east","on":true}"#,
    );
    stadium
        .bench
        .refuses(plug, back, 409, "east runs already")
        .await;
    bench.ok(plug, out).await;
    tab.until(|now| {
        let (east, devices) = (place(now, "east"), &now["device"]["detail"]);
        east["unplugged"] == true
            && east["led"] == false
            && east["state"]["word"] == "unplugged"
            && devices.as_str().unwrap().contains("east: unplugged")
    })
    .await;
    stadium
        .bench
        .refuses(plug, out, 409, "east does not run")
        .await;
    bench.ok(plug, back).await;
    tab.until(|now| {
        let (east, north) = (place(now, "east"), place(now, "north"));
        east["unplugged"] == false
            && east["state"]["word"] == "started"
            && north["unplugged"] == false
    })
    .await;
}

#[tokio::test]
async fn nonsense_gets_a_reason_and_others_pages_get_nothing() {
    let stadium = Stadium::open(SILENT).await;
    let bench = &stadium.bench;
    let (light, cover) = ("/nightlight/stadium/light", "/nightlight/stadium/cover");
    let plug = "/nightlight/stadium/plug";
    for (path, body, status, reason) in [
        (light, r#"{"light":1024}"#, 400, "from 0 to 1023"),
        (light, r#"{"light":-1}"#, 400, "bad request"),
        (
            light,
            r#"{"device":"south","light":1}"#,
            404,
            "no device `south`",
        ),
        (light, "not json", 400, "bad request"),
        (
            cover,
            r#"{"device":"south","on":true}"#,
            404,
            "no device `south`",
        ),
        (cover, r#"{"on":true}"#, 400, "device"),
        (
            plug,
            r#"{"device":"south","on":true}"#,
            404,
            "no device `south`",
        ),
        (
            "/nightlight/cut",
            r#"{"device":"south","seconds":1}"#,
            409,
            "no south",
        ),
        (
            "/nightlight/malformed",
            r#"{"to":"device","device":"south","sort":"not-json"}"#,
            409,
            "no south",
        ),
        (
            "/nightlight/experiment",
            r#"{"experiment":"magic"}"#,
            400,
            "unknown variant `magic`",
        ),
    ] {
        stadium.bench.refuses(path, body, status, reason).await;
    }
    let boards = stadium.boards();
    let north = boards["north"].strip_prefix("http://").unwrap();
    assert!(north.starts_with("127.0.0.1:"), "{north}");
    let evil = "Origin: http://evil.example";
    for path in [light, cover, plug] {
        let reply = bench.send(&format!("POST {path}"), &[evil], "{}").await;
        assert_eq!(reply.status, 403, "{path}");
    }
    for headers in [vec![evil], vec!["Host: evil.example"]] {
        let request = "POST /integer_sensor_settings";
        let body = r#"{"port":"0","value":8}"#;
        let reply = bench.send_to(north, request, &headers, body).await;
        assert_eq!(reply.status, 403, "{headers:?}");
    }
    // Nor may the page of one board use another: the stadium's page does it by way of its own.
    let page = format!("Origin: {}", bench.board.url());
    let reply = bench
        .send_to(north, "GET /sensor_value?port=0", &[&page], "")
        .await;
    assert_eq!(reply.status, 403);
    assert_eq!(bench.light_at(&boards["north"]).await, 640);
    let front = bench.send_to(north, "GET /", &[], "").await;
    assert!(
        front.body.contains(r#"<li id="ledTitleId5">LED off</li>"#),
        "{}",
        front.body
    );
    assert!(front.body.contains(&bench.board.url()), "{}", front.body);
}

#[tokio::test]
async fn one_experiment_at_a_time() {
    let stadium = Stadium::open(SILENT).await;
    let path = "/nightlight/experiment";
    // It lasts as long as its keep-alive twice.
    let long = r#"{"experiment":"keep-alive"}"#;
    stadium.bench.ok(path, long).await;
    stadium.bench.refuses(path, long, 409, "under way").await;
}

#[tokio::test]
async fn without_several_devices_there_is_no_stadium() {
    let bench = Bench::new().await;
    for path in ["light", "cover", "plug"] {
        let reply = bench
            .post(&format!("/nightlight/stadium/{path}"), "{}")
            .await;
        assert_eq!(
            (reply.status, reply.body.contains("cargo xtask run")),
            (409, true),
            "{path}"
        );
    }
    bench
        .tab()
        .await
        .until(|now| now["stadium"].is_null())
        .await;
}
