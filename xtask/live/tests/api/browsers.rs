//! What browsers ask of the board: its page, and what the page shows.

use serde_json::Value;

use crate::bench::Bench;

#[tokio::test]
async fn the_page_is_whole_and_closed() {
    let bench = Bench::new().await;
    for path in [
        "/",
        "/board.css",
        "/board.js",
        "/cast.js",
        "/elements.js",
        "/orders.js",
        "/packets.js",
        "/parts.js",
        "/requests.js",
        "/room.js",
        "/scales.js",
        "/slider.js",
        "/stadium.css",
        "/stadium.js",
        "/wire.js",
        "/icon.svg",
    ] {
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
    // Who comes late sees it at once.
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
