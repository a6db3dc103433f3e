//! Whether the device is there: a word on a topic of its own, which the broker retains.

use std::sync::{Mutex, MutexGuard, PoisonError};

use nightlight::Settings;
// ANCHOR: imports
use rumqttc::{Client, ClientError, Publish, QoS};
// ANCHOR_END: imports

// ANCHOR: words
/// The device is there.
const ONLINE: &str = "online";
/// It is not.
pub const OFFLINE: &str = "offline";
// ANCHOR_END: words

/// Where to find out whether the device is there.
pub fn status_topic(settings: &Settings) -> String {
    format!("{}/status", settings.id)
}

/// Says that we are there, and that we go.
pub struct Presence {
    client: Client,
    topic: String,
    /// The event loop and the handler of Ctrl-C both speak. Whoever does holds this lock: so
    /// nobody says that we are there when the other has just said that we go.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    connected: bool,
    leaving: bool,
    /// How many words still wait for their PUBACK. The last one is answered when all are, so that
    /// no PUBACK is taken for another.
    unanswered: u32,
}

impl Presence {
    /// Of a device that has not said anything yet.
    pub fn new(client: Client, settings: &Settings) -> Self {
        Self {
            client,
            topic: status_topic(settings),
            state: Mutex::default(),
        }
    }

    /// After every CONNACK, unless we are about to leave.
    pub fn arrives(&self) -> Result<(), ClientError> {
        let mut state = self.lock();
        if state.leaving {
            return Ok(());
        }
        state.connected = true;
        // ANCHOR: arrives
        // We listen before we speak: the will of our own dead connection may still be on its way.
        self.client.try_subscribe(&self.topic, QoS::AtMostOnce)?;
        self.say(&mut state, ONLINE);
        // ANCHOR_END: arrives
        Ok(())
    }

    /// After every message on our own status.
    pub fn hears(&self, message: &Publish) {
        // ANCHOR: hears
        let mut state = self.lock();
        let is_news = !message.retain && message.payload == OFFLINE;
        // The broker says that we are gone, and we are not.
        if is_news && state.connected && !state.leaving {
            self.say(&mut state, ONLINE);
        }
        // ANCHOR_END: hears
    }

    /// At an error: of what was said, nothing is answered any more.
    pub fn is_lost(&self) {
        let mut state = self.lock();
        state.connected = false;
        state.unanswered = 0;
    }

    /// At Ctrl-C. Returns whether there is an answer to wait for.
    pub fn leaves(&self) -> bool {
        let mut state = self.lock();
        state.leaving = true;
        // ANCHOR: leaves
        if state.connected {
            self.say(&mut state, OFFLINE);
        }
        // ANCHOR_END: leaves
        state.connected
    }

    /// After every PUBACK. Once the broker has our last word, nothing keeps us.
    pub fn is_answered(&self) {
        let mut state = self.lock();
        state.unanswered = state.unanswered.saturating_sub(1);
        // ANCHOR: goodbye
        if state.leaving && state.unanswered == 0 {
            // If the outbox is full, we leave without a goodbye, and the will speaks.
            let _ = self.client.try_disconnect();
        }
        // ANCHOR_END: goodbye
    }

    // ANCHOR: say
    fn say(&self, state: &mut State, word: &str) {
        // It counts even if the outbox is full: a last word that never left is never answered.
        state.unanswered += 1;
        let said = self
            .client
            .try_publish(&self.topic, QoS::AtLeastOnce, true, word);
        if let Err(error) = said {
            eprintln!("Nobody hears that we are {word}: {error}");
        }
    }
    // ANCHOR_END: say

    fn lock(&self) -> MutexGuard<'_, State> {
        // Only a panic of the other thread spoils a lock, and these fields bear that.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
