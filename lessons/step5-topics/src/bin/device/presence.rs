//! Whether the device is there: a word on a topic of its own, which the broker retains.

use std::sync::{Mutex, MutexGuard, PoisonError};

use nightlight::Settings;
use rumqttc::{Client, ClientError, Publish};
// TODO 3 also needs `rumqttc::QoS`.

// The words are `online` and `offline`, in small letters. They deserve a constant each.

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
        // TODO 3: first `self.client.try_subscribe(…)` to our own status, with QoS 0, and then
        // `self.say(…)` that we are there. The next line stands in for it; replace it.
        let _ = (&self.client, &self.topic);
        Ok(())
    }

    /// After every message on our own status.
    pub fn hears(&self, message: &Publish) {
        // TODO 4: the broker may say that we are `offline` while we are not: `message.payload` says so,
        // `message.retain` tells news from what was kept, and `self.lock()` whether we are connected or
        // about to leave. Then `self.say(…)` again that we are there. The next line stands in for it.
        let _ = message;
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
        // TODO 5: if we are connected, `self.say(…)` that we go.
        state.connected
    }

    /// After every PUBACK. Once the broker has our last word, nothing keeps us.
    pub fn is_answered(&self) {
        let mut state = self.lock();
        state.unanswered = state.unanswered.saturating_sub(1);
        // TODO 5: when we are leaving and nothing is unanswered any more, the broker has our last word:
        // now `self.client.try_disconnect()`.
    }

    // TODO 3: write `fn say(&self, state: &mut State, word: &str)`. It counts one more in
    // `state.unanswered` and calls `self.client.try_publish(…)`: on our status, with QoS 1, retained.
    // An `Err` is said on stderr; do not give up.

    fn lock(&self) -> MutexGuard<'_, State> {
        // Only a panic of the other thread spoils a lock, and these fields bear that.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
