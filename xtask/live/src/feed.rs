//! What every open page is told: how things are, and what happens.
//!
//! A page gets everything there is at once, and then each change. One that is too slow gets
//! everything again, so all pages show the same.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use axum::response::sse::{Event, KeepAlive, Sse};
use course::{ProgramId, SERVER};
use futures_util::stream::{self, Stream};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::packet::Row;
use crate::stadium::Scene;
pub use crate::state::{Health, State};

/// As many changes as a slow page may lag behind before it gets everything afresh.
const BACKLOG: usize = 256;

/// Snapshot of board, programs and broker.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Now {
    /// Sensors and actuators of the board.
    pub parts: Value,
    /// Whether programs run here, or the board is alone.
    pub staged: bool,
    /// Title of the page.
    pub title: String,
    /// The id that topics and client names start with.
    pub id: String,
    /// State of the device program.
    pub device: State,
    /// The devices, where several run; [`Now::device`] is then all of them together.
    pub stadium: Option<Scene>,
    /// State of the server program, or of the one in its place.
    pub server: State,
    /// What that one is called.
    pub partner: &'static str,
    /// State of the broker.
    pub broker: State,
    /// Whether somebody types orders here, which a program hears instead of readings.
    pub takes_orders: bool,
    /// Whether the device's power can be taken away here, because it keeps files that outlive that.
    /// Of several devices each has a switch of its own.
    pub can_be_away: bool,
    /// Whether the programs' lines are encrypted.
    pub encrypted: bool,
    /// Why the broker cannot be restarted from here, if it cannot.
    pub broker_is_foreign: Option<String>,
    /// The page that is a client itself, if one may come in.
    pub client_page: Option<String>,
    /// Whether the light moves by itself.
    pub daylight: bool,
    /// When a program last used the board, in milliseconds since 1970.
    pub heard: Option<u64>,
    /// When the program's latest wait by the board's clock is over, and it looks again, in
    /// milliseconds since 1970.
    pub next_look: Option<u64>,
    /// What was broken on purpose and is not yet mended.
    pub trouble: Vec<&'static str>,
}

impl Default for Now {
    fn default() -> Self {
        Self {
            parts: Value::Null,
            staged: false,
            title: String::new(),
            id: String::new(),
            device: State::absent("No program was started here."),
            stadium: None,
            server: State::absent("No program was started here."),
            partner: SERVER.name(),
            broker: State::absent("No broker was started here."),
            takes_orders: false,
            can_be_away: false,
            encrypted: false,
            broker_is_foreign: None,
            client_page: None,
            daylight: false,
            heard: None,
            next_look: None,
            trouble: Vec::new(),
        }
    }
}

/// A line that a program printed.
#[derive(Clone, Debug, Serialize)]
pub struct Printed {
    /// Sequence number, given by the feed.
    pub number: u64,
    /// Time, in milliseconds since 1970.
    pub at: u64,
    /// By whom.
    pub who: ProgramId,
    /// By which device, where several run.
    pub device: Option<String>,
    /// Whether it went to standard error.
    pub error: bool,
    /// The line without control characters.
    pub text: String,
}

/// What the feed counts, and keeps the last of.
trait Numbered: Clone + Serialize {
    /// Number of the latest items that are kept.
    const MOST: usize;

    fn number(&mut self) -> &mut u64;
}

impl Numbered for Row {
    /// As many as a page can show.
    const MOST: usize = 300;

    fn number(&mut self) -> &mut u64 {
        &mut self.number
    }
}

impl Numbered for Printed {
    /// Of both programs together.
    const MOST: usize = 400;

    fn number(&mut self) -> &mut u64 {
        &mut self.number
    }
}

/// Distributes snapshots and events to all open pages.
#[derive(Debug)]
pub struct Feed {
    told: Mutex<Told>,
    news: broadcast::Sender<News>,
}

