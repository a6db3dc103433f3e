//! A client of our own at the broker: the other side of the program under observation.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use rumqttc::mqttbytes::v4;
use rumqttc::{
    AsyncClient, Event as Happening, EventLoop, LastWill, NetworkOptions, Outgoing, QoS,
    SubscribeReasonCode,
};
use tokio::task::JoinHandle;

use crate::endpoint::Endpoint;
use crate::record::{Entry, Event, Record, Sender};
use crate::wire::Packet;

/// How long the broker may take to answer us.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// Messages that were not yet acknowledged. Mosquitto loses some of QoS 2 above 20.
const INFLIGHT: u16 = 20;

/// The longest message that a peer takes or sends, in bytes: more than any program of the lessons.
const LONGEST: usize = 1 << 20;

/// Who a peer says it is.
#[derive(Clone, Debug)]
pub struct Introduction {
    name: String,
    clean_session: bool,
    will: Option<Message>,
    acknowledges: bool,
    keep_alive: Duration,
}

impl Introduction {
    /// A clean session, no will, a keep-alive of 60 s, and whatever it hears is acknowledged.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            clean_session: true,
            will: None,
            acknowledges: true,
            keep_alive: Duration::from_secs(60),
        }
    }

    /// The broker keeps a session under its name.
    #[must_use]
    pub fn keeping_its_session(self) -> Self {
        Self {
            clean_session: false,
            ..self
        }
    }

    /// What the broker publishes if it goes without a goodbye.
    #[must_use]
    pub fn will(self, will: Message) -> Self {
        Self {
            will: Some(will),
            ..self
        }
    }

    /// It promises to be heard from so often (MQTT 3.1.1 section 3.1.2.10): whole seconds, at least
    /// one.
    #[must_use]
    pub fn keep_alive(self, keep_alive: Duration) -> Self {
        Self { keep_alive, ..self }
    }

    /// It acknowledges nothing but what [`Peer::acknowledge`] is given.
    #[must_use]
    pub fn acknowledging_by_hand(self) -> Self {
        Self {
            acknowledges: false,
            ..self
        }
    }
}

/// A message to publish.
#[derive(Clone, Debug)]
pub struct Message {
    topic: String,
    payload: Bytes,
    qos: QoS,
    retain: bool,
}

impl Message {
    /// With QoS 0, not retained.
    pub fn new(topic: impl Into<String>, payload: impl Into<Bytes>) -> Self {
        Self {
            topic: topic.into(),
            payload: payload.into(),
            qos: QoS::AtMostOnce,
            retain: false,
        }
    }

    /// With this QoS.
    #[must_use]
    pub fn qos(self, qos: QoS) -> Self {
        Self { qos, ..self }
    }

    /// The broker keeps it for later subscribers.
    #[must_use]
    pub fn retained(self) -> Self {
        Self {
            retain: true,
            ..self
        }
    }
}

/// Talks to the broker directly, not over the line of a program. Dropped, it is gone without a
/// goodbye.
///
/// Who wants to see what it sends as well lets it connect over a recorded
/// [`Line`](crate::line::Line) of its own.
#[derive(Debug)]
pub struct Peer {
    client: AsyncClient,
    /// What the broker sent it.
    record: Arc<Record>,
    /// Messages of QoS 1 and 2, and subscriptions, each with an answer to come.
    published: AtomicUsize,
    subscribed: AtomicUsize,
    polling: JoinHandle<()>,
}

impl Peer {
    /// Connects under `name`, with a clean session.
    ///
    /// # Errors
    /// When the broker does not accept us: that is never the learner's fault.
    pub async fn connect(broker: impl Into<Endpoint>, name: &str) -> anyhow::Result<Self> {
        Self::introduce(broker, Introduction::new(name)).await
    }

