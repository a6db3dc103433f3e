//! Device and server together, through outage after outage: what is measured arrives, once and in
//! order.

mod fault;
mod tally;

use std::collections::HashSet;
use std::sync::Arc;

use arena::peer::Peer;
use arena::record::Entry;
use course::{DEVICE, SERVER};

use crate::actor::{Actor, PROMPT, ROUND};
use crate::call::{Call, Shape, levels};
use crate::findings::introduction::arrive;
use crate::findings::subscription::subscribed_to;
use crate::queries;
use crate::scenario::storm::{Gone, Pair, is_back};
use crate::stage::{Scene, Stage, Stop};

use super::exchange::ONCE;
use super::talk::KINDS;
use fault::Fault;
use tally::Lives;
pub use tally::Tally;
pub(super) use tally::promised;

/// Whatever happens, each reading is shown once.
const TOGETHER: &str = "outages";
/// Also when the device is killed in between.
const KILLS: &str = "outages-and-kills";

/// How long programs pause before they connect again, in milliseconds: there are many outages.
pub(super) const RETRY_MS: u64 = 3;

/// How many outages there are.
const OUTAGES: usize = 55;
/// How many there are for who sleeps in real time.
const FEW: usize = 3;

/// How many rounds may go by at last, until all is shown.
const LAST_ROUNDS: usize = 6;

/// What happens, and how often.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    /// How many outages there are: at most some two hundred, as no two readings are alike.
    pub outages: usize,
    /// Whether the device is killed now and then, and started again on its files.
    pub kills: bool,
}

/// Fifty outages.
pub(super) async fn outages(stage: &mut Stage) -> Result<(), Stop> {
    judged(stage, false, TOGETHER).await
}

/// Fifty outages, and many of them are the device's own end.
pub(super) async fn kills(stage: &mut Stage) -> Result<(), Stop> {
    judged(stage, true, KILLS).await
}

async fn judged(stage: &mut Stage, kills: bool, rule: &str) -> Result<(), Stop> {
    let weather = Weather {
        outages: OUTAGES,
        kills,
    };
    let (storm, tally) = play(stage, weather, rule).await?;
    storm.pair().judge(stage, rule, tally.finding())
}

/// The same for whoever only wants the numbers.
///
/// # Errors
/// When the arena does not work, or a program does not come back from an outage.
pub(in crate::scenario) async fn count(call: &Call, weather: Weather) -> anyhow::Result<Tally> {
    let scene = Scene {
        retry_ms: RETRY_MS,
        ..Scene::new("outages", Shape::Guid, |stage| Box::pin(outages(stage)))
    };
    let mut stage = Stage::set(call, scene).await?;
    let played = play(&mut stage, weather, TOGETHER).await;
    let gone = "a program did not come back from an outage";
    let (_, tally) = played.map_err(|stop| stop.error(gone))?;
    Ok(tally)
}

/// Plays so many outages, and counts what became of the readings.
///
/// # Errors
/// [`Stop::Program`] when a program does not come back from one.
async fn play(stage: &mut Stage, weather: Weather, rule: &str) -> Result<(Storm, Tally), Stop> {
    let mut storm = Storm::begin(stage).await?;
    // Before its first wait nobody knows by which clock it goes.
    storm.round().await.map_err(|_| Stop::Program)?;
    let few = storm.device.record.look(queries::goes_slowly);
    // All at once: so they are the same whatever is played through them.
    let dice = &mut stage.dice;
    let draw = |_| (Fault::draw(dice, weather.kills), dice.usize(0..3));
    let outages: Vec<(Fault, usize)> = (0..weather.outages).map(draw).collect();
    for (fault, rounds) in outages.into_iter().take(if few { FEW } else { usize::MAX }) {
        let survived = storm.endures(stage, fault, rounds).await;
        let when = format!("after {fault}");
        survived.map_err(|gone| storm.pair().stops(stage, rule, &when, gone))?;
    }
    storm.clears_up().await?;
    let tally = storm.lives.count(&storm.server);
    Ok((storm, tally))
}

/// Who is out in it.
struct Storm {
    /// The device's present life.
    device: Arc<Actor>,
    server: Arc<Actor>,
    lives: Lives,
    /// Whether the server answers, and the device hears that.
    answers: bool,
    /// Says again what was said before.
    echo: Peer,
    levels: Vec<u16>,
}

impl Storm {
    async fn begin(stage: &mut Stage) -> Result<Self, Stop> {
        let mut levels = levels(&mut stage.dice, 400..1023);
        let server = stage.enter(SERVER, &[]).await?;
        let device = stage.prepare(DEVICE, &levels).await?;
        for actor in [&server, &device] {
            actor.redact(|redaction| redaction.nothing());
        }
        stage.start(&device).await?;
        arrive(stage, &server).await?;
        arrive(stage, &device).await?;
        let answers = stage.asks(&server, ONCE);
        let heard = subscribed_to(&server, 0, &["telemetry"]).await;
        if heard.is_err() || subscribed_to(&device, 0, kinds(answers)).await.is_err() {
            return Err(Stop::Program);
        }
        levels.reverse();
        Ok(Self {
            lives: Lives::begin(&device),
            device,
            server,
            answers,
            echo: stage.peer().await?,
            levels,
        })
    }

