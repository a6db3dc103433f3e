//! A fleet on a cluster, and one node is killed in mid-course: what is lost, counted.
//!
//! Everybody comes through a [balancer](crate::balancer), and so comes back to another node.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rabbitmq::{Cluster, Sessions};
use rumqttc::{Publish, QoS};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::balancer::{Balancer, Turn};
use crate::client::{Client, Manner, Roll};
use crate::devices::{AT_ONCE, PACE};

/// Time that what is still under way may take after the last reading.
const REST: Duration = Duration::from_secs(15);

/// What is killed, and how clients talk.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// In words.
    pub title: &'static str,
    /// Whether it is the server's node, or one that only devices have.
    pub is_the_servers: bool,
    /// Of all that is published and subscribed to.
    pub qos: QoS,
    /// Whether the server has a session that the broker keeps.
    pub keeps_session: bool,
    /// Where the cluster has it.
    pub sessions: Sessions,
}

/// What is tried.
pub const CASES: [Case; 6] = [
    Case {
        title: "a node of devices, QoS 0",
        is_the_servers: false,
        qos: QoS::AtMostOnce,
        keeps_session: false,
        sessions: Sessions::OnOneNode,
    },
    Case {
        title: "a node of devices, QoS 1",
        is_the_servers: false,
        qos: QoS::AtLeastOnce,
        keeps_session: false,
        sessions: Sessions::OnOneNode,
    },
    Case {
        title: "the server's node, QoS 0",
        is_the_servers: true,
        qos: QoS::AtMostOnce,
        keeps_session: false,
        sessions: Sessions::OnOneNode,
    },
    Case {
        title: "the server's node, QoS 1",
        is_the_servers: true,
        qos: QoS::AtLeastOnce,
        keeps_session: false,
        sessions: Sessions::OnOneNode,
    },
    Case {
        title: "the server's node, QoS 1, session kept",
        is_the_servers: true,
        qos: QoS::AtLeastOnce,
        keeps_session: true,
        sessions: Sessions::OnOneNode,
    },
    Case {
        title: "the server's node, QoS 1, session kept and replicated",
        is_the_servers: true,
        qos: QoS::AtLeastOnce,
        keeps_session: true,
        sessions: Sessions::Replicated,
    },
];

/// What became of the readings.
#[derive(Clone, Copy, Debug)]
pub struct Toll {
    /// Those that devices handed to their clients.
    pub sent: usize,
    /// Those that never reached the server.
    pub lost: usize,
    /// Those that reached it more than once.
    pub doubled: usize,
    /// From the kill until the last client was back. None, if one never was.
    pub back: Option<Duration>,
}

impl Toll {
    /// When the last client was back, in words.
    pub fn back(&self) -> String {
        match self.back {
            Some(time) => format!("{:.1} s", time.as_secs_f64()),
            None => "not all".to_owned(),
        }
    }
}

/// How often each reading came: by the device's number, and its own.
type Heard = Arc<Mutex<HashMap<(usize, usize), usize>>>;

/// Lets `count` devices loose on the cluster for `time`, and kills a node after half of it.
///
/// # Errors
/// When the cluster does not take the fleet.
pub async fn play(
    mut cluster: Cluster,
    case: Case,
    count: usize,
    time: Duration,
) -> anyhow::Result<Toll> {
    let nodes: Vec<_> = cluster.nodes().iter().map(|node| node.mqtt).collect();
    let to_server = Balancer::open(nodes.clone(), Turn::First).await?;
    let to_devices = Balancer::open(nodes, Turn::Next).await?;
    let roll = Arc::<Roll>::default();
    let heard = Heard::default();
    let manner = Manner {
        qos: case.qos,
        keeps_session: false,
        comes_back: Some(Arc::clone(&roll)),
    };
    let its_manner = Manner {
        keeps_session: case.keeps_session,
        ..manner.clone()
    };
    let its_heard = Arc::clone(&heard);
    let hear = move |_: &_, message: Publish| note(&its_heard, &message);
    let filters = &["+/telemetry"];
    let door = to_server.address().into();
    let _server = Client::connect_as(its_manner, &door, "fleet-server", filters, hear).await?;

    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut connecting = JoinSet::new();
    for number in 0..count {
        let (manner, room) = (manner.clone(), Arc::clone(&room));
        let door = to_devices.address().into();
        connecting.spawn(async move {
            let _permit = room.acquire().await?;
            let name = format!("{number}client");
            let device = Client::connect_as(manner, &door, &name, &[], |_, _| {}).await?;
            anyhow::Ok((number, device))
        });
    }
    let mut telling = JoinSet::new();
    let devices: Vec<_> = connecting.join_all().await;
    let begin = Instant::now();
    for device in devices {
        let (number, device) = device?;
        telling.spawn(tell(number, device, begin, time));
    }
    tokio::time::sleep(time / 2).await;
    // All devices are in turn at all nodes, and the server is at the first.
    cluster.kill(usize::from(!case.is_the_servers)).await;
    let killed = Instant::now();

    let mut sent = 0;
    let mut devices = Vec::with_capacity(count);
    for told in telling.join_all().await {
        let (device, readings) = told?;
        devices.push(device);
        sent += readings;
    }
    let _ = tokio::time::timeout(REST, all_heard(&heard, sent)).await;
    let heard = std::mem::take(&mut *lock(&heard));
    let back = roll.complete();
    cluster.end().await;
    Ok(Toll {
        sent,
        lost: sent.saturating_sub(heard.len()),
        doubled: heard.values().filter(|times| **times > 1).count(),
        back: back.map(|last| last.saturating_duration_since(killed)),
    })
}

/// Tells a reading at each pace, all of them numbered.
async fn tell(
    number: usize,
    device: Client,
    begin: Instant,
    time: Duration,
) -> anyhow::Result<(Client, usize)> {
    let topic = format!("{number}/telemetry");
    let mut readings = 0;
    let mut next = PACE.mul_f64(fastrand::f64());
    while next < time {
        tokio::time::sleep_until((begin + next).into()).await;
        device
            .publish(&topic, format!(r#"{{"seq":{readings}}}"#))
            .await?;
        readings += 1;
        next += PACE;
    }
    Ok((device, readings))
}

fn note(heard: &Heard, message: &Publish) {
    let device = message.topic.strip_suffix("/telemetry");
    let device = device.and_then(|number| number.parse().ok());
    let seq = std::str::from_utf8(&message.payload).ok();
    let seq = seq.and_then(|text| {
        text.strip_prefix(r#"{"seq":"#)?
            .strip_suffix('}')?
            .parse()
            .ok()
    });
    if let Some(reading) = device.zip(seq) {
        *lock(heard).entry(reading).or_default() += 1;
    }
}

async fn all_heard(heard: &Heard, sent: usize) {
    while lock(heard).len() < sent {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn lock(heard: &Heard) -> std::sync::MutexGuard<'_, HashMap<(usize, usize), usize>> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}
