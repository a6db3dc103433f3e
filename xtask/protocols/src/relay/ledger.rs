//! What has passed, and what may.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::segments::Probe;
use crate::traffic::{Flow, Traffic};

/// Shared by all connections of a line.
#[derive(Debug, Default)]
pub struct Ledger {
    state: Mutex<State>,
    changed: Notify,
    cuts: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    delay: Duration,
    is_down: bool,
    answers_are_lost: bool,
    next: u64,
    open: BTreeMap<u64, Account>,
    /// Of connections that are no more.
    past: Traffic,
}

/// Of one connection.
#[derive(Debug)]
struct Account {
    probe: Option<Probe>,
    /// With the pieces in the place of packets.
    seen: Traffic,
}

impl Account {
    fn traffic(&self) -> Traffic {
        let mut traffic = self.seen;
        if let Some(segments) = self.probe.as_ref().and_then(Probe::ask) {
            traffic.up.packets = segments.received;
            traffic.down.packets = segments.sent;
        }
        traffic
    }
}

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Up,
    Down,
}

impl Ledger {
    /// A new connection, by a number of its own.
    pub fn open(&self, probe: Option<Probe>) -> u64 {
        let mut state = self.state();
        state.next += 1;
        let number = state.next;
        let seen = Traffic::default();
        state.open.insert(number, Account { probe, seen });
        number
    }

    /// It is closed at both ends.
    pub fn close(&self, number: u64) {
        let mut state = self.state();
        if let Some(account) = state.open.remove(&number) {
            state.past = state.past + account.traffic();
        }
        drop(state);
        self.changed.notify_waiters();
    }

    /// Counts a piece, and says how long to hold it; none where it is lost.
    pub fn pass(&self, number: u64, way: Way, bytes: usize) -> Option<Duration> {
        let mut state = self.state();
        let piece = Flow {
            bytes: bytes as u64,
            packets: 1,
        };
        if let Some(account) = state.open.get_mut(&number) {
            let flow = match way {
                Way::Up => &mut account.seen.up,
                Way::Down => &mut account.seen.down,
            };
            *flow = *flow + piece;
        }
        let is_lost = state.is_down || (way == Way::Down && state.answers_are_lost);
        let delay = state.delay;
        drop(state);
        self.changed.notify_waiters();
        (!is_lost).then_some(delay)
    }

    pub fn traffic(&self) -> Traffic {
        let state = self.state();
        let open = state.open.values().map(Account::traffic);
        open.fold(state.past, |sum, traffic| sum + traffic)
    }

    pub fn delay(&self, delay: Duration) {
        self.state().delay = delay;
    }

    pub fn lose_answers(&self) {
        self.state().answers_are_lost = true;
    }

    pub fn cut(&self) {
        self.state().is_down = true;
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    pub fn mend(&self) {
        let mut state = self.state();
        state.is_down = false;
        state.answers_are_lost = false;
    }

    pub fn is_down(&self) -> bool {
        self.state().is_down
    }

    /// Hears of cuts from now on.
    pub fn cuts(&self) -> watch::Receiver<u64> {
        self.cuts.subscribe()
    }

    pub async fn all_closed(&self) {
        self.wait(|ledger| ledger.state().open.is_empty()).await;
    }

    /// Until it is so of what has passed.
    pub async fn when(&self, is_so: impl Fn(Traffic) -> bool) {
        self.wait(|ledger| is_so(ledger.traffic())).await;
    }

    async fn wait(&self, is_so: impl Fn(&Self) -> bool) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if is_so(self) {
                return;
            }
            changed.await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
