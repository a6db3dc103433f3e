//! Experiments: a client of our own does something that MQTT has a rule for, on a recorded line, so
//! that people see the rule at work. No program of theirs takes part.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use arena::broker::Endpoint;
use arena::clock::Clock;
use arena::line::Line;
use arena::patience::patience;
use arena::peer::{Introduction, Message, Peer};
use arena::record::{Budget, Record, Sender};
use rumqttc::QoS;
use serde::Deserialize;

use super::follow::{GATHER, row};
use super::{Stage, Trouble};
use crate::feed::{Feed, clock_at};
use crate::packet::Row;

/// What the list of packets calls the client.
const WHO: &str = "client";

/// As short as MQTT allows: nobody likes to wait.
const KEEP_ALIVE: Duration = Duration::from_secs(1);

/// So long a broker may take to notice that a client has left. No packet says when it has, and a
/// message for one whom it still takes for present is not kept.
const NOTICED: Duration = Duration::from_millis(500);

/// What is shown.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Experiment {
    /// The client subscribes where a message is retained.
    Retained,
    /// It hears the will of another that is gone without a goodbye.
    Will,
    /// It publishes with each quality of service.
    Qualities,
    /// It subscribes with a wildcard, and others publish near it.
    Wildcards,
    /// It leaves and comes back to a kept session.
    KeptSession,
    /// Another client comes under its name.
    TakeOver,
    /// The broker's answers are lost, and it notices by its keep-alive.
    KeepAlive,
    /// It is sent what it cannot understand.
    BadPayload,
}

impl Stage {
    /// Begins an experiment. It ends by itself.
    ///
    /// # Errors
    /// When another one is under way.
    pub fn experiment(self: &Arc<Self>, experiment: Experiment) -> Result<(), Trouble> {
        if self.experimenting.swap(true, Ordering::SeqCst) {
            return Err(Trouble::AlreadyExperimenting);
        }
        let stage = Arc::clone(self);
        tokio::spawn(async move {
            let broker = stage.host.lock().await.endpoint();
            if let Err(error) = play(experiment, broker, &stage.id, &stage.feed).await {
                stage.note(format!("The experiment came to nothing: {error:#}"));
            }
            stage.experimenting.store(false, Ordering::SeqCst);
        });
        Ok(())
    }
}

async fn play(
    experiment: Experiment,
    broker: Endpoint,
    id: &str,
    feed: &Feed,
) -> anyhow::Result<()> {
    let record = Arc::new(Record::new(Budget::FOLLOWED));
    let line = Line::open(broker.clone(), Arc::<Clock>::default(), Arc::clone(&record)).await?;
    let bench = Bench {
        line,
        broker,
        name: format!("{id}nightlight_lab"),
        topic: format!("{id}/lab"),
    };
    tokio::select! {
        outcome = bench.play(experiment) => outcome?,
        () = follow(&record, feed) => {}
    }
    bench.line.is_idle().await;
    show(&record, feed);
    Ok(())
}

/// Shows what crosses the line, for as long as somebody waits for this.
async fn follow(record: &Record, feed: &Feed) {
    loop {
        record.arrival().await;
        tokio::time::sleep(GATHER).await;
        show(record, feed);
    }
}

fn show(record: &Record, feed: &Feed) {
    let entries = record.take_until(Instant::now());
    let rows = entries.iter().filter_map(|entry| {
        Some(Row {
            at: clock_at(entry.at),
            who: WHO,
            ..row(&entry.event)?
        })
    });
    feed.packets(rows.collect());
}

/// The client's line, and what both ends of it are called.
struct Bench {
    line: Line,
    broker: Endpoint,
    name: String,
    topic: String,
}

impl Bench {
    async fn play(&self, experiment: Experiment) -> anyhow::Result<()> {
        match experiment {
            Experiment::Retained => self.retained().await,
            Experiment::Will => self.will().await,
            Experiment::Qualities => self.qualities().await,
            Experiment::Wildcards => self.wildcards().await,
            Experiment::KeptSession => self.kept_session().await,
            Experiment::TakeOver => self.take_over().await,
            Experiment::KeepAlive => self.keep_alive().await,
            Experiment::BadPayload => self.bad_payload().await,
        }
    }