    /// Connects as this introduction says.
    ///
    /// # Errors
    /// As [`Peer::connect`].
    pub async fn introduce(
        broker: impl Into<Endpoint>,
        introduction: Introduction,
    ) -> anyhow::Result<Self> {
        let mut options = broker.into().options(&introduction.name);
        options
            .set_keep_alive(introduction.keep_alive)
            .set_clean_session(introduction.clean_session)
            .set_manual_acks(!introduction.acknowledges)
            .set_max_packet_size(LONGEST, LONGEST)
            .set_inflight(INFLIGHT);
        if let Some(will) = introduction.will {
            options.set_last_will(LastWill::new(
                will.topic,
                will.payload.to_vec(),
                will.qos,
                will.retain,
            ));
        }
        let (client, mut events) = AsyncClient::new(options, 100);
        // Two messages in a row, and the second would wait for the first one's acknowledgement,
        // which a broker that has nothing to answer puts off for 40 ms.
        let mut network = NetworkOptions::new();
        network.set_tcp_nodelay(true);
        // The limit below is the one that counts, also on a machine that is very busy.
        network.set_connection_timeout(ANSWER_LIMIT.as_secs());
        events.set_network_options(network);
        let record = Arc::<Record>::default();
        let accepted = tokio::time::timeout(ANSWER_LIMIT, async {
            loop {
                let happening = events.poll().await?;
                if let Happening::Incoming(packet) = happening {
                    let accepted = matches!(packet, v4::Packet::ConnAck(_));
                    note(&record, packet);
                    if accepted {
                        return anyhow::Ok(());
                    }
                }
            }
        });
        match accepted.await {
            Ok(outcome) => outcome.context("the broker does not accept the checker")?,
            Err(_) => bail!("the broker does not answer the checker"),
        }
        let polling = tokio::spawn(listen(events, Arc::clone(&record)));
        Ok(Self {
            client,
            record,
            published: AtomicUsize::new(0),
            subscribed: AtomicUsize::new(0),
            polling,
        })
    }

    /// What the broker sent it, and when it was gone.
    pub fn record(&self) -> &Arc<Record> {
        &self.record
    }

    /// Whether the broker had kept a session of its name.
    pub fn session_present(&self) -> bool {
        self.record.look(|entries| {
            let answers = entries.iter().filter_map(received);
            answers
                .filter_map(|packet| match packet {
                    v4::Packet::ConnAck(answer) => Some(answer.session_present),
                    _ => None,
                })
                .next_back()
                .unwrap_or(false)
        })
    }

