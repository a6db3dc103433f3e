//! Throughput and latency of messages through one path.

use std::sync::Arc;
use std::time::Instant;

use anyhow::bail;
use arena::broker::Endpoint;
use tokio::sync::{Semaphore, mpsc};

use crate::client::{Client, LIMIT};
use crate::spread::Spread;

/// Maximum of messages in flight: brokers drop QoS 0 when a subscriber cannot follow.
const UNDER_WAY: usize = 200;

/// Number of messages sent one by one, for the latency.
const ALONE: usize = 1_000;

/// Payload of a reading, as in the lessons.
const PAYLOAD: &str = r#"{"light":299}"#;

/// Costs of one path.
#[derive(Clone, Debug)]
pub struct Cost {
    /// Messages a second, as many under way as the path takes.
    pub rate: f64,
    /// Time from publisher to subscriber, one message at a time.
    pub latency: Spread,
}

/// Sends messages from one client to another.
pub async fn cost(sender: &Endpoint, listener: &Endpoint, messages: usize) -> anyhow::Result<Cost> {
    let room = Arc::new(Semaphore::new(UNDER_WAY));
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    let its_room = Arc::clone(&room);
    let _listener = Client::connect(listener, "bench-listener", &["bench"], move |_, _| {
        its_room.add_permits(1);
        // Nobody listens any more once it is over.
        let _ = arrived.send(Instant::now());
    })
    .await?;
    let sender = Client::connect(sender, "bench-sender", &[], |_, _| {}).await?;

    let mut times = Vec::with_capacity(ALONE);
    for _ in 0..ALONE {
        let begin = Instant::now();
        sender.publish("bench", PAYLOAD.to_owned()).await?;
        match tokio::time::timeout(LIMIT, arrivals.recv()).await {
            Ok(Some(arrival)) => times.push(arrival - begin),
            _ => bail!("a message got lost"),
        }
    }

    // Every arrival gives back more than was taken so far.
    room.forget_permits(ALONE);
    let begin = Instant::now();
    for _ in 0..messages {
        match tokio::time::timeout(LIMIT, room.acquire()).await {
            Ok(permit) => permit?.forget(),
            Err(_) => bail!(
                "messages got lost: none arrived within {} s",
                LIMIT.as_secs()
            ),
        }
        sender.publish("bench", PAYLOAD.to_owned()).await?;
    }
    for _ in 0..messages {
        if tokio::time::timeout(LIMIT, arrivals.recv()).await.is_err() {
            bail!("messages got lost");
        }
    }
    let rate = messages as f64 / begin.elapsed().as_secs_f64();
    let latency = Spread::of(times);
    Ok(Cost { rate, latency })
}
