//! Thousands of devices, each with a connection of its own, and one server for all of them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rumqttc::QoS;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::client::Client;
use crate::site::Site;
use crate::spread::Spread;

/// Interval between two readings of a device, as in the lessons.
pub const PACE: Duration = Duration::from_secs(5);

/// How many connect at a time: nobody's devices are all switched on in the same millisecond.
pub const AT_ONCE: usize = 50;

/// Time that the last commands may take after the last reading.
const REST: Duration = Duration::from_secs(5);

/// Measurements of one run.
#[derive(Debug)]
pub struct Seen {
    /// Until all were connected.
    pub connected: Duration,
    /// Readings sent.
    pub readings: usize,
    time: Duration,
    /// From a reading to its command.
    pub answers: Spread,
    /// Of the broker alone, before and after, in bytes, where that can be told.
    pub memory: Option<(u64, u64)>,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answered = self.answers.count();
        // The broker takes in and gives out each of them.
        let messages = (self.readings + answered) as f64 / self.time.as_secs_f64();
        write!(
            f,
            "all connected in {:.1} s; {} of {} readings answered, {messages:.0} messages/s; from \
             reading to command {}",
            self.connected.as_secs_f64(),
            answered,
            self.readings,
            self.answers
        )?;
        if let Some((before, after)) = self.memory {
            let mega = |bytes: u64| bytes as f64 / 1e6;
            write!(
                f,
                "; memory {:.0} MB, before {:.0} MB",
                mega(after),
                mega(before)
            )?;
        }
        Ok(())
    }
}

/// When each device has sent its reading, until its command comes.
type Sent = Arc<Mutex<HashMap<usize, Instant>>>;
type Times = Arc<Mutex<Vec<Duration>>>;

/// Lets `count` devices loose on a broker, for `time`.
pub async fn play(site: &Site, count: usize, time: Duration) -> anyhow::Result<Seen> {
    let before = site.memory();
    let _server = Client::connect(
        &site.server(),
        "fleet-server",
        &["+/telemetry"],
        |client, reading| {
            if let Some(id) = reading.topic.strip_suffix("/telemetry") {
                let topic = format!("{id}/commands");
                // What does not fit into the outbox is a command that did not come.
                let _ = client.try_publish(topic, QoS::AtMostOnce, false, r#"{"led_on":true}"#);
            }
        },
    )
    .await?;

    let (sent, times) = (Sent::default(), Times::default());
    let begin = Instant::now();
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut connecting = JoinSet::new();
    for number in 0..count {
        let (endpoint, room) = (site.device(number), Arc::clone(&room));
        let (sent, times) = (Arc::clone(&sent), Arc::clone(&times));
        connecting.spawn(async move {
            let _permit = room.acquire().await?;
            let (name, filter) = (format!("{number}client"), format!("{number}/commands"));
            let filters = [filter.as_str()];
            let device = Client::connect(&endpoint, &name, &filters, move |_, _| {
                let sent = lock(&sent).remove(&number);
                lock(&times).extend(sent.map(|sent| sent.elapsed()));
            });
            anyhow::Ok((number, device.await?))
        });
    }
    let mut devices = Vec::with_capacity(count);
    while let Some(device) = connecting.join_next().await {
        devices.push(device??);
    }
    let connected = begin.elapsed();

    let begin = Instant::now();
    let mut telling = JoinSet::new();
    for (number, device) in devices {
        let sent = Arc::clone(&sent);
        telling.spawn(async move {
            let mut readings = 0;
            // They do not all tell at the same moment.
            let mut next = PACE.mul_f64(fastrand::f64());
            while next < time {
                tokio::time::sleep_until((begin + next).into()).await;
                lock(&sent).insert(number, Instant::now());
                device
                    .publish(
                        &format!("{number}/telemetry"),
                        r#"{"light":299}"#.to_owned(),
                    )
                    .await?;
                readings += 1;
                next += PACE;
            }
            anyhow::Ok((device, readings))
        });
    }
    let mut readings = 0;
    let mut devices = Vec::with_capacity(count);
    while let Some(told) = telling.join_next().await {
        let (device, its) = told??;
        devices.push(device);
        readings += its;
    }
    let after = site.memory();
    let _ = tokio::time::timeout(REST, all_answered(&sent)).await;
    let answers = Spread::of(std::mem::take(&mut *lock(&times)));
    Ok(Seen {
        connected,
        readings,
        time,
        answers,
        memory: before.zip(after),
    })
}

async fn all_answered(sent: &Sent) {
    while !lock(sent).is_empty() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
