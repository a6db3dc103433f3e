//! How a program comes to its end: asked to, or killed.

use std::sync::atomic::Ordering;
use std::time::Duration;

use arena::patience::patience;
use arena::process::Wish;
use arena::record::{End, Event};

use super::watch::WAITS;
use super::{Actor, PROMPT};
use crate::queries;

/// How long a program that leaves may wait on the virtual clock before it is helped along.
const LEAVING_PAUSE: Duration = Duration::from_millis(200);

/// How a program left when it was asked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// By itself, in good time.
    ByItself,
    /// It had ended before anybody asked.
    Gone,
    /// It had to be killed.
    Killed,
    /// This system cannot ask: it is killed at once.
    NotAsked,
}

impl Actor {
    /// Kills the program. Afterwards its record is complete.
    pub async fn kill(&self) {
        if let Some(mut process) = self.process.lock().await.take() {
            self.killed.store(true, Ordering::Relaxed);
            process.kill().await;
            // What it said last may still be on its way through the line.
            let _ = tokio::time::timeout(PROMPT, self.line.is_idle()).await;
        }
    }

    /// Where in the record it was asked to leave; its end, if it was not. From there on it may put
    /// its LED out: a lamp without a program is better dark.
    pub fn asked_to_leave(&self) -> usize {
        self.asked.get().copied().unwrap_or(usize::MAX)
    }

    /// Whether its LED was switched to other than this from `since` on. To put it out when it leaves
    /// is each program's choice, and so it is when it ends unasked: only of one that goes on to look
    /// at its sensor it is known that it did not end.
    pub fn switched_from(&self, on: bool, since: usize) -> bool {
        let asked = self.asked_to_leave();
        self.record.look(|entries| {
            let goes_on = |place: usize| {
                let mut later = entries[place..].iter();
                later.any(|it| matches!(it.event, Event::LightRead(_) | Event::Led(true)))
            };
            let mut later = entries.iter().enumerate().skip(since);
            later.any(|(place, entry)| match entry.event {
                Event::Led(true) => !on,
                Event::Led(false) => on && place < asked && goes_on(place),
                _ => false,
            })
        })
    }

    /// Asks the program to end as Ctrl-C does. Afterwards its record is complete. Asked again, it
    /// tells what came of it the first time.
    pub async fn leave(&self) -> Leaving {
        self.leave_by(Wish::Interrupt).await
    }

    /// As [`Actor::leave`], asked in another way.
    pub async fn leave_by(&self, wish: Wish) -> Leaving {
        if let Some(mut process) = self.process.lock().await.take() {
            self.asked.get_or_init(|| self.record.len());
            tokio::select! {
                () = process.stop_by(wish) => {}
                () = self.pass_time() => {}
            }
            // What it said last may still be on its way through the line.
            let _ = tokio::time::timeout(PROMPT, self.line.is_idle()).await;
        }
        if self.killed.load(Ordering::Relaxed) {
            return Leaving::NotAsked;
        }
        match self.record.look(queries::end) {
            Some(End::Left(_)) => Leaving::ByItself,
            Some(End::Stopped) if cfg!(unix) => Leaving::Killed,
            Some(End::Stopped) | None => Leaving::NotAsked,
            Some(_) => Leaving::Gone,
        }
    }

    /// Who joins a thread before it ends waits as long as that thread does, by the virtual clock.
    async fn pass_time(&self) {
        loop {
            patience(LEAVING_PAUSE).await;
            for _ in 0..WAITS {
                self.clock.advance();
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }
}