#[derive(Debug, Default)]
struct Told {
    now: Now,
    rows: VecDeque<Row>,
    lines: VecDeque<Printed>,
    /// Number of rows and lines so far.
    counted: u64,
}

#[derive(Clone, Debug)]
struct News {
    event: &'static str,
    data: Arc<str>,
}

impl Default for Feed {
    fn default() -> Self {
        Self {
            told: Mutex::default(),
            news: broadcast::Sender::new(BACKLOG),
        }
    }
}

impl Feed {
    /// Changes how things are, and tells if they are different now.
    pub fn update(&self, change: impl FnOnce(&mut Now)) {
        let mut told = self.told();
        let before = told.now.clone();
        change(&mut told.now);
        if told.now != before {
            self.tell("now", &told.now);
        }
    }

    /// Current snapshot.
    pub fn now(&self) -> Now {
        self.told().now.clone()
    }

    /// Adds packets, in order.
    pub fn packets(&self, rows: Vec<Row>) {
        self.add("packets", rows, |told| &mut told.rows);
    }

    /// Adds printed lines, in order.
    pub fn lines(&self, lines: Vec<Printed>) {
        self.add("lines", lines, |told| &mut told.lines);
    }

    /// What that program has published last on a topic, as far as it is still kept here, and whole.
    pub fn last_message(&self, who: &str, topic: &str) -> Option<String> {
        let told = self.told();
        let is = |row: &&Row| {
            row.who == who && row.kind == "PUBLISH" && row.topic.as_deref() == Some(topic)
        };
        let row = told.rows.iter().rev().find(is)?;
        row.payload.clone().filter(|_| !row.is_cut)
    }

    fn add<T: Numbered>(
        &self,
        event: &'static str,
        mut new: Vec<T>,
        kept: impl FnOnce(&mut Told) -> &mut VecDeque<T>,
    ) {
        if new.is_empty() {
            return;
        }
        let mut told = self.told();
        for one in &mut new {
            told.counted += 1;
            *one.number() = told.counted;
        }
        let kept = kept(&mut told);
        kept.extend(new.iter().cloned());
        let surplus = kept.len().saturating_sub(T::MOST);
        kept.drain(..surplus);
        self.tell(event, &new);
    }

    /// Server-sent events for one page.
    pub fn follow(self: Arc<Self>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
        let events = stream::unfold((self, None), |(feed, coming)| async move {
            let (news, coming) = match coming {
                None => feed.everything(),
                Some(coming) => feed.next(coming).await?,
            };
            let event = Event::default().event(news.event).data(&news.data);
            Some((Ok(event), (feed, Some(coming))))
        });
        Sse::new(events).keep_alive(KeepAlive::default())
    }

    async fn next(
        &self,
        mut coming: broadcast::Receiver<News>,
    ) -> Option<(News, broadcast::Receiver<News>)> {
        match coming.recv().await {
            Ok(news) => Some((news, coming)),
            Err(RecvError::Lagged(_)) => Some(self.everything()),
            Err(RecvError::Closed) => None,
        }
    }

    /// All there is, and where to hear the rest. No change falls between the two.
    fn everything(&self) -> (News, broadcast::Receiver<News>) {
        let told = self.told();
        let news = News {
            event: "everything",
            data: json!({ "now": told.now, "packets": told.rows, "lines": told.lines })
                .to_string()
                .into(),
        };
        (news, self.news.subscribe())
    }

    fn tell(&self, event: &'static str, what: &impl Serialize) {
        // Plain data always serialises; an error means that there are no pages to tell.
        if let Ok(data) = serde_json::to_string(what) {
            let _ = self.news.send(News {
                event,
                data: data.into(),
            });
        }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Milliseconds since 1970, as browsers count.
pub fn clock() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

/// What the clock showed then, in milliseconds since 1970.
pub(crate) fn clock_at(then: Instant) -> u64 {
    let since = u64::try_from(then.elapsed().as_millis()).unwrap_or_default();
    clock().saturating_sub(since)
}