    /// Publishes with QoS 0, not retained.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn publish(&self, topic: &str, payload: impl Into<Vec<u8>>) -> anyhow::Result<()> {
        self.client
            .publish(topic, QoS::AtMostOnce, false, payload)
            .await?;
        Ok(())
    }

    /// Publishes a message and, unless its QoS is 0, waits until the broker has it.
    ///
    /// # Errors
    /// When the connection is gone, or the broker does not acknowledge it.
    pub async fn send(&self, message: Message) -> anyhow::Result<()> {
        let qos = message.qos;
        let payload = message.payload;
        self.client
            .publish_bytes(message.topic, qos, message.retain, payload)
            .await?;
        if qos == QoS::AtMostOnce {
            return Ok(());
        }
        let sent = self.published.fetch_add(1, Ordering::Relaxed) + 1;
        let is_answer =
            |packet: &v4::Packet| matches!(packet, v4::Packet::PubAck(_) | v4::Packet::PubComp(_));
        let acknowledged = self.record.when(0, ANSWER_LIMIT, |entries| {
            let answers = entries.iter().filter_map(received);
            let answers = answers.filter(|packet| is_answer(packet));
            (answers.count() >= sent).then_some(())
        });
        acknowledged
            .await
            .context("the broker does not acknowledge a message of the checker")
    }

    /// Subscribes and waits for the answer: whether the broker grants it.
    ///
    /// # Errors
    /// When the connection is gone, or the broker does not answer.
    pub async fn subscribe(&self, filter: &str, qos: QoS) -> anyhow::Result<bool> {
        self.client.subscribe(filter, qos).await?;
        let before = self.subscribed.fetch_add(1, Ordering::Relaxed);
        let answer = self.record.when(0, ANSWER_LIMIT, |entries| {
            let answers = entries.iter().filter_map(received);
            let mut answers = answers.filter_map(|packet| match packet {
                v4::Packet::SubAck(answer) => Some(answer),
                _ => None,
            });
            let answer = answers.nth(before)?;
            Some(!answer.return_codes.contains(&SubscribeReasonCode::Failure))
        });
        answer
            .await
            .context("the broker does not answer a subscription of the checker")
    }

    /// Acknowledges a message by hand.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn acknowledge(&self, message: &v4::Publish) -> anyhow::Result<()> {
        Ok(self.client.ack(message).await?)
    }

    /// All messages it has heard so far, with their QoS, retain and DUP flags.
    pub fn heard(&self) -> Vec<v4::Publish> {
        self.record.look(messages)
    }

    /// Waits until it has heard so many messages, and returns all.
    ///
    /// # Errors
    /// When they do not come.
    pub async fn hears(&self, many: usize) -> anyhow::Result<Vec<v4::Publish>> {
        let heard = self.record.when(0, ANSWER_LIMIT, |entries| {
            let heard = messages(entries);
            (heard.len() >= many).then_some(heard)
        });
        heard
            .await
            .with_context(|| format!("the checker heard fewer than {many} messages"))
    }

    /// Waits for a message that is published now, and not one that the broker has kept. None where
    /// none comes within `limit`.
    pub async fn hears_news(&self, limit: Duration) -> Option<v4::Publish> {
        let news = self.record.when(0, limit, |entries| {
            messages(entries)
                .into_iter()
                .find(|message| !message.retain)
        });
        news.await.ok()
    }

    /// Waits until its connection is gone, whoever has ended it.
    ///
    /// # Errors
    /// When it stays.
    pub async fn is_gone(&self) -> anyhow::Result<()> {
        let gone = self.record.when(0, ANSWER_LIMIT, |entries| {
            let over = |entry: &Entry| matches!(entry.event, Event::HungUp { .. });
            entries.iter().any(over).then_some(())
        });
        gone.await.context("a connection that should end stays")
    }

    /// Says goodbye. Its will is not published.
    pub async fn leave(mut self) {
        // An error means that it is gone already.
        let _ = self.client.disconnect().await;
        let _ = tokio::time::timeout(ANSWER_LIMIT, &mut self.polling).await;
    }

    /// Is gone without a goodbye. Its will is published.
    pub fn cut(self) {
        drop(self);
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.polling.abort();
    }
}

/// Notes what comes, until the connection is over.
async fn listen(mut events: EventLoop, record: Arc<Record>) {
    loop {
        match events.poll().await {
            Ok(Happening::Incoming(packet)) => note(&record, packet),
            Ok(Happening::Outgoing(Outgoing::Disconnect)) | Err(_) => break,
            Ok(Happening::Outgoing(_)) => {}
        }
    }
    record.push(Duration::ZERO, Event::HungUp { link: 1, by: None });
}

fn note(record: &Record, packet: v4::Packet) {
    let event = Event::Packet {
        link: 1,
        from: Sender::Broker,
        length: packet.size(),
        packet: Packet::V4(packet),
    };
    record.push(Duration::ZERO, event);
}

fn received(entry: &Entry) -> Option<&v4::Packet> {
    match &entry.event {
        Event::Packet {
            packet: Packet::V4(packet),
            ..
        } => Some(packet),
        _ => None,
    }
}

fn messages(entries: &[Entry]) -> Vec<v4::Publish> {
    let messages = entries
        .iter()
        .filter_map(received)
        .filter_map(|packet| match packet {
            v4::Packet::Publish(message) => Some(message.clone()),
            _ => None,
        });
    messages.collect()
}
