//! Three servers that share a subscription: who of them gets how many readings.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::bail;
use rumqttc::Publish;
use tokio::sync::mpsc;

use crate::client::{Client, LIMIT};
use crate::site::Site;

/// How many servers there are.
pub const SERVERS: usize = 3;

/// How many readings are sent.
pub const READINGS: usize = 3_000;

/// So many at a time: brokers drop QoS 0 when a subscriber cannot follow.
const AT_A_TIME: usize = 100;

/// What they share.
const SHARED: &str = "$share/servers/shared/telemetry";
/// What each of them gets.
const MARK: &str = "shared/mark";

/// How many readings each server got.
pub async fn play(site: &Site) -> anyhow::Result<[usize; SERVERS]> {
    let counts: [Arc<AtomicUsize>; SERVERS] = Default::default();
    let (tell, mut marks) = mpsc::unbounded_channel();
    let mut servers = Vec::with_capacity(SERVERS);
    for (place, count) in counts.iter().enumerate() {
        let (count, tell) = (Arc::clone(count), tell.clone());
        let hear = move |_: &_, message: Publish| {
            if message.topic == MARK {
                // Nobody listens any more once it is over.
                let _ = tell.send(());
            } else {
                count.fetch_add(1, Ordering::Relaxed);
            }
        };
        let name = format!("shared-server-{place}");
        // In a cluster one is at the server's node, and the others are where devices are.
        let door = match place {
            0 => site.server(),
            _ => site.device(place),
        };
        servers.push(Client::connect(&door, &name, &[SHARED, MARK], hear).await?);
    }
    let device = Client::connect(&site.device(0), "shared-device", &[], |_, _| {}).await?;
    for sent in 0..READINGS {
        device
            .publish("shared/telemetry", r#"{"light":299}"#.to_owned())
            .await?;
        if (sent + 1) % AT_A_TIME == 0 {
            // What was sent before it has come when it comes.
            device.publish(MARK, String::new()).await?;
            for _ in 0..SERVERS {
                if tokio::time::timeout(LIMIT, marks.recv()).await.is_err() {
                    bail!("a message to each of {SERVERS} servers got lost");
                }
            }
        }
    }
    // Between nodes, what goes to two queues may overtake.
    tokio::time::sleep(Duration::from_millis(200)).await;
    Ok(counts.map(|count| count.load(Ordering::Relaxed)))
}
