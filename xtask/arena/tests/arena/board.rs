//! The virtual board.

use std::sync::Arc;
use std::time::Duration;

use arena::board::{MOST_CONNECTIONS, VirtualBoard};
use arena::clock::Clock;
use arena::record::{Event, Record};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{LIMIT, address};

/// One request to the board, as simple as HTTP gets: its status and its body.
async fn request(board: &str, method: &str, path: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address(board)).await.unwrap();
    let text = format!(
        "{method} {path} HTTP/1.1\r\nHost: board\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    (
        head.split(' ').nth(1).unwrap().parse().unwrap(),
        body.to_owned(),
    )
}

#[tokio::test]
async fn the_board_speaks_counterfit() {
    let record = Arc::new(Record::default());
    let board = VirtualBoard::start(Arc::default(), Arc::clone(&record))
        .await
        .unwrap();
    let url = board.url();
    board.set_light(299);
    for (method, path, body, status, reply) in [
        ("POST", "/connect", "", 200, "OK"),
        ("GET", "/sensor_value?port=0", "", 200, r#"{"value":299}"#),
        (
            "GET",
            "/sensor_value?port=9",
            "",
            404,
            "Sensor with port 9 not found",
        ),
        (
            "POST",
            "/actuator_value?port=5",
            r#"{"value":true}"#,
            200,
            "OK",
        ),
        (
            "POST",
            "/sensor_units",
            r#"{"type":"Light"}"#,
            200,
            r#"{"units":["NoUnits"]}"#,
        ),
    ] {
        assert_eq!(
            request(&url, method, path, body).await,
            (status, reply.to_owned()),
            "{path}"
        );
    }
    assert_eq!(board.led(), Some(true));
    let (status, reason) = request(&url, "POST", "/actuator_value?port=5", "on please").await;
    assert_eq!(status, 400);
    assert!(reason.contains("on please"), "{reason}");
    assert_eq!(board.led(), Some(true), "a bad request changes nothing");
}

#[tokio::test]
async fn a_wait_ends_when_the_clock_moves_on() {
    let clock = Arc::new(Clock::default());
    let record = Arc::new(Record::default());
    let board = VirtualBoard::start(Arc::clone(&clock), Arc::clone(&record))
        .await
        .unwrap();
    let url = board.url();
    let waiting = tokio::spawn(async move {
        request(&url, "POST", "/nightlight/wait", r#"{"ns":5000000000}"#).await
    });
    let wait = record.when(0, LIMIT, |entries| match entries.first()?.event {
        Event::WaitBegan(wait) => Some(wait),
        _ => None,
    });
    assert_eq!(wait.await.unwrap(), Duration::from_secs(5));
    assert!(!waiting.is_finished());
    clock.advance();
    assert_eq!(waiting.await.unwrap().0, 200);
    assert_eq!(clock.now(), Duration::from_secs(5));
}

#[tokio::test]
async fn a_board_that_is_jammed_switches_nothing_and_goes_on_to_measure() {
    let record = Arc::new(Record::default());
    let board = VirtualBoard::start(Arc::default(), Arc::clone(&record))
        .await
        .unwrap();
    board.set_light(299);
    board.jam();
    let url = board.url();
    let switching = tokio::spawn(async move {
        request(&url, "POST", "/actuator_value?port=5", r#"{"value":true}"#).await
    });
    tokio::time::timeout(LIMIT, board.is_tried()).await.unwrap();
    let (status, reply) = request(&board.url(), "GET", "/sensor_value?port=0", "").await;
    assert_eq!((status, reply.as_str()), (200, r#"{"value":299}"#));
    assert!(!switching.is_finished());
    assert_eq!(board.led(), None);
    switching.abort();
}

#[tokio::test]
async fn only_so_many_connections_are_served_at_once() {
    let record = Arc::new(Record::default());
    let board = VirtualBoard::start(Arc::default(), Arc::clone(&record))
        .await
        .unwrap();
    let mut clients = Vec::new();
    for _ in 0..=MOST_CONNECTIONS {
        clients.push(TcpStream::connect(address(&board.url())).await.unwrap());
    }
    let turned_away = record.when(0, LIMIT, |entries| match &entries.first()?.event {
        Event::BoardRefused(reason) => Some(reason.clone()),
        _ => None,
    });
    let reason = turned_away.await.unwrap();
    assert!(reason.contains(&MOST_CONNECTIONS.to_string()), "{reason}");

    clients.clear();
    // The board hears of the ends one by one.
    let served = async { while request_fails(&board.url()).await {} };
    tokio::time::timeout(LIMIT, served).await.unwrap();
}

async fn request_fails(board: &str) -> bool {
    let mut stream = TcpStream::connect(address(board)).await.unwrap();
    let text = "GET /sensor_value?port=0 HTTP/1.1\r\nHost: board\r\nConnection: close\r\n\r\n";
    let mut reply = String::new();
    let asked = stream.write_all(text.as_bytes()).await;
    asked.is_err() || !matches!(stream.read_to_string(&mut reply).await, Ok(1..))
}
