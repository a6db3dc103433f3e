//! What checks rely on: the broker's behaviour, the recorded line, the board, the limits of all.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod board;
mod broker;
mod faults;
mod floods;
mod line;
mod peer;
#[cfg(unix)]
mod process;
mod record;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arena::broker::Embedded;
use arena::line::Line;
use arena::loopback;
use arena::record::{Entry, Event, Record, Sender};
use arena::wire::Packet;
use rumqttc::{AsyncClient, EventLoop, Incoming, MqttOptions};

/// A test that waits longer than this hangs.
const LIMIT: Duration = Duration::from_secs(20);

async fn broker() -> Embedded {
    Embedded::start(loopback::at(0)).await.unwrap()
}

fn client(name: &str, at: SocketAddr) -> (AsyncClient, EventLoop) {
    AsyncClient::new(MqttOptions::new(name, at.ip().to_string(), at.port()), 100)
}

/// Goes round the event loop until `wanted` says so.
async fn until(events: &mut EventLoop, mut wanted: impl FnMut(&Incoming) -> bool) {
    let search = async {
        loop {
            if let Ok(rumqttc::Event::Incoming(packet)) = events.poll().await
                && wanted(&packet)
            {
                return;
            }
        }
    };
    tokio::time::timeout(LIMIT, search).await.unwrap();
}

fn address(url: &str) -> SocketAddr {
    url.split_once("://").unwrap().1.parse().unwrap()
}

async fn recorded_line(broker: &Embedded) -> (Line, Arc<Record>) {
    let record = Arc::new(Record::default());
    let line = Line::open(broker.address(), Arc::default(), Arc::clone(&record))
        .await
        .unwrap();
    (line, record)
}

fn packets(entries: &[Entry]) -> Vec<String> {
    let names = entries.iter().filter_map(|entry| match &entry.event {
        Event::Packet {
            from,
            packet: Packet::V4(packet),
            ..
        } => {
            let name = format!("{packet:?}")
                .split(['(', ' '])
                .next()
                .unwrap()
                .to_owned();
            Some(format!(
                "{}{name}",
                if *from == Sender::Program { "->" } else { "<-" }
            ))
        }
        _ => None,
    });
    names.collect()
}
