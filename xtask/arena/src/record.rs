//! What was seen, in order, and how to wait for more.

mod budget;
mod event;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::patience::patience;

pub(crate) use budget::longest_name;
pub use budget::{Budget, Flood, Kind};
pub use event::{End, Entry, Event, Sender, Stream};

/// A look at the record that takes longer is followed by a rest of [`RESTS`] times its length: else
/// a program that floods is held up by those who look at it, and their limit by it.
const QUICK_LOOK: Duration = Duration::from_millis(1);

const RESTS: u32 = 4;

/// The growing list of what was seen of one program. It grows as far as its [`Budget`] goes; a
/// program that spends it is stopped.
#[derive(Debug)]
pub struct Record {
    budget: Budget,
    seen: Mutex<Seen>,
    length: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Seen {
    /// Shared with those who look at a frozen record; they never keep it for long.
    entries: Arc<Vec<Entry>>,
    /// What the entries cost, in bytes.
    cost: usize,
    flood: Option<Flood>,
    end: Option<End>,
}

/// Why a wait ended without what it waited for.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Missed {
    /// The time limit passed.
    #[error("nothing came within {} s", .0.as_secs())]
    TimeUp(Duration),
    /// The process ended first, or is being ended because it floods.
    #[error("the program ended first: {0}")]
    Ended(End),
}

impl Default for Record {
    fn default() -> Self {
        Self::new(Budget::default())
    }
}

impl Record {
    /// Nothing seen so far, and so much may be.
    pub fn new(budget: Budget) -> Self {
        Self {
            budget,
            seen: Mutex::default(),
            length: watch::Sender::new(0),
        }
    }

    /// How much may be seen.
    pub fn budget(&self) -> Budget {
        self.budget
    }

    /// Adds an event, unless the budget is spent. `virtual_at` is the board's virtual time.
    pub fn push(&self, virtual_at: Duration, event: Event) {
        let mut seen = self.lock();
        let cost = budget::cost(&event);
        if let Event::Ended(end) = &event {
            seen.end = Some(end.clone());
        } else {
            if seen.flood.is_some() {
                return;
            }
            let over = if seen.entries.len() >= self.budget.entries {
                let most = Kind::most(&seen.entries);
                Some(Flood::Entries(self.budget.entries, most))
            } else if seen.cost.saturating_add(cost) > self.budget.kept {
                Some(Flood::Kept(self.budget.kept))
            } else {
                None
            };
            if let Some(flood) = over {
                self.flood_now(&mut seen, virtual_at, flood);
                return;
            }
        }
        self.add(&mut seen, virtual_at, event, cost);
    }

    /// The program does something without end: this is noted, and nothing more of it but its
    /// end. Only the first flood counts.
    pub fn flood(&self, virtual_at: Duration, flood: Flood) {
        let mut seen = self.lock();
        if seen.flood.is_none() {
            self.flood_now(&mut seen, virtual_at, flood);
        }
    }

    fn flood_now(&self, seen: &mut Seen, virtual_at: Duration, flood: Flood) {
        seen.flood = Some(flood);
        let event = Event::Flooded(flood);
        let cost = budget::cost(&event);
        self.add(seen, virtual_at, event, cost);
    }

    fn add(&self, seen: &mut Seen, virtual_at: Duration, event: Event, cost: usize) {
        seen.cost += cost;
        // Copied only while somebody still looks at a frozen record.
        let entries = Arc::make_mut(&mut seen.entries);
        entries.push(Entry {
            at: Instant::now(),
            virtual_at,
            event,
        });
        // While the lock is held, so that the length never goes backwards.
        self.length.send_replace(entries.len());
    }

    /// What the program did without end, if it did.
    pub fn flooded(&self) -> Option<Flood> {
        self.lock().flood
    }

    /// Waits until the program floods.
    pub async fn flood_begins(&self) -> Flood {
        let mut length = self.length.subscribe();
        loop {
            length.borrow_and_update();
            if let Some(flood) = self.flooded() {
                return flood;
            }
            if length.changed().await.is_err() {
                // The sender is a field of this very record.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Waits until there are entries.
    pub async fn arrival(&self) {
        // The sender is a field of this very record, so the wait has no other end.
        let _ = self.length.subscribe().wait_for(|length| *length > 0).await;
    }

    /// Takes out the entries that were seen until `then`. For who follows a program for hours: the
    /// record stays small, and a flood is over once it was taken out.
    pub fn take_until(&self, then: Instant) -> Vec<Entry> {
        let mut seen = self.lock();
        let end = seen.entries.partition_point(|entry| entry.at <= then);
        let mut taken = std::mem::take(Arc::make_mut(&mut seen.entries));
        let later = taken.split_off(end);
        seen.cost = later.iter().map(|entry| budget::cost(&entry.event)).sum();
        seen.flood = later.iter().find_map(|entry| match &entry.event {
            Event::Flooded(flood) => Some(*flood),
            _ => None,
        });
        seen.end = later.iter().rev().find_map(|entry| match &entry.event {
            Event::Ended(end) => Some(end.clone()),
            _ => None,
        });
        self.length.send_replace(later.len());
        seen.entries = Arc::new(later);
        taken
    }

    /// How many entries there are: a place to look on from.
    pub fn len(&self) -> usize {
        self.lock().entries.len()
    }

    /// Whether nothing has been seen yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the entries so far cost, in bytes.
    pub fn cost(&self) -> usize {
        self.lock().cost
    }

    /// Looks at all entries so far. Holds up whoever adds to the record: be quick, or look at a
    /// frozen one.
    pub fn look<T>(&self, at: impl FnOnce(&[Entry]) -> T) -> T {
        at(&self.lock().entries)
    }

    /// All entries so far, to be looked at in peace. Costs nothing; while it is kept, the next
    /// event costs a copy.
    pub fn freeze(&self) -> Arc<Vec<Entry>> {
        Arc::clone(&self.lock().entries)
    }

    /// Waits until `find`, given all entries from `start` on, finds something.
    ///
    /// # Errors
    /// [`Missed::TimeUp`] after `limit`, which stretches on a busy machine, or [`Missed::Ended`]
    /// as soon as the process is gone, or floods, and `find` still finds nothing.
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
                let begun = Instant::now();
                let (found, end) = {
                    let seen = self.lock();
                    let end = seen.end.clone().or(seen.flood.map(End::Flooded));
                    (find(seen.entries.get(start..).unwrap_or_default()), end)
                };
                match (found, end) {
                    (Some(found), _) => return Ok(found),
                    (None, Some(end)) => return Err(Missed::Ended(end)),
                    (None, None) => {}
                }
                let took = begun.elapsed();
                if took > QUICK_LOOK {
                    tokio::time::sleep(took * RESTS).await;
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

    fn lock(&self) -> MutexGuard<'_, Seen> {
        // A panic elsewhere leaves the list as good as it was.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
