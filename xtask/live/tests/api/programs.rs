//! What programs ask of the board: CounterFit's API.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::bench::Bench;

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
        ("/nightlight/wait", r#"{"ns":-1}"#, 400, "5000000000"),
        ("/nightlight/wait", "", 400, "5000000000"),
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
