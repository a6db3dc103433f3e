//! Programs that wait by the board's clock, and pages that are told when they look again.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::bench::Bench;

fn milliseconds_until(next_look: &Value) -> Option<u128> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Some(u128::from(next_look.as_u64()?).saturating_sub(now.as_millis()))
}

#[tokio::test]
async fn a_wait_takes_the_time_it_says_and_the_page_counts_along() {
    let bench = Bench::new().await;
    let mut page = bench.tab().await;
    let began = Instant::now();
    let waits = bench.post("/nightlight/wait", r#"{"ns":2000000000}"#);
    let told = page.until(|now| {
        milliseconds_until(&now["next_look"]).is_some_and(|left| (1..=2000).contains(&left))
    });
    let (reply, ()) = tokio::join!(waits, told);
    assert_eq!(reply.status, 200);
    assert!(reply.body.contains("OK"), "{}", reply.body);
    assert!(began.elapsed() >= Duration::from_secs(2));
}

#[tokio::test]
async fn who_hangs_up_is_not_expected_to_look_again() {
    let bench = Bench::new().await;
    let mut page = bench.tab().await;
    let mut program = TcpStream::connect(&bench.place).await.unwrap();
    let hour = r#"{"ns":3600000000000}"#;
    let head = format!(
        "POST /nightlight/wait HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n\r\n",
        bench.place,
        hour.len()
    );
    program.write_all((head + hour).as_bytes()).await.unwrap();
    page.until(|now| now["next_look"].is_u64()).await;
    drop(program);
    page.until(|now| now["next_look"].is_null()).await;
}
