//! The board's HTTP API, as programs and browsers meet it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::time::Duration;

use arena::loopback;
use live::LiveBoard;
use live::board::ServeError;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// A test that waits longer than this hangs.
const LIMIT: Duration = Duration::from_secs(20);

/// A board of the test's own, and requests to it.
struct Bench {
    _board: LiveBoard,
    place: String,
}

#[derive(Debug)]
struct Reply {
    status: u16,
    head: String,
    body: String,
}

impl Bench {
    async fn new() -> Self {
        let board = LiveBoard::serve(loopback::at(0)).await.unwrap();
        let place = board.url().split_once("://").unwrap().1.to_owned();
        Self {
            _board: board,
            place,
        }
    }

    /// A request with these headers, and `Host` where they have none.
    async fn send(&self, request: &str, headers: &[&str], body: &str) -> Reply {
        let mut stream = TcpStream::connect(&self.place).await.unwrap();
        let mut head = format!("{request} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|header| header.starts_with("Host:")) {
            head += &format!("Host: {}\r\n", self.place);
        }
        for header in headers {
            head += &format!("{header}\r\n");
        }
        head += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        Reply {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_lowercase(),
            body: body.to_owned(),
        }
    }

    async fn get(&self, path: &str) -> Reply {
        self.send(&format!("GET {path}"), &[], "").await
    }

    async fn post(&self, path: &str, body: &str) -> Reply {
        self.send(&format!("POST {path}"), &[], body).await
    }

    /// A request that the board accepts.
    async fn ok(&self, path: &str, body: &str) {
        let reply = self.post(path, body).await;
        assert_eq!((reply.status, &*reply.body), (200, "OK"), "{path} {body}");
    }

    async fn light(&self) -> i64 {
        let reply = self.get("/sensor_value?port=0").await;
        let value: Value = serde_json::from_str(&reply.body).unwrap();
        value["value"].as_i64().unwrap()
    }

    /// A page that listens.
    async fn tab(&self) -> Tab {
        let mut stream = TcpStream::connect(&self.place).await.unwrap();
        let request = format!(
            "GET /nightlight/live HTTP/1.1\r\nHost: {}\r\n\r\n",
            self.place
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        Tab(BufReader::new(stream))
    }
}

struct Tab(BufReader<TcpStream>);

impl Tab {
    /// Waits until the page is told that things are so.
    async fn until(&mut self, wanted: impl Fn(&Value) -> bool) {
        let search = async {
            let mut line = String::new();
            loop {
                line.clear();
                assert_ne!(self.0.read_line(&mut line).await.unwrap(), 0);
                let Some(data) = line.trim_end().strip_prefix("data: ") else {
                    continue;
                };
                let data: Value = serde_json::from_str(data).unwrap();
                let now = data.get("now").unwrap_or(&data);
                if now.is_object() && wanted(now) {
                    return;
                }
            }
        };
        tokio::time::timeout(LIMIT, search).await.unwrap();
    }

