//! A board of the test's own, and who talks to it.

use std::sync::Arc;
use std::time::Duration;

use arena::broker::BrokerChoice;
use arena::loopback;
use live::LiveBoard;
use live::stage::{Gossip, Play, Stage};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedReceiver;

/// A test that waits longer than this hangs.
pub const LIMIT: Duration = Duration::from_secs(20);

/// A board of the test's own, and requests to it.
pub struct Bench {
    pub board: LiveBoard,
    pub place: String,
}

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Bench {
    pub async fn new() -> Self {
        let board = LiveBoard::serve(loopback::at(0)).await.unwrap();
        let place = board.url().split_once("://").unwrap().1.to_owned();
        Self { board, place }
    }

    /// A request with these headers, and `Host` where they have none.
    pub async fn send(&self, request: &str, headers: &[&str], body: &str) -> Reply {
        self.send_to(&self.place, request, headers, body).await
    }

    /// As [`Bench::send`], to another board.
    pub async fn send_to(&self, place: &str, request: &str, headers: &[&str], body: &str) -> Reply {
        let mut stream = TcpStream::connect(place).await.unwrap();
        let mut head = format!("{request} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|header| header.starts_with("Host:")) {
            head += &format!("Host: {place}\r\n");
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

    pub async fn get(&self, path: &str) -> Reply {
        self.send(&format!("GET {path}"), &[], "").await
    }

    pub async fn post(&self, path: &str, body: &str) -> Reply {
        self.send(&format!("POST {path}"), &[], body).await
    }

    /// A request that the board accepts.
    pub async fn ok(&self, path: &str, body: &str) {
        let reply = self.post(path, body).await;
        assert_eq!((reply.status, &*reply.body), (200, "OK"), "{path} {body}");
    }

    /// A request that is refused with this status, for this reason.
    pub async fn refuses(&self, path: &str, body: &str, status: u16, reason: &str) {
        let reply = self.post(path, body).await;
        assert_eq!(reply.status, status, "{path} {body}: {}", reply.body);
        assert!(reply.body.contains(reason), "{path} {body}: {}", reply.body);
    }

    /// Sets a stage for programs on this board.
    pub async fn open(&self, play: Play) -> (Arc<Stage>, UnboundedReceiver<Gossip>) {
        let opened = Stage::open(play, &BrokerChoice::Embedded, self.board.feed()).await;
        let (stage, gossip) = opened.unwrap();
        self.board.set_stage(Arc::clone(&stage));
        (stage, gossip)
    }

    pub async fn post_to(&self, board: &str, path: &str, body: &str) -> Reply {
        let place = board.strip_prefix("http://").unwrap();
        self.send_to(place, &format!("POST {path}"), &[], body)
            .await
    }

    pub async fn light(&self) -> i64 {
        self.light_at(&self.board.url()).await
    }

    /// What the light sensor of another board reads.
    pub async fn light_at(&self, board: &str) -> i64 {
        let place = board.strip_prefix("http://").unwrap();
        let request = "GET /sensor_value?port=0";
        let reply = self.send_to(place, request, &[], "").await;
        let value: Value = serde_json::from_str(&reply.body).unwrap();
        value["value"].as_i64().unwrap()
    }

    /// A page that listens.
    pub async fn tab(&self) -> Tab {
        let mut stream = TcpStream::connect(&self.place).await.unwrap();
        let request = format!(
            "GET /nightlight/live HTTP/1.1\r\nHost: {}\r\n\r\n",
            self.place
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        Tab(BufReader::new(stream))
    }
}

pub struct Tab(BufReader<TcpStream>);

impl Tab {
    /// Waits until the page is told that things are so.
    pub async fn until(&mut self, wanted: impl Fn(&Value) -> bool) {
        self.until_told(|data| {
            let now = data.get("now").unwrap_or(data);
            now.is_object() && wanted(now)
        })
        .await;
    }

    /// Waits until the page is told of such a packet.
    pub async fn until_packet(&mut self, wanted: impl Fn(&Value) -> bool) {
        self.until_told(|data| {
            let rows = data.get("packets").unwrap_or(data).as_array();
            rows.is_some_and(|rows| rows.iter().any(&wanted))
        })
        .await;
    }

    async fn until_told(&mut self, wanted: impl Fn(&Value) -> bool) {
        let search = async {
            let mut line = String::new();
            loop {
                line.clear();
                assert_ne!(self.0.read_line(&mut line).await.unwrap(), 0);
                let Some(data) = line.trim_end().strip_prefix("data: ") else {
                    continue;
                };
                if wanted(&serde_json::from_str(data).unwrap()) {
                    return;
                }
            }
        };
        tokio::time::timeout(LIMIT, search).await.unwrap();
    }

    pub async fn until_light(&mut self, level: f64) {
        self.until(|now| now["parts"]["sensors"]["0"]["value"] == level)
            .await;
    }
}
