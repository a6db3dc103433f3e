//! Server and device together, while lines break, answers get lost and programs are killed: each task
//! that the broker has is done, once and in order.

mod fault;
mod tally;
mod twice;

use std::sync::Arc;
use std::time::Duration;

use arena::record::{Entry, Event, Missed};
use course::{DEVICE, SERVER};

use super::server::ledger::{Order, acknowledged};
use crate::actor::{Actor, PROMPT, ROUND};
use crate::call::{Call, Shape};
use crate::findings::introduction::arrive;
use crate::scenario::storm::{Gone, Pair, is_back};
use crate::stage::{Scene, Stage, Stop};
use fault::Fault;
use tally::Lives;
pub use tally::Tally;

/// Whatever happens, each task is done once, in order.
const WEATHER: &str = "weather";

pub(super) const SCENE: Scene = Scene {
    retry_ms: RETRY_MS,
    only_after_others: true,
    ..Scene::new(WEATHER, Shape::Guid, |stage| Box::pin(weather(stage)))
};

/// How long programs pause before they connect again, in milliseconds: there are many outages.
const RETRY_MS: u64 = 3;

/// How many things happen.
const FAULTS: usize = 55;

/// How many filters a device subscribes to.
const FILTERS: usize = 2;

/// Fifty cuts, kills and lost answers, and an operator who types on.
async fn weather(stage: &mut Stage) -> Result<(), Stop> {
    let (storm, tally) = play(stage, FAULTS).await?;
    storm.pair().judge(stage, WEATHER, tally.finding())
}

/// The same for whoever only wants the numbers, with so many faults.
///
/// # Errors
/// When the arena does not work, or a program does not come back from a fault.
pub(in crate::scenario) async fn count(call: &Call, faults: usize) -> anyhow::Result<Tally> {
    let mut stage = Stage::set(call, SCENE).await?;
    let played = play(&mut stage, faults).await;
    let (_, tally) = played.map_err(|stop| stop.error("a program did not come back"))?;
    Ok(tally)
}

/// Lets so much happen, and counts what became of the tasks.
///
/// # Errors
/// [`Stop::Program`] when a program does not come back.
async fn play(stage: &mut Stage, faults: usize) -> Result<(Storm, Tally), Stop> {
    let mut storm = Storm::begin(stage).await?;
    for _ in 0..faults {
        let fault = Fault::draw(&mut stage.dice);
        let survived = storm.endures(stage, fault).await;
        let when = format!("after {fault}");
        survived.map_err(|gone| storm.pair().stops(stage, WEATHER, &when, gone))?;
    }
    let cleared = storm.clears_up().await;
    // What is not done by then is told by the tally.
    if let Err(Gone::Stop(stop)) = cleared {
        return Err(stop);
    }
    let tally = storm.lives.tally(storm.given);
    Ok((storm, tally))
}

/// Who is out in it.
struct Storm {
    /// The present lives.
    device: Arc<Actor>,
    server: Arc<Actor>,
    lives: Lives,
    /// How many tasks the present server was told.
    typed: usize,
    /// How many all servers were told.
    given: usize,
}

impl Storm {
    async fn begin(stage: &mut Stage) -> Result<Self, Stop> {
        let device = stage.enter(DEVICE, &[500]).await?;
        let server = stage.enter(SERVER, &[]).await?;
        for actor in [&server, &device] {
            actor.redact(|redaction| redaction.nothing());
        }
        arrive(stage, &device).await?;
        arrive(stage, &server).await?;
        let storm = Self {
            lives: Lives::begin(&device, &server),
            device,
            server,
            typed: 0,
            given: 0,
        };
        // Tasks for a device that has never subscribed are lost.
        let back = storm.back(&storm.device, 0).await;
        back.map_err(|_| Stop::Program)?;
        Ok(storm)
    }

