//! What happens at the embedded broker, told to who wants to show it.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use mqtt5::broker::{
    BrokerEventHandler, ClientConnectEvent, ClientDisconnectEvent, ClientPublishEvent,
    ClientSubscribeEvent, ClientUnsubscribeEvent, PublishAction, SubAckReasonCode,
};

/// Something that a client does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// The client's name.
    pub client: String,
    /// What it does.
    pub deed: Deed,
}

/// What a client does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It was let in.
    Connected,
    /// It was let in while another client of its name was there, which is thrown out (MQTT 3.1.1,
    /// section 3.1.4).
    Replaced,
    /// It subscribes to what this filter says.
    Subscribed {
        /// The filter.
        filter: String,
        /// Whether it was granted.
        granted: bool,
    },
    /// It no longer wants what this filter says.
    Unsubscribed(String),
    /// It publishes a message.
    Published {
        /// The message's topic.
        topic: String,
        /// The message itself.
        payload: Bytes,
        /// Whether the broker keeps it for who comes later.
        retained: bool,
    },
    /// It said goodbye.
    Left,
    /// Its connection ended without a goodbye: the broker publishes its will, if it has one.
    Lost,
}

/// Who hears of what happens. It must be quick: the broker waits.
pub type Listener = Arc<dyn Fn(Happening) + Send + Sync>;

/// Tells a listener of the broker's own events.
pub(super) struct Teller {
    listener: Listener,
    names: Mutex<BTreeMap<String, Name>>,
}

/// What is known of one client name.
#[derive(Debug, Default, PartialEq, Eq)]
struct Name {
    connections: u32,
    /// How many are about to be told as having replaced another: it comes, and its rival's
    /// connection ends, in either order.
    newcomers: u32,
    /// How many ends are no news then.
    losers: u32,
}

impl Teller {
    pub(super) fn new(listener: Listener) -> Self {
        Self {
            listener,
            names: Mutex::default(),
        }
    }

    /// Somebody asks to be let in under this name.
    pub(super) fn comes(&self, client: &str) {
        self.note(client, |name| {
            if name.connections > name.losers {
                name.newcomers += 1;
                name.losers += 1;
            }
        });
    }

    fn tell(&self, client: &str, deed: Deed) {
        (self.listener)(Happening {
            client: client.to_owned(),
            deed,
        });
    }

    fn note<T>(&self, client: &str, change: impl FnOnce(&mut Name) -> T) -> T {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let name = names.entry(client.to_owned()).or_default();
        let noted = change(name);
        if *name == Name::default() {
            names.remove(client);
        }
        noted
    }
}

impl fmt::Debug for Teller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Teller").finish_non_exhaustive()
    }
}

type Done<'a, T = ()> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

fn done<'a>() -> Done<'a> {
    Box::pin(std::future::ready(()))
}

impl BrokerEventHandler for Teller {
    fn on_client_connect<'a>(&'a self, event: ClientConnectEvent) -> Done<'a> {
        let deed = self.note(&event.client_id, |name| {
            name.connections += 1;
            match name.newcomers.checked_sub(1) {
                Some(others) => {
                    name.newcomers = others;
                    Deed::Replaced
                }
                None => Deed::Connected,
            }
        });
        self.tell(&event.client_id, deed);
        done()
    }

    fn on_client_subscribe<'a>(&'a self, event: ClientSubscribeEvent) -> Done<'a> {
        for subscription in event.subscriptions {
            let granted = matches!(
                subscription.result,
                SubAckReasonCode::GrantedQoS0
                    | SubAckReasonCode::GrantedQoS1
                    | SubAckReasonCode::GrantedQoS2
            );
            let filter = subscription.topic_filter.to_string();
            self.tell(&event.client_id, Deed::Subscribed { filter, granted });
        }
        done()
    }

    fn on_client_unsubscribe<'a>(&'a self, event: ClientUnsubscribeEvent) -> Done<'a> {
        for filter in event.topic_filters {
            self.tell(&event.client_id, Deed::Unsubscribed(filter.to_string()));
        }
        done()
    }

    fn on_client_publish<'a>(&'a self, event: ClientPublishEvent) -> Done<'a, PublishAction> {
        let published = Deed::Published {
            topic: event.topic.to_string(),
            payload: event.payload,
            retained: event.retain,
        };
        self.tell(&event.client_id, published);
        Box::pin(std::future::ready(PublishAction::Continue))
    }

    fn on_client_disconnect<'a>(&'a self, event: ClientDisconnectEvent) -> Done<'a> {
        let is_news = self.note(&event.client_id, |name| {
            name.connections = name.connections.saturating_sub(1);
            match name.losers.checked_sub(1) {
                // Nobody who is thrown out says goodbye: this is the winner, quicker than the
                // end of its rival.
                Some(others) if event.unexpected => {
                    name.losers = others;
                    false
                }
                _ => true,
            }
        });
        if is_news {
            let deed = if event.unexpected {
                Deed::Lost
            } else {
                Deed::Left
            };
            self.tell(&event.client_id, deed);
        }
        done()
    }
}

#[cfg(test)]
mod tests {
    use mqtt5::types::ReasonCode;

    use super::*;

    async fn enters(teller: &Teller) {
        teller.comes("twin");
        let event = ClientConnectEvent {
            client_id: "twin".into(),
            user_id: None,
            clean_start: true,
            session_expiry_interval: 0,
            will_topic: None,
            will_payload: None,
            will_qos: None,
            will_retain: None,
        };
        teller.on_client_connect(event).await;
    }

    async fn ends(teller: &Teller, unexpected: bool) {
        let event = ClientDisconnectEvent {
            client_id: "twin".into(),
            user_id: None,
            reason: ReasonCode::Success,
            unexpected,
        };
        teller.on_client_disconnect(event).await;
    }

    #[tokio::test]
    async fn who_leaves_before_its_rivals_end_is_told_as_leaving() {
        let deeds = Arc::<Mutex<Vec<Deed>>>::default();
        let told = Arc::clone(&deeds);
        let teller = Teller::new(Arc::new(move |happening| {
            told.lock().unwrap().push(happening.deed);
        }));
        enters(&teller).await;
        enters(&teller).await;
        ends(&teller, false).await;
        ends(&teller, true).await;
        let both = [Deed::Connected, Deed::Replaced, Deed::Left];
        assert_eq!(*deeds.lock().unwrap(), both);
        // And nothing is left over of them.
        enters(&teller).await;
        ends(&teller, true).await;
        let third = [Deed::Connected, Deed::Lost];
        assert_eq!(deeds.lock().unwrap()[both.len()..], third);
    }
}
