//! What was seen, in order, and how to wait for more.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::process::End;
use crate::wire::Packet;

/// No honest program comes near this many events; one that floods must not fill the memory.
const MOST_ENTRIES: usize = 50_000;

/// One thing that was seen.
#[derive(Clone, Debug)]
pub enum Event {
    /// The program opened a connection to the broker's address. `accepted` is false while the
    /// line is down.
    Dialled {
        /// Counts the connections of this line, from 1.
        link: u32,
        /// Whether the line was up.
        accepted: bool,
    },
    /// A connection ended, from whichever side.
    HungUp {
        /// The connection's number.
        link: u32,
    },
    /// A packet crossed the line.
    Packet {
        /// The connection's number.
        link: u32,
        /// Who sent it.
        from: Sender,
        /// What it was.
        packet: Packet,
    },
    /// The program read the light sensor and was told this level, 0 to 1023.
    LightRead(u16),
    /// The program switched the LED.
    Led(bool),
    /// The program began to wait on the virtual clock for this long.
    WaitBegan(Duration),
    /// The program asked the board for something it does not have.
    BoardRefused(String),
    /// The program printed a line.
    Printed {
        /// Where to.
        stream: Stream,
        /// The line without its end.
        text: String,
    },
    /// The process ended. Nothing follows but lines that were still on their way.
    Ended(End),
}

/// The two ends of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The learner's program.
    Program,
    /// The broker.
    Broker,
}

/// The two streams a program prints to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// An [`Event`] and when it was seen.
#[derive(Clone, Debug)]
pub struct Entry {
    /// By the machine's clock.
    pub at: Instant,
    /// By the board's virtual clock, since the arena began.
    pub virtual_at: Duration,
    /// What was seen.
    pub event: Event,
}

/// The growing list of what was seen of one program.
#[derive(Debug)]
pub struct Record {
    entries: Mutex<Vec<Entry>>,
    length: watch::Sender<usize>,
}

/// A time limit in many naps. On a machine so busy that each nap takes longer, a program under
/// observation takes longer too, and is given the time.
async fn patience(limit: Duration) {
    const NAP: Duration = Duration::from_millis(50);
    let mut left = limit;
    while !left.is_zero() {
        let nap = left.min(NAP);
        tokio::time::sleep(nap).await;
        left -= nap;
    }
}

/// Why a wait ended without what it waited for.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Missed {
    /// The time limit passed.
    #[error("nothing came within {} s", .0.as_secs())]
    TimeUp(Duration),
    /// The process ended first.
    #[error("the program ended first: {0}")]
    Ended(End),
}

impl Default for Record {
    fn default() -> Self {
        Self {
            entries: Mutex::default(),
            length: watch::Sender::new(0),
        }
    }
}

impl Record {
    /// Adds an event. `virtual_at` is the board's virtual time.
    pub fn push(&self, virtual_at: Duration, event: Event) {
        let mut entries = self.lock();
        if entries.len() < MOST_ENTRIES || matches!(event, Event::Ended(_)) {
            entries.push(Entry {
                at: Instant::now(),
                virtual_at,
                event,
            });
        }
        // While the lock is held, so that the length never goes backwards.
        self.length.send_replace(entries.len());
    }

    /// Waits until there are entries.
    pub async fn arrival(&self) {
        // The sender is a field of this very record, so the wait has no other end.
        let _ = self.length.subscribe().wait_for(|length| *length > 0).await;
    }

    /// Takes out the entries that were seen until `then`. For who follows a program for hours: the
    /// record stays small.
    pub fn take_until(&self, then: Instant) -> Vec<Entry> {
        let mut entries = self.lock();
        let end = entries.partition_point(|entry| entry.at <= then);
        let later = entries.split_off(end);
        let taken = std::mem::replace(&mut *entries, later);
        self.length.send_replace(entries.len());
        taken
    }

    /// How many entries there are: a place to look on from.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether nothing has been seen yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Looks at all entries so far. Holds up whoever adds to the record: be quick.
    pub fn look<T>(&self, at: impl FnOnce(&[Entry]) -> T) -> T {
        at(&self.lock())
    }

    /// Waits until `find`, given all entries from `start` on, finds something.
    ///
    /// # Errors
    /// [`Missed::TimeUp`] after `limit`, which stretches on a busy machine, or [`Missed::Ended`] as soon as the process is gone and
    /// `find` still finds nothing.
    pub async fn when<T>(
        &self,
        start: usize,
        limit: Duration,
        mut find: impl FnMut(&[Entry]) -> Option<T>,
    ) -> Result<T, Missed> {
        let mut length = self.length.subscribe();
        let search = async {
            loop {
                length.borrow_and_update();
                let (found, end) = self.look(|entries| {
                    let end = entries.iter().rev().find_map(|entry| match &entry.event {
                        Event::Ended(end) => Some(end.clone()),
                        _ => None,
                    });
                    (find(entries.get(start..).unwrap_or_default()), end)
                });
                match (found, end) {
                    (Some(found), _) => return Ok(found),
                    (None, Some(end)) => return Err(Missed::Ended(end)),
                    (None, None) => {}
                }
                if length.changed().await.is_err() {
                    return Err(Missed::TimeUp(limit));
                }
            }
        };
        tokio::select! {
            biased;
            found = search => found,
            () = patience(limit) => Err(Missed::TimeUp(limit)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        // A panic elsewhere leaves the list as good as it was.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
