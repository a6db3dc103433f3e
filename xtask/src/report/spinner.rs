//! A sign of life while somebody waits.

use std::io::{IsTerminal, Write as _};
use std::time::Duration;

use tokio::task::JoinHandle;

/// What is over sooner needs no sign.
const PATIENCE: Duration = Duration::from_millis(300);

/// How long each picture stays.
const TURN: Duration = Duration::from_millis(100);

const PICTURES: [&str; 8] = ["⠋", "⠙", "⠸", "⠴", "⠦", "⠇", "⠏", "⠹"];

/// Turns on standard error while it lives, where that is a terminal.
#[derive(Debug)]
pub struct Spinner(Option<JoinHandle<()>>);

impl Spinner {
    /// Begins to turn beside these words.
    pub fn new(words: impl Into<String>) -> Self {
        let words = words.into();
        if !std::io::stderr().is_terminal() {
            return Self(None);
        }
        Self(Some(tokio::spawn(async move {
            tokio::time::sleep(PATIENCE).await;
            for picture in PICTURES.iter().cycle() {
                draw(&format!("{picture} {words}"));
                tokio::time::sleep(TURN).await;
            }
        })))
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        if let Some(turning) = self.0.take() {
            turning.abort();
            draw("");
        }
    }
}

/// Over what stands on the line.
fn draw(text: &str) {
    let mut stderr = anstream::stderr().lock();
    // A terminal that went away has nobody in front of it.
    let _ = write!(stderr, "\r\u{1b}[2K{text}").and_then(|()| stderr.flush());
}