    fn pair(&self) -> Pair<'_> {
        Pair {
            device: &self.device,
            server: &self.server,
        }
    }

    async fn endures(&mut self, stage: &mut Stage, fault: Fault) -> Result<(), Gone> {
        let whose = Arc::clone(if fault.is_of_the_device() {
            &self.device
        } else {
            &self.server
        });
        let start = whose.record.len();
        fault.begins(&whose);
        for _ in 0..stage.dice.usize(1..5) {
            self.give(Order::Task(stage.dice.bool())).await;
        }
        match fault.shows() {
            Some(is_seen) => {
                let seen = |entries: &[Entry]| entries.iter().any(is_seen).then_some(());
                self.until(&whose, start, PROMPT, seen).await?;
            }
            // How far everybody gets until then is chance.
            None => {
                self.lasts(Duration::from_micros(stage.dice.u64(0..3_000)))
                    .await
            }
        }
        match fault {
            Fault::Withheld { .. } => {
                let withheld = whose.line.withholds(1);
                tokio::select! {
                    _ = tokio::time::timeout(PROMPT, withheld) => {}
                    why = self.goes_on() => return Err(Gone::Device(why)),
                }
            }
            Fault::Kill { .. } => return self.kill(stage, &whose).await,
            _ => {}
        }
        fault.ends(&whose).await;
        self.back(&whose, start).await?;
        self.is_told().await
    }

    async fn give(&mut self, task: Order) {
        self.server.type_line(&task.line()).await;
        self.typed += 1;
        self.given += 1;
    }

    /// One of them is killed, and started again on its files.
    async fn kill(&mut self, stage: &mut Stage, whose: &Arc<Actor>) -> Result<(), Gone> {
        whose.kill().await;
        let next = stage.revive(whose, &[500]).await?;
        next.redact(|redaction| redaction.nothing());
        stage.start(&next).await?;
        self.lives.goes_on(&next);
        if next.program.id == DEVICE {
            self.device = Arc::clone(&next);
        } else {
            self.server = Arc::clone(&next);
            self.typed = 0;
        }
        self.back(&next, 0).await?;
        self.is_told().await
    }

    /// Waits until the broker has all that the present server was told.
    async fn is_told(&self) -> Result<(), Gone> {
        let typed = self.typed;
        let id = self.server.id.clone();
        let all =
            move |entries: &[Entry]| (acknowledged(entries, &id).len() >= typed).then_some(());
        self.until(&self.server, 0, PROMPT, all).await
    }

    /// The weather is fine again: waits until the device has acknowledged all that the broker has.
    async fn clears_up(&mut self) -> Result<(), Gone> {
        // What a server was killed over may still be on its way, and comes before this.
        self.give(Order::Task(true)).await;
        self.is_told().await?;
        let owed = self.lives.owed();
        let before = self.lives.acknowledged_before();
        let id = self.device.id.clone();
        let all = |entries: &[Entry]| {
            let now = tally::acknowledged_in(entries, &id);
            let mut owed = owed.iter();
            owed.all(|seq| before.contains(seq) || now.contains(seq))
                .then_some(())
        };
        self.until(&self.device, 0, PROMPT, all).await
    }

    /// Waits until a program is online again, and has subscribed if it does so.
    async fn back(&self, actor: &Actor, start: usize) -> Result<(), Gone> {
        let filters = if actor.program.id == DEVICE {
            FILTERS
        } else {
            0
        };
        let online = |entries: &[Entry]| is_back(entries, filters);
        self.until(actor, start, ROUND, online).await
    }

    /// Waits for something, while the device goes on.
    async fn until<T>(
        &self,
        actor: &Actor,
        start: usize,
        limit: Duration,
        find: impl FnMut(&[Entry]) -> Option<T>,
    ) -> Result<T, Gone> {
        let gone = |why| {
            if actor.program.id == DEVICE {
                Gone::Device(why)
            } else {
                Gone::Server(why)
            }
        };
        tokio::select! {
            biased;
            found = actor.record.when(start, limit, find) => found.map_err(gone),
            why = self.goes_on() => Err(Gone::Device(why)),
        }
    }

    /// Lets so much time pass.
    async fn lasts(&self, time: Duration) {
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            _ = self.goes_on() => {}
        }
    }

    /// Lets the device's rests pass, until it ends.
    async fn goes_on(&self) -> Missed {
        loop {
            let rests = |_: &[Entry]| self.device.clock.is_waited_on().then_some(());
            let end = usize::MAX;
            match self.device.record.when(end, ROUND, rests).await {
                Ok(()) => self.device.clock.advance(),
                Err(Missed::TimeUp(_)) => {}
                Err(ended) => return ended,
            }
        }
    }
}

/// Whether this is a message that got lost.
fn is_lost(entry: &Entry) -> bool {
    matches!(entry.event, Event::Lost { .. })
}
