//! A client whose event loop goes round by itself.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
    /// Whether it connects again after a connection breaks, and where it is noted that it did.
    pub comes_back: Option<Arc<Roll>>,
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

/// Who of some clients is away, and when the last of them was back: online, with its subscriptions.
#[derive(Debug, Default)]
pub struct Roll(Mutex<(usize, Option<Instant>)>);

impl Roll {
    /// When the last one was back. None, while one is away, or none ever was.
    pub fn complete(&self) -> Option<Instant> {
        let (away, back) = *self.lock();
        back.filter(|_| away == 0)
    }

    fn leaves(&self) {
        self.lock().0 += 1;
    }

    fn is_back(&self) {
        let mut roll = self.lock();
        roll.0 = roll.0.saturating_sub(1);
        roll.1 = Some(Instant::now());
    }

    fn lock(&self) -> MutexGuard<'_, (usize, Option<Instant>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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

/// A client that is online, or will be again.
struct Following {
    client: AsyncClient,
    events: EventLoop,
    filters: Vec<(String, QoS)>,
    comes_back: Option<Arc<Roll>>,
}

impl Following {
    async fn go_on(mut self, mut hear: impl FnMut(&AsyncClient, Publish)) {
        let mut is_away = false;
        loop {
            let event = self.events.poll().await;
            if let Ok(Event::Incoming(Packet::Publish(message))) = event {
                hear(&self.client, message);
                continue;
            }
            let Some(roll) = &self.comes_back else {
                if event.is_err() {
                    return;
                }
                continue;
            };
            let is_back = match event {
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    for (filter, qos) in &self.filters {
                        // Only a full queue has no room, and it is emptied now.
                        let _ = self.client.try_subscribe(filter, *qos);
                    }
                    self.filters.is_empty()
                }
                Ok(Event::Incoming(Packet::SubAck(_))) => true,
                Ok(_) => false,
                Err(_) => {
                    if !is_away {
                        is_away = true;
                        roll.leaves();
                    }
                    tokio::time::sleep(RETRY).await;
                    false
                }
            };
            if is_away && is_back {
                is_away = false;
                roll.is_back();
            }
        }
    }
}