    async fn until_light(&mut self, level: f64) {
        self.until(|now| now["parts"]["sensors"]["0"]["value"] == level)
            .await;
    }
}

#[tokio::test]
async fn the_course_s_dialogue() {
    let bench = Bench::new().await;
    bench.ok("/connect", "").await;
    bench
        .ok(
            "/create_sensor",
            r#"{"type":"Light","pin":0,"unit":"NoUnits"}"#,
        )
        .await;
    bench
        .ok("/create_actuator", r#"{"type":"LED","port":5}"#)
        .await;

    let reply = bench.get("/sensor_value?port=0").await;
    assert_eq!((reply.status, &*reply.body), (200, r#"{"value":0}"#));
    let settings = r#"{"port":"0","value":299,"is_random":false,"random_min":0,"random_max":1023}"#;
    bench.ok("/integer_sensor_settings", settings).await;
    assert_eq!(bench.light().await, 299);

    for value in ["true", "false", "1", "0", "1.0"] {
        let body = format!("{{\"value\": {value}}}");
        bench.ok("/actuator_value?port=5", &body).await;
    }
    let units = bench
        .post("/sensor_units", r#"{"type":"Temperature"}"#)
        .await;
    assert_eq!(units.body, r#"{"units":["Celsius","Fahrenheit","Kelvin"]}"#);

    bench.ok("/delete_sensor", r#"{"port":"0"}"#).await;
    let reply = bench.get("/sensor_value?port=0").await;
    assert_eq!(reply.status, 404);
    assert_eq!(reply.body, "Sensor with port 0 not found");
    bench.ok("/disconnect", "").await;
}

#[tokio::test]
async fn every_sort_of_sensor_on_ports_of_its_own() {
    let bench = Bench::new().await;
    let sensors = [
        ("Temperature", "Kelvin", "float", json!(293.15)),
        ("Humidity", "Percent", "float", json!(55.5)),
        ("Soil Moisture", "NoUnits", "integer", json!(700)),
        ("Button", "NoUnits", "boolean", json!(true)),
    ];
    for (pin, (kind, unit, scale, value)) in sensors.iter().enumerate() {
        let pin = pin + 10;
        let sensor = json!({ "type": kind, "pin": pin, "unit": unit });
        bench.ok("/create_sensor", &sensor.to_string()).await;
        let settings = json!({ "port": pin.to_string(), "value": value, "is_random": false });
        bench
            .ok(&format!("/{scale}_sensor_settings"), &settings.to_string())
            .await;
        let reply = bench.get(&format!("/sensor_value?port={pin}")).await;
        let seen: Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!(seen["value"], *value, "{kind}");
    }
}

#[tokio::test]
async fn nonsense_gets_a_reason_and_harms_nothing() {
    let bench = Bench::new().await;
    bench
        .ok("/integer_sensor_settings", r#"{"port":"0","value":123}"#)
        .await;
    let nonsense = [
        (
            "/integer_sensor_settings",
            r#"{"port":"0","value":1024}"#,
            400,
            "from 0 to 1023",
        ),
        (
            "/integer_sensor_settings",
            r#"{"port":"0","value":-1}"#,
            400,
            "from 0 to 1023",
        ),
        (
            "/integer_sensor_settings",
            r#"{"port":"0","value":2.5}"#,
            400,
            "whole number",
        ),
        (
            "/integer_sensor_settings",
            r#"{"port":"0","value":"12"}"#,
            400,
            "a number",
        ),
        (
            "/integer_sensor_settings",
            r#"{"port":"0","value":1e999}"#,
            400,
            "not JSON",
        ),
        (
            "/integer_sensor_settings",
            r#"{"port":"0","value":1,"is_random":true,"random_min":900,"random_max":100}"#,
            400,
            "`random_min` is 900",
        ),
        (
            "/integer_sensor_settings",
            r#"{"port":"9","value":1}"#,
            404,
            "port 9 not found",
        ),
        (
            "/integer_sensor_settings",
            r#"{"value":1}"#,
            400,
            "`port` is missing",
        ),
        ("/integer_sensor_settings", "", 400, "not JSON"),
        ("/integer_sensor_settings", "[1]", 400, "a JSON object"),
        (
            "/float_sensor_settings",
            r#"{"port":"0","value":1}"#,
            400,
            "/integer_sensor_settings",
        ),
        (
            "/create_sensor",
            r#"{"type":"Lihgt","pin":1,"unit":"NoUnits"}"#,
            400,
            "It can have",
        ),
        (
            "/create_sensor",
            r#"{"type":"Light","pin":1,"unit":"Lux"}"#,
            400,
            "Its units: NoUnits",
        ),
        (
            "/create_sensor",
            r#"{"type":"Light","pin":-1}"#,
            400,
            "a port",
        ),
        (
            "/create_actuator",
            r#"{"type":"Laser","port":1}"#,
            400,
            "LED, Relay",
        ),
        ("/create_actuator", "{", 400, "not JSON"),
        (
            "/led_actuator_settings",
            r#"{"port":"5","color":"red"}"#,
            400,
            "#ff8800",
        ),
        ("/actuator_value?port=5", r#"{"value":"on"}"#, 400, "true"),
        (
            "/actuator_value?port=6",
            r#"{"value":true}"#,
            404,
            "Actuator with port 6 not found",
        ),
        ("/actuator_value", r#"{"value":true}"#, 404, "not found"),
        ("/sensor_units", r#"{"type":"Ghost"}"#, 400, "It can have"),
        ("/no_such_path", "", 404, "/no_such_path"),
        ("/sensor_value", "", 405, "POST is not"),
        ("/nightlight/wait", r#"{"ns":1}"#, 404, "/nightlight/wait"),
        ("/nightlight/daylight", "{}", 400, "on"),
        (
            "/nightlight/cut",
            r#"{"seconds":5}"#,
            409,
            "cargo xtask run",
        ),
    ];
    for (path, body, status, reason) in nonsense {
        let reply = bench.post(path, body).await;
        assert_eq!(reply.status, status, "{path} {body}: {}", reply.body);
        assert!(reply.body.contains(reason), "{path} {body}: {}", reply.body);
    }
    let huge = format!("{{\"port\":\"{}\"}}", "x".repeat(100_000));
    assert_eq!(bench.post("/delete_sensor", &huge).await.status, 413);
    assert_eq!(bench.get("/sensor_value?port=%FF").await.status, 404);
    // Not HTTP at all.
    let mut stream = TcpStream::connect(&bench.place).await.unwrap();
    stream
        .write_all(b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00\r\n\r\n")
        .await
        .unwrap();
    let _ = stream.read_to_end(&mut Vec::new()).await;

    assert_eq!(bench.light().await, 123);
}

#[tokio::test]
async fn a_full_board_says_so() {
    let bench = Bench::new().await;
    for port in 1..127 {
        let led = json!({ "type": "LED", "port": format!("x{port}") });
        bench.ok("/create_actuator", &led.to_string()).await;
    }
    let reply = bench
        .post("/create_actuator", r#"{"type":"LED","port":"y"}"#)
        .await;
    assert_eq!(reply.status, 400);
    assert!(reply.body.contains("full"), "{}", reply.body);
}

#[tokio::test]
async fn a_device_that_starts_again_finds_its_lamp_as_it_was() {
    let bench = Bench::new().await;
    bench
        .ok("/actuator_value?port=5", r#"{"value":true}"#)
        .await;
    // This is how a device asks whether the LED is there.
    let page = bench.get("/").await.body;
    assert!(page.contains(r#"<li id="ledTitleId5">LED on</li>"#));
    bench
        .ok("/create_actuator", r#"{"type":"LED","port":5}"#)
        .await;
    assert!(
        bench
            .get("/")
            .await
            .body
            .contains(r#"id="ledTitleId5">LED on"#)
    );
    bench.ok("/delete_actuator", r#"{"port":"5"}"#).await;
    assert!(!bench.get("/").await.body.contains("ledTitleId5"));
}

#[tokio::test]
async fn the_page_is_whole_and_closed() {
    let bench = Bench::new().await;
    for path in ["/", "/board.css", "/board.js", "/packets.js", "/icon.svg"] {
        let reply = bench.get(path).await;
        assert_eq!(reply.status, 200, "{path}");
        assert!(
            reply
                .head
                .contains("content-security-policy: default-src 'none'"),
            "{path}"
        );
        assert!(
            reply.head.contains("x-content-type-options: nosniff"),
            "{path}"
        );
        let body = reply.body.replace("http://www.w3.org/2000/svg", "");
        for elsewhere in [
            "http://", "https://", "src=\"//", "@import", "onclick=", "style=\"",
        ] {
            assert!(!body.contains(elsewhere), "{path} has {elsewhere}");
        }
    }
}

#[tokio::test]
async fn only_programs_and_the_own_page_are_let_in() {
    let bench = Bench::new().await;
    let own = format!("Origin: http://{}", bench.place);
    let light = "/integer_sensor_settings";
    let body = r#"{"port":"0","value":7}"#;
    let post = format!("POST {light}");
    for headers in [
        vec![],
        vec![own.as_str(), "Sec-Fetch-Site: same-origin"],
        vec!["Host: localhost:1"],
    ] {
        assert_eq!(
            bench.send(&post, &headers, body).await.status,
            200,
            "{headers:?}"
        );
    }
    let body = r#"{"port":"0","value":8}"#;
    for headers in [
        vec!["Origin: http://evil.example"],
        vec!["Origin: null"],
        vec!["Origin: http://127.0.0.1:1"],
        vec!["Host: evil.example"],
        vec!["Host: evil.example", "Origin: http://evil.example"],
        vec!["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"],
    ] {
        let reply = bench.send(&post, &headers, body).await;
        assert_eq!(reply.status, 403, "{headers:?}");
        assert!(!reply.body.is_empty());
    }
    assert_eq!(bench.light().await, 7);
    let picture = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"];
    let reply = bench.send("GET /sensor_value?port=0", &picture, "").await;
    assert_eq!(reply.status, 403);
}

#[tokio::test]
async fn all_tabs_show_the_same() {
    let bench = Bench::new().await;
    let (mut one, mut two) = (bench.tab().await, bench.tab().await);
    one.until_light(0.0).await;
    bench
        .ok("/integer_sensor_settings", r#"{"port":0,"value":412}"#)
        .await;
    one.until_light(412.0).await;
    two.until_light(412.0).await;
    bench
        .ok("/actuator_value?port=5", r#"{"value":true}"#)
        .await;
    let lit = |now: &Value| now["parts"]["actuators"]["5"]["value"] == true;
    one.until(lit).await;
    two.until(lit).await;
    // ProgramId comes late sees it at once.
    bench.tab().await.until(lit).await;
}

#[tokio::test]
async fn who_uses_the_board_is_known_and_forgotten() {
    let bench = Bench::new().await;
    let mut tab = bench.tab().await;
    tab.until(|now| now["heard"].is_null()).await;
    bench.ok("/connect", "").await;
    tab.until(|now| now["heard"].is_u64()).await;
    bench.ok("/disconnect", "").await;
    tab.until(|now| now["heard"].is_null()).await;
}

#[tokio::test]
async fn day_and_night_move_the_light_until_somebody_takes_it() {
    let bench = Bench::new().await;
    let mut tab = bench.tab().await;
    bench.ok("/nightlight/daylight", r#"{"on":true}"#).await;
    tab.until(|now| now["daylight"] == true).await;
    let level = |now: &Value| now["parts"]["sensors"]["0"]["value"].as_f64();
    tab.until(|now| level(now) > Some(0.0)).await;
    bench
        .ok("/integer_sensor_settings", r#"{"port":0,"value":1000}"#)
        .await;
    tab.until(|now| now["daylight"] == false).await;
    assert_eq!(bench.light().await, 1000);
}

#[tokio::test]
async fn a_port_in_use_is_an_error_of_its_own() {
    let bench = Bench::new().await;
    let refused = LiveBoard::serve(bench.place.parse().unwrap()).await;
    assert!(matches!(refused, Err(ServeError::PortInUse { .. })));
}
