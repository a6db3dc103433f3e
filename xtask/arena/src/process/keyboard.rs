//! A program's standard input.

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

/// Types to a program. Dropped, its standard input ends.
#[derive(Debug)]
pub(super) struct Keyboard {
    keys: mpsc::UnboundedSender<String>,
}

impl Keyboard {
    /// Types the first lines at once.
    pub fn at(mut input: impl AsyncWrite + Unpin + Send + 'static, first_lines: String) -> Self {
        let (keys, mut typed) = mpsc::unbounded_channel::<String>();
        tokio::spawn(async move {
            let mut text = Some(first_lines);
            while let Some(next) = text {
                let written = input.write_all(next.as_bytes()).await;
                // A program that does not read, or is gone, is nobody's loss.
                if written.is_err() || input.flush().await.is_err() {
                    break;
                }
                text = typed.recv().await;
            }
        });
        Self { keys }
    }

    /// Types a line.
    pub fn line(&self, line: &str) {
        let _ = self.keys.send(format!("{line}\n"));
    }
}
