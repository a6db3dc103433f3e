//! Reads what a process prints, line by line.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::mpsc;

use super::Order;
use crate::clock::Clock;
use crate::record::{Event, Record, Stream};

/// A longer line is cut, in bytes.
const LINE_CAP: usize = 4_096;

/// Puts into the record what a process prints.
#[derive(Clone)]
pub(super) struct Printer {
    pub(super) clock: Arc<Clock>,
    pub(super) record: Arc<Record>,
    pub(super) orders: mpsc::UnboundedSender<Order>,
    pub(super) output_cap: usize,
}

impl Printer {
    pub(super) async fn read(self, mut from: impl AsyncRead + Unpin, stream: Stream) {
        let mut chunk = vec![0; 8 * 1024];
        let mut line = Vec::new();
        let mut total = 0;
        while let Ok(length @ 1..) = from.read(&mut chunk).await {
            total += length;
            if total > self.output_cap {
                let _ = self.orders.send(Order::Flood);
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
