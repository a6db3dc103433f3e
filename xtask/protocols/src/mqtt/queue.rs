//! A device that leaves it to its client what becomes of readings in an outage.

use std::net::SocketAddr;
use std::time::Duration;

use rumqttc::AsyncClient;
use tokio::task::JoinHandle;

use super::{OUTBOX, READINGS, Session, at_once};
use crate::outage::Outbox;

/// How long the event loop rests before it connects again.
const REST: Duration = Duration::from_millis(100);

/// rumqttc's own queue, and its event loop, which connects again and again. Dropped, it stops.
pub struct Queue {
    client: AsyncClient,
    session: Session,
    polling: JoinHandle<()>,
}

impl Queue {
    /// Connects to the server at this address, over and over.
    pub fn open(session: &Session, server: SocketAddr) -> Self {
        let (client, mut events) = AsyncClient::new(session.options(server), OUTBOX);
        events.set_network_options(at_once());
        let polling = tokio::spawn(async move {
            loop {
                if events.poll().await.is_err() {
                    tokio::time::sleep(REST).await;
                }
            }
        });
        Self {
            client,
            session: session.clone(),
            polling,
        }
    }
}

impl Outbox for Queue {
    fn put(&mut self, reading: Vec<u8>) -> anyhow::Result<()> {
        let qos = self.session.qos;
        Ok(self.client.try_publish(READINGS, qos, false, reading)?)
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.polling.abort();
    }
}
