//! A client whose event loop goes round by itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use arena::broker::Endpoint;
use rumqttc::{AsyncClient, Event, EventLoop, Packet, Publish, QoS};
use tokio::task::JoinHandle;

/// Time that a broker may take to answer before it counts as overloaded.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Pause before a client connects again.
const RETRY: Duration = Duration::from_millis(200);

/// Capacity of the queue to the event loop, in messages.
const OUTBOX: usize = 1_000;

/// How a client talks.
#[derive(Clone, Debug)]
pub struct Manner {
    /// Of what it publishes, and of what it subscribes to.
    pub qos: QoS,
    /// Whether the broker keeps its session.
    pub keeps_session: bool,
    /// Whether it connects again after a connection breaks, and where it notes when that was.
    pub comes_back: Option<Arc<LastGreeting>>,
}

impl Default for Manner {
    /// QoS 0, a clean session, and a break is the end.
    fn default() -> Self {
        Self {
            qos: QoS::AtMostOnce,
            keeps_session: false,
            comes_back: None,
        }
    }
}

/// When the last of some clients was accepted.
#[derive(Debug, Default)]
pub struct LastGreeting(Mutex<Option<Instant>>);

impl LastGreeting {
    /// When that was, if ever.
    pub fn get(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

/// A connected client. Dropped, it closes the connection without DISCONNECT.
#[derive(Debug)]
pub struct Client {
    client: AsyncClient,
    qos: QoS,
    polling: JoinHandle<()>,
}

impl Client {
    /// Connects, subscribes to `filters`, and hands each message to `hear`.
    pub async fn connect(
        broker: &Endpoint,
        name: &str,
        filters: &[&str],
        hear: impl FnMut(&AsyncClient, Publish) + Send + 'static,
    ) -> anyhow::Result<Self> {
        Self::connect_as(Manner::default(), broker, name, filters, hear).await
    }

    /// As [`Client::connect`], in this manner.
    pub async fn connect_as(
        manner: Manner,
        broker: &Endpoint,
        name: &str,
        filters: &[&str],
        hear: impl FnMut(&AsyncClient, Publish) + Send + 'static,
    ) -> anyhow::Result<Self> {
        let mut options = broker.options(name);
        options.set_keep_alive(Duration::from_secs(60));
        options.set_clean_session(!manner.keeps_session);
        let (client, mut events) = AsyncClient::new(options, OUTBOX);
        let qos = manner.qos;
        let filters: Vec<(String, QoS)> = filters
            .iter()
            .map(|filter| ((*filter).to_owned(), qos))
            .collect();
        let greeting = greet(&client, &mut events, &filters);
        match tokio::time::timeout(LIMIT, greeting).await {
            Ok(greeted) => greeted?,
            Err(_) => bail!(
                "the broker did not answer {name} within {} s",
                LIMIT.as_secs()
            ),
        }
        let following = Following {
            client: client.clone(),
            events,
            filters,
            comes_back: manner.comes_back,
        };
        let polling = tokio::spawn(following.go_on(hear));
        Ok(Self {
            client,
            qos,
            polling,
        })
    }

    /// Publishes; waits while the queue is full.
    pub async fn publish(&self, topic: &str, payload: String) -> anyhow::Result<()> {
        let sent = self.client.publish(topic, self.qos, false, payload);
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
    filters: &[(String, QoS)],
) -> anyhow::Result<()> {
    let mut granted = 0;
    loop {
        match events.poll().await? {
            Event::Incoming(Packet::ConnAck(_)) => subscribe(client, filters).await?,
            Event::Incoming(Packet::SubAck(_)) => granted += 1,
            _ => continue,
        }
        if granted == filters.len() {
            return Ok(());
        }
    }
}

async fn subscribe(client: &AsyncClient, filters: &[(String, QoS)]) -> anyhow::Result<()> {
    for (filter, qos) in filters {
        client.subscribe(filter, *qos).await?;
    }
    Ok(())
}

/// A client that is online.
struct Following {
    client: AsyncClient,
    events: EventLoop,
    filters: Vec<(String, QoS)>,
    comes_back: Option<Arc<LastGreeting>>,
}

impl Following {
    async fn go_on(mut self, mut hear: impl FnMut(&AsyncClient, Publish)) {
        loop {
            match (self.events.poll().await, &self.comes_back) {
                (Ok(Event::Incoming(Packet::Publish(message))), _) => hear(&self.client, message),
                (Ok(Event::Incoming(Packet::ConnAck(answer))), Some(greeting)) => {
                    greeting.now();
                    for (filter, qos) in self.filters.iter().filter(|_| !answer.session_present) {
                        // The queue is full of readings: they would have gone nowhere anyway.
                        let _ = self.client.try_subscribe(filter, *qos);
                    }
                }
                (Ok(_), _) => {}
                (Err(_), Some(_)) => tokio::time::sleep(RETRY).await,
                (Err(_), None) => return,
            }
        }
    }
}