    async fn retained(&self) -> anyhow::Result<()> {
        let kept = |payload: &'static str| {
            let message = Message::new(&self.topic, payload);
            message.qos(QoS::AtLeastOnce).retained()
        };
        let other = self.another(self.stranger()).await?;
        other.send(kept("21")).await?;
        let client = self.client(self.named()).await?;
        client.subscribe(&self.topic, QoS::AtMostOnce).await?;
        client.hears(1).await?;
        client.leave().await;
        // An empty one clears it (MQTT 3.1.1 section 3.3.1.3).
        other.send(kept("")).await?;
        other.leave().await;
        Ok(())
    }

    async fn will(&self) -> anyhow::Result<()> {
        let will = Message::new(self.below("status"), "offline").qos(QoS::AtLeastOnce);
        let other = self.another(self.stranger().will(will)).await?;
        let client = self.client(self.named()).await?;
        let status = self.below("status");
        client.subscribe(&status, QoS::AtLeastOnce).await?;
        other.cut();
        client.hears(1).await?;
        client.leave().await;
        Ok(())
    }

    async fn qualities(&self) -> anyhow::Result<()> {
        let client = self.client(self.named()).await?;
        for qos in [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce] {
            client
                .send(Message::new(&self.topic, "21").qos(qos))
                .await?;
        }
        client.leave().await;
        Ok(())
    }

    async fn wildcards(&self) -> anyhow::Result<()> {
        let client = self.client(self.named()).await?;
        client.subscribe(&self.below("+"), QoS::AtMostOnce).await?;
        let other = self.another(self.stranger()).await?;
        for room in ["kitchen", "kitchen/lamp", "hall"] {
            other.publish(&self.below(room), "21").await?;
        }
        client.hears(2).await?;
        client.leave().await;
        other.leave().await;
        Ok(())
    }

    async fn kept_session(&self) -> anyhow::Result<()> {
        self.forget().await?;
        let kept = || self.named().keeping_its_session();
        let client = self.client(kept()).await?;
        client.subscribe(&self.topic, QoS::AtLeastOnce).await?;
        client.leave().await;
        self.line.is_idle().await;
        patience(NOTICED).await;
        let other = self.another(self.stranger()).await?;
        let missed = Message::new(&self.topic, "21").qos(QoS::AtLeastOnce);
        other.send(missed).await?;
        other.leave().await;
        // It may say that it has a message before that is kept.
        patience(NOTICED).await;
        let client = self.client(kept()).await?;
        client.hears(1).await?;
        client.leave().await;
        self.forget().await
    }

    async fn take_over(&self) -> anyhow::Result<()> {
        let client = self.client(self.named()).await?;
        let twin = self.another(self.named()).await?;
        client.is_gone().await?;
        let client = self.client(self.named()).await?;
        twin.is_gone().await?;
        client.leave().await;
        Ok(())
    }

    async fn keep_alive(&self) -> anyhow::Result<()> {
        let watchful = || self.named().keep_alive(KEEP_ALIVE);
        let client = self.client(watchful()).await?;
        self.line.lose(Sender::Broker);
        client.is_gone().await?;
        self.line.up();
        self.client(watchful()).await?.leave().await;
        Ok(())
    }

    async fn bad_payload(&self) -> anyhow::Result<()> {
        let client = self.client(self.named()).await?;
        client.subscribe(&self.topic, QoS::AtLeastOnce).await?;
        let other = self.another(self.stranger()).await?;
        let nonsense = Message::new(&self.topic, "not json").qos(QoS::AtLeastOnce);
        other.send(nonsense).await?;
        client.hears(1).await?;
        client.leave().await;
        other.leave().await;
        Ok(())
    }

    fn named(&self) -> Introduction {
        Introduction::new(&self.name)
    }

    fn stranger(&self) -> Introduction {
        Introduction::new(format!("{}_other", self.name))
    }

    fn below(&self, level: &str) -> String {
        format!("{}/{level}", self.topic)
    }

    /// On the line that is shown.
    async fn client(&self, introduction: Introduction) -> anyhow::Result<Peer> {
        Peer::introduce(self.line.entrance(), introduction).await
    }

    /// Past the line.
    async fn another(&self, introduction: Introduction) -> anyhow::Result<Peer> {
        Peer::introduce(self.broker.clone(), introduction).await
    }

    /// A clean session ends whatever the broker has kept under the client's name.
    async fn forget(&self) -> anyhow::Result<()> {
        self.another(self.named()).await?.leave().await;
        patience(NOTICED).await;
        Ok(())
    }
}
