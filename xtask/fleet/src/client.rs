//! A client whose event loop goes round by itself.

use std::time::Duration;

use anyhow::{Context, bail};
use arena::broker::Endpoint;
use rumqttc::{AsyncClient, Event, EventLoop, Packet, Publish, QoS};
use tokio::task::JoinHandle;

/// Time that a broker may take to answer before it counts as overloaded.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Capacity of the queue to the event loop, in messages.
const OUTBOX: usize = 1_000;

/// A connected client. Dropped, it closes the connection without DISCONNECT.
#[derive(Debug)]
pub struct Client {
    client: AsyncClient,
    polling: JoinHandle<()>,
}

impl Client {
    /// Connects, subscribes to `filter`, and hands each message to `hear`.
    pub async fn connect(
        broker: &Endpoint,
        name: &str,
        filter: Option<&str>,
        hear: impl FnMut(&AsyncClient, Publish) + Send + 'static,
    ) -> anyhow::Result<Self> {
        let mut options = broker.options(name);
        options.set_keep_alive(Duration::from_secs(60));
        let (client, mut events) = AsyncClient::new(options, OUTBOX);
        let greeting = greet(&client, &mut events, filter);
        match tokio::time::timeout(LIMIT, greeting).await {
            Ok(greeted) => greeted?,
            Err(_) => bail!(
                "the broker did not answer {name} within {} s",
                LIMIT.as_secs()
            ),
        }
        let polling = tokio::spawn(follow(client.clone(), events, hear));
        Ok(Self { client, polling })
    }

    /// Publishes; waits while the queue is full.
    pub async fn publish(&self, topic: &str, payload: String) -> anyhow::Result<()> {
        let sent = self.client.publish(topic, QoS::AtMostOnce, false, payload);
        sent.await.context("the connection is gone")
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.polling.abort();
    }
}

async fn greet(
    client: &AsyncClient,
    events: &mut EventLoop,
    filter: Option<&str>,
) -> anyhow::Result<()> {
    loop {
        match events.poll().await? {
            Event::Incoming(Packet::ConnAck(_)) => match filter {
                Some(filter) => client.subscribe(filter, QoS::AtMostOnce).await?,
                None => return Ok(()),
            },
            Event::Incoming(Packet::SubAck(_)) => return Ok(()),
            _ => {}
        }
    }
}

async fn follow(
    client: AsyncClient,
    mut events: EventLoop,
    mut hear: impl FnMut(&AsyncClient, Publish),
) {
    while let Ok(event) = events.poll().await {
        if let Event::Incoming(Packet::Publish(message)) = event {
            hear(&client, message);
        }
    }
}
