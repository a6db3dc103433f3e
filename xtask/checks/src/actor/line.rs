//! The line of a program to its broker, and how it breaks.

use std::sync::{MutexGuard, PoisonError};

use arena::broker::Broker;
use arena::record::Entry;
use course::Program;

use super::Actor;
use crate::queries;

/// The place of the node that such a program is led to, where a broker has several: what one
/// publishes has to come to the other.
pub(super) fn node_of(program: &Program) -> usize {
    usize::from(!program.board)
}

impl Actor {
    /// From now on the line leads to this broker, or its own node of it.
    pub fn lead_to(&self, broker: &Broker) {
        let node = broker.endpoint_at(node_of(self.program));
        self.line.lead_to(node.address);
    }

    /// Cuts the line and refuses new connections until it is up again.
    pub fn take_down(&self) {
        self.breaks().push(self.record.len());
        self.line.down();
    }

    /// Cuts the line, once.
    pub fn cut(&self) {
        self.breaks().push(self.record.len());
        self.line.cut();
    }

    /// Cuts the line, once, with a goodbye to the broker in the program's place.
    pub fn cut_with_goodbye(&self) {
        self.breaks().push(self.record.len());
        self.line.cut_with_goodbye();
    }

    /// Ends its connection as a broker does that shuts down, once.
    pub async fn close(&self) {
        self.breaks().push(self.record.len());
        self.line.close().await;
    }

    /// Where in the record we broke the line, in order.
    pub fn breaks(&self) -> MutexGuard<'_, Vec<usize>> {
        self.breaks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the broker has accepted the program since we last broke the line.
    pub fn is_online(&self) -> bool {
        let since = self.breaks().last().copied().unwrap_or_default();
        let is = |entries: &[Entry]| entries[since..].iter().any(queries::is_accepted);
        self.record.look(is)
    }

    /// Why the broker did not take a connection of the line, if it was asked to: never the
    /// program's fault.
    pub fn broken_line(&self) -> Option<anyhow::Error> {
        self.line.broker_failed()
    }
}