    fn pair(&self) -> Pair<'_> {
        Pair {
            device: &self.device,
            server: &self.server,
        }
    }

    /// It lasts for so many rounds of the device.
    async fn endures(
        &mut self,
        stage: &mut Stage,
        fault: Fault,
        rounds: usize,
    ) -> Result<(), Gone> {
        let (device, server) = (Arc::clone(&self.device), Arc::clone(&self.server));
        let (at_device, at_server) = (device.record.len(), server.record.len());
        match fault {
            Fault::Kill => return self.kill(stage).await,
            Fault::Echo => {
                // Where nothing tells what comes once more, that it is shown again says nothing.
                if self.answers {
                    self.echoes(stage).await?;
                }
                return self.round().await;
            }
            Fault::Restart => {
                device.take_down();
                server.take_down();
                stage.broker.restart().await?;
                self.rounds(rounds).await?;
                for actor in [&device, &server] {
                    actor.lead_to(&stage.broker);
                    actor.line.up();
                }
                self.echo = stage.peer().await?;
                // Who comes first tells a server that is not there yet: that is part of it.
                self.back(&server, at_server).await.map_err(Gone::Server)?;
                self.back(&device, at_device).await.map_err(Gone::Device)?;
                return self.round().await;
            }
            _ => {}
        }
        let (whose, at) = if fault.is_of_the_device() {
            (&device, at_device)
        } else {
            (&server, at_server)
        };
        fault.begins(whose);
        self.rounds(rounds).await?;
        if fault.ends(whose) {
            let came = self.back(whose, at).await;
            came.map_err(|why| match fault.is_of_the_device() {
                true => Gone::Device(why),
                false => Gone::Server(why),
            })?;
        }
        self.round().await
    }

    /// The device is killed, at whatever moment that is, and started again.
    async fn kill(&mut self, stage: &mut Stage) -> Result<(), Gone> {
        let device = Arc::clone(&self.device);
        // Its next round begins, and how far it gets is chance.
        device.clock.advance();
        let moment = stage.dice.u64(0..4_000);
        tokio::time::sleep(std::time::Duration::from_micros(moment)).await;
        device.kill().await;
        self.lives.end();
        let used = self.lives.levels();
        self.levels
            .retain(|level| !used.contains(&u64::from(*level)));
        let levels: Vec<u16> = self.levels.iter().rev().copied().collect();
        let next = stage.revive(&device, &levels).await?;
        next.redact(|redaction| redaction.nothing());
        stage.start(&next).await?;
        self.lives.goes_on(&next);
        self.device = next;
        self.back(&self.device, 0).await.map_err(Gone::Device)?;
        self.round().await
    }

    /// Something that was said before is said again.
    async fn echoes(&mut self, stage: &mut Stage) -> Result<(), Gone> {
        for (actor, kind) in [(&self.device, "telemetry"), (&self.server, "replies")] {
            let topic = stage.topic(kind);
            let said = actor.record.look(|entries| {
                let said = queries::published(entries).filter(|message| message.topic == topic);
                said.map(|message| message.payload.to_vec())
                    .collect::<Vec<_>>()
            });
            if said.is_empty() {
                continue;
            }
            for _ in 0..stage.dice.usize(1..3) {
                let old = said[stage.dice.usize(0..said.len())].clone();
                self.echo.publish(&topic, old).await?;
            }
        }
        Ok(())
    }

    async fn rounds(&self, rounds: usize) -> Result<(), Gone> {
        for _ in 0..rounds {
            self.round().await?;
        }
        Ok(())
    }

    async fn round(&self) -> Result<(), Gone> {
        self.device.look().await.map_err(Gone::Device)
    }

    /// The weather is fine again: rounds go by until the server has shown all there is.
    async fn clears_up(&self) -> Result<(), Stop> {
        for _ in 0..LAST_ROUNDS {
            if self.device.look().await.is_err() {
                return Err(Stop::Program);
            }
            let due = self.lives.due();
            let wanted: HashSet<u64> = due.iter().copied().collect();
            let runs = self.lives.runs();
            let shown = |entries: &[Entry]| {
                let shown = super::shown::Shown::of(entries, &wanted, &runs);
                shown.has_all(&due).then_some(())
            };
            if self.server.record.when(0, PROMPT / 5, shown).await.is_ok() {
                break;
            }
        }
        // Who shows something twice does so by now.
        self.server.calm(std::time::Duration::from_millis(30)).await;
        Ok(())
    }

    /// Waits until a program is online again, and has subscribed.
    async fn back(&self, actor: &Actor, start: usize) -> Result<(), arena::record::Missed> {
        let filters = if actor.program.board {
            kinds(self.answers).len()
        } else {
            1
        };
        actor
            .drive(start, ROUND, |entries| is_back(entries, filters))
            .await
    }
}

/// What a device hears, where a server answers, or commands only.
fn kinds(answers: bool) -> &'static [&'static str] {
    if answers { KINDS } else { &["commands"] }
}
