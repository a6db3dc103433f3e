//! The way in for a page that is a client itself: a line like a program's, so that people see its
//! packets as they see a program's.

use std::net::SocketAddr;
use std::sync::Arc;

use arena::broker::Endpoint;
use arena::clock::Clock;
use arena::line::Line;
use arena::record::{Budget, Entry, Record};

use super::Stage;
use super::follow::row;
use crate::feed::clock_at;
use crate::packet::Row;

/// What the list of packets calls it.
pub(super) const WHO: &str = "browser";

/// Whatever comes in by WebSocket has one line together.
#[derive(Debug)]
pub(super) struct Browser {
    pub(super) line: Line,
    pub(super) record: Arc<Record>,
}

impl Browser {
    pub(super) async fn open(broker: Endpoint) -> anyhow::Result<Self> {
        let record = Arc::new(Record::new(Budget::FOLLOWED));
        let line = Line::open(broker, Arc::<Clock>::default(), Arc::clone(&record)).await?;
        Ok(Self { line, record })
    }
}

/// What was seen on its line, for the list of packets.
pub(super) fn seen(entry: &Entry) -> Option<Row> {
    Some(Row {
        at: clock_at(entry.at),
        who: WHO,
        ..row(&entry.event)?
    })
}

impl Stage {
    /// Where what takes WebSocket hands it on to, in a play with a browser.
    pub fn way_in_for_browsers(&self) -> Option<SocketAddr> {
        let browser = self.browser.as_ref()?;
        Some(browser.line.entrance().address)
    }
}
