//! mdBook's warnings, as errors. It goes on after a missing file or an unclosed tag; we do not.

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// Whatever mdBook warned about while `work` ran.
pub fn during<T>(work: impl FnOnce() -> T) -> (T, Vec<String>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let subscriber = tracing_subscriber::registry().with(Listener(Arc::clone(&heard)));
    let result = tracing::subscriber::with_default(subscriber, work);
    let warnings = std::mem::take(&mut *heard.lock().unwrap_or_else(PoisonError::into_inner));
    (result, warnings)
}

struct Listener(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        // In `tracing`, a more serious level is the smaller one.
        if metadata.target().starts_with("mdbook") && *metadata.level() <= Level::WARN {
            let mut message = Message(String::new());
            event.record(&mut message);
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(message.0);
        }
    }
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            // Writing into a String cannot fail.
            let _ = write!(self.0, "{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::during;

    #[test]
    fn only_warnings_of_mdbook_count() {
        let ((), heard) = during(|| {
            tracing::warn!(target: "mdbook_html::tree", "unclosed tag");
            tracing::error!(target: "mdbook_driver", "file {} is gone", 7);
            tracing::info!(target: "mdbook_driver", "building");
            tracing::warn!(target: "other", "not ours");
        });
        assert_eq!(heard, ["unclosed tag", "file 7 is gone"]);
    }
}
