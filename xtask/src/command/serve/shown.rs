//! What clients of a served broker, and programs at a served board, do: a line each.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arena::board::counterfit;
use arena::broker::{Deed, Happening};
use serde_json::Value;
use terminal::say;
use tokio::sync::mpsc::{self, Receiver, Sender};

/// So many lines wait for a slow terminal. Of more, only the number is told.
const WAITING: usize = 1000;

/// So much of a payload is shown, in characters.
const LONGEST: usize = 200;

/// Takes lines from whoever must not wait for a terminal.
#[derive(Clone, Debug)]
pub struct Lines {
    sender: Sender<String>,
    dropped: Arc<AtomicUsize>,
}

/// Prints them.
#[derive(Debug)]
pub struct Printer {
    lines: Receiver<String>,
    dropped: Arc<AtomicUsize>,
}

/// Both ends.
pub fn lines() -> (Lines, Printer) {
    let (sender, lines) = mpsc::channel(WAITING);
    let dropped = Arc::<AtomicUsize>::default();
    let printer = Printer {
        lines,
        dropped: Arc::clone(&dropped),
    };
    (Lines { sender, dropped }, printer)
}

impl Lines {
    pub fn tell(&self, line: String) {
        if self.sender.try_send(line).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Printer {
    /// Until nobody is left to tell anything.
    pub async fn run(mut self) {
        while let Some(line) = self.lines.recv().await {
            // With nobody reading, what is served goes on.
            let _ = say::out(&format!("{line}\n"));
            let dropped = self.dropped.swap(0, Ordering::Relaxed);
            if dropped > 0 {
                let _ = say::out(&format!("… and {dropped} more, too many to show\n"));
            }
        }
    }
}

/// What a client does.
pub fn client(happening: &Happening) -> String {
    let name = say::paint(say::STRONG, visible(&happening.client));
    let deed = match &happening.deed {
        Deed::Connected => "connects".to_owned(),
        Deed::Replaced => "connects: another client of that name is thrown out".to_owned(),
        Deed::Subscribed { filter, granted } => {
            let refused = if *granted { "" } else { ", which is refused" };
            format!("subscribes to {}{refused}", visible(filter))
        }
        Deed::Unsubscribed(filter) => format!("unsubscribes from {}", visible(filter)),
        Deed::Published {
            topic,
            payload,
            retained,
        } => {
            let retained = if *retained { ", retained" } else { "" };
            let payload = String::from_utf8_lossy(payload);
            format!(
                "publishes to {}{retained}: {}",
                visible(topic),
                visible(&payload)
            )
        }
        Deed::Left => "says goodbye and leaves".to_owned(),
        Deed::Lost => "is gone without a goodbye".to_owned(),
    };
    format!("{name} {deed}")
}

/// What a program does with the board, if that is worth a line.
pub fn program(happening: &counterfit::Happening) -> Option<String> {
    use counterfit::Happening;
    Some(match happening {
        Happening::Connected => "A program says that it is there".to_owned(),
        Happening::Disconnected => "A program says that it leaves".to_owned(),
        Happening::Read { port, value } => {
            let value = match value {
                Value::String(text) => visible(text),
                other => other.to_string(),
            };
            format!("The sensor at {} is read: {value}", visible(port))
        }
        Happening::Switched { port, on } => {
            let state = if *on { "on" } else { "off" };
            format!("The LED at {} is switched {state}", visible(port))
        }
        Happening::Refused(reason) => format!("Refused: {}", visible(reason)),
        // By somebody at the page, who sees it.
        Happening::Changed => return None,
    })
}

/// On one line of a terminal, whatever is in it.
fn visible(text: &str) -> String {
    let mut shown = String::new();
    for letter in text.chars().take(LONGEST) {
        if letter.is_control() {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_steers_the_terminal_with_a_message() {
        let happening = Happening {
            client: "a\u{1b}[2J".to_owned(),
            deed: Deed::Published {
                topic: "t\r\n".to_owned(),
                payload: vec![b'x'; 2 * LONGEST].into(),
                retained: true,
            },
        };
        let line = anstream::adapter::strip_str(&client(&happening)).to_string();
        assert!(
            line.starts_with("a\\u{1b}[2J publishes to t\\r\\n, retained: xxx"),
            "{line}"
        );
        assert!(line.ends_with("x…") && line.chars().count() < 300, "{line}");
    }

    #[tokio::test]
    async fn a_flood_waits_for_nobody() {
        let (lines, printer) = lines();
        for number in 0..2 * WAITING {
            lines.tell(number.to_string());
        }
        assert_eq!(printer.dropped.load(Ordering::Relaxed), WAITING);
    }
}
