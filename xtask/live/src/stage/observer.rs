//! A client of our own: whether the broker answers is known by talking to it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arena::broker::Endpoint;
use rumqttc::{AsyncClient, Event, Packet, QoS};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::{Gossip, Trouble, gone, good, tell_state, waiting};
use crate::feed::Feed;

/// A broker that went silent is noticed within two of these.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// How long to leave the broker in peace after a failure.
const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// How many messages may wait to be sent.
const OUTBOX: usize = 10;

/// Watches the broker, and publishes for the page.
#[derive(Debug)]
pub(super) struct Observer {
    watched: Watched,
    address: watch::Sender<Option<SocketAddr>>,
    watching: JoinHandle<()>,
}

#[derive(Clone, Debug)]
struct Watched {
    name: String,
    /// As it was at first: its address may change.
    broker: Endpoint,
    /// There is one while the broker answers.
    client: Arc<Mutex<Option<AsyncClient>>>,
    feed: Arc<Feed>,
    gossip: mpsc::UnboundedSender<Gossip>,
}

impl Observer {
    pub(super) fn start(
        id: &str,
        broker: Endpoint,
        feed: Arc<Feed>,
        gossip: mpsc::UnboundedSender<Gossip>,
    ) -> Self {
        let tail: String = std::iter::repeat_with(fastrand::lowercase)
            .take(6)
            .collect();
        let address = broker.address;
        let watched = Watched {
            // Another page may watch the same broker for the same id.
            name: format!("{id}nightlight_page_{tail}"),
            broker,
            client: Arc::default(),
            feed,
            gossip,
        };
        let (address, addresses) = watch::channel(Some(address));
        let watching = tokio::spawn(watched.clone().watch(addresses));
        Self {
            watched,
            address,
            watching,
        }
    }

    /// Does not expect the broker to answer until [`Observer::go_to`].
    pub(super) fn pause(&self, reason: &str) {
        self.address.send_replace(None);
        self.watched.set_client(None);
        self.watched.tell(waiting("restarting", reason));
    }

    /// Connects to the broker, which is at this address now.
    pub(super) fn go_to(&self, broker: SocketAddr) {
        self.address.send_replace(Some(broker));
    }

    /// Publishes with QoS 0, not retained.
    pub(super) fn publish(&self, topic: &str, payload: &str) -> Result<(), Trouble> {
        let client = self.watched.client.lock();
        let client = client.unwrap_or_else(PoisonError::into_inner);
        let client = client.as_ref().ok_or(Trouble::NoBroker)?;
        client
            .try_publish(topic, QoS::AtMostOnce, false, payload)
            .map_err(|_| Trouble::NoBroker)
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

impl Watched {
    async fn watch(self, mut addresses: watch::Receiver<Option<SocketAddr>>) {
        loop {
            let address = *addresses.borrow_and_update();
            if let Some(address) = address {
                tokio::select! {
                    () = self.talk(address) => {}
                    changed = addresses.changed() => match changed {
                        Ok(()) => continue,
                        Err(_) => return,
                    },
                }
            }
            tokio::select! {
                () = tokio::time::sleep(RETRY_PAUSE), if address.is_some() => {}
                changed = addresses.changed() => if changed.is_err() {
                    return;
                },
            }
        }
    }

    /// Serves one connection until the broker no longer answers.
    async fn talk(&self, address: SocketAddr) {
        let endpoint = Endpoint {
            address,
            ..self.broker.clone()
        };
        let mut options = endpoint.options(&self.name);
        options.set_keep_alive(KEEP_ALIVE);
        let (client, mut events) = AsyncClient::new(options, OUTBOX);
        let error = loop {
            match events.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    self.set_client(Some(client.clone()));
                    self.tell(good("running", format!("It answers on {address}.")));
                }
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        self.set_client(None);
        self.tell(gone(
            "not answering",
            format!("It does not answer on {address}: {error}."),
        ));
    }

    fn set_client(&self, client: Option<AsyncClient>) {
        *self.client.lock().unwrap_or_else(PoisonError::into_inner) = client;
    }

    fn tell(&self, state: crate::feed::State) {
        tell_state(&self.feed, &self.gossip, None, state);
    }
}
