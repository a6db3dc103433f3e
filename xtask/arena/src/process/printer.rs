//! Reads what a process prints, line by line.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::clock::Clock;
use crate::record::{Event, Flood, Record, Stream};

/// A longer line is cut, in bytes.
const LINE_CAP: usize = 4_096;

/// Puts into the record what a process prints.
#[derive(Clone)]
pub(super) struct Printer {
    clock: Arc<Clock>,
    pub(super) record: Arc<Record>,
    output_cap: usize,
    /// Bytes so far, of both streams together.
    printed: Arc<AtomicUsize>,
}

impl Printer {
    pub(super) fn new(clock: Arc<Clock>, record: Arc<Record>, output_cap: usize) -> Self {
        Self {
            clock,
            record,
            output_cap,
            printed: Arc::default(),
        }
    }

    pub(super) async fn read(self, mut from: impl AsyncRead + Unpin, stream: Stream) {
        let mut chunk = vec![0; 8 * 1024];
        let mut line = Vec::new();
        while let Ok(length @ 1..) = from.read(&mut chunk).await {
            let before = self.printed.fetch_add(length, Ordering::Relaxed);
            if before + length > self.output_cap {
                let flood = Flood::Printed(self.output_cap);
                self.record.flood(self.clock.now(), flood);
                return;
            }
            for byte in &chunk[..length] {
                match byte {
                    b'\n' => self.print(&mut line, stream),
                    byte if line.len() < LINE_CAP => line.push(*byte),
                    _ => {}
                }
            }
        }
        if !line.is_empty() {
            self.print(&mut line, stream);
        }
    }

    fn print(&self, line: &mut Vec<u8>, stream: Stream) {
        let text = String::from_utf8_lossy(line)
            .trim_end_matches('\r')
            .to_owned();
        line.clear();
        self.push(Event::Printed { stream, text });
    }

    pub(super) fn push(&self, event: Event) {
        self.record.push(self.clock.now(), event);
    }
}
