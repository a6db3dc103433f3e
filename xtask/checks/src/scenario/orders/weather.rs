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
use crate::findings::missed;
use crate::queries;
use crate::stage::{Scene, Stage, Stop};
use fault::Fault;
pub use tally::Tally;
use tally::{Lives, Where};

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
    let Some((place, finding)) = tally.finding() else {
        stage.pass(&storm.device, WEATHER);
        return Ok(());
    };
    let whose = match place {
        Where::Device => &storm.device,
        Where::Server => &storm.server,
    };
    Err(stage.stop(whose, WEATHER, finding))
}

/// The same for whoever only wants the numbers, with so many faults.
///
/// # Errors
/// When the arena does not work, or a program does not come back from a fault.
pub(in crate::scenario) async fn count(call: &Call, faults: usize) -> anyhow::Result<Tally> {
    let mut stage = Stage::set(call, SCENE).await?;
    match play(&mut stage, faults).await {
        Ok((_, tally)) => Ok(tally),
        Err(Stop::Arena(error)) => Err(error),
        Err(Stop::Program) => anyhow::bail!("a program did not come back"),
    }
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
        survived.map_err(|gone| storm.stops(stage, &format!("after {fault}"), gone))?;
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

/// Why it does not go on.
enum Gone {
    Device(Missed),
    Server(Missed),
    Stop(Stop),
}

impl From<anyhow::Error> for Gone {
    fn from(error: anyhow::Error) -> Self {
        Self::Stop(Stop::Arena(error))
    }
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
        let online = |entries: &[Entry]| {
            let accepted = entries.iter().rposition(queries::is_accepted)?;
            let since = entries[accepted..].iter().filter_map(queries::suback);
            let codes: usize = since.map(|answer| answer.return_codes.len()).sum();
            (codes >= filters).then_some(())
        };
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

    fn stops(&self, stage: &mut Stage, when: &str, gone: Gone) -> Stop {
        let (actor, why) = match gone {
            Gone::Stop(stop) => return stop,
            Gone::Device(why) => (&self.device, why),
            Gone::Server(why) => (&self.server, why),
        };
        let expected = format!("{when}: the {} as before", actor.program.id);
        let finding = missed(&actor.record, expected, &why);
        stage.stop(actor, WEATHER, finding)
    }
}

/// Whether this is a message that got lost.
fn is_lost(entry: &Entry) -> bool {
    matches!(entry.event, Event::Lost { .. })
}
