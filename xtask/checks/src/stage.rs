//! The stage of one scene: a broker, programs under observation, peers, and the sheet that says
//! what was found.

mod broker;
mod judging;
mod scene;
mod security;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use arena::broker::Broker;
use arena::patience::Metronome;
use course::{DEVICE_NAME, ProgramId, Step};

use crate::actor::{Actor, Leaving, Limits};
use crate::call::Call;
use crate::findings;
use crate::queries;
use crate::sheet::Sheet;

pub use scene::{Ending, Played, RETRY_MS, Scene, Stop, Story, Told};
pub use security::Security;

/// An arena that has not come to its turn for so long has seen several things at once that came one
/// after the other, or seen the end of a wait too late.
pub(crate) const BLURRED: Duration = Duration::from_millis(250);

/// What a scene plays on.
#[derive(Debug)]
pub struct Stage {
    call: Call,
    scene: Scene,
    /// Light levels and the like follow from it, and so from the seed.
    pub dice: fastrand::Rng,
    /// The learner's id, which comes from chance: no two runs on one broker ever meet.
    pub id: String,
    /// The broker.
    pub broker: Broker,
    cast: Vec<Arc<Actor>>,
    sheet: Sheet,
    limits: Limits,
    leaves_in_a_rush: bool,
    security: Option<Security>,
    began: Instant,
}

impl Stage {
    /// Plays a scene to its end.
    ///
    /// # Errors
    /// When the arena, not the program, does not work.
    pub async fn play(call: &Call, scene: Scene) -> anyhow::Result<Played> {
        let mut stage = Self::set(call, scene).await?;
        let metronome = Metronome::start();
        let told = (scene.story)(&mut stage).await;
        let mut played = stage.curtain(told).await?;
        played.is_blurred = metronome.longest_nap() >= BLURRED;
        Ok(played)
    }

    /// A stage on which nothing has happened yet.
    ///
    /// # Errors
    /// When there is no broker.
    pub async fn set(call: &Call, scene: Scene) -> anyhow::Result<Self> {
        Ok(Self {
            dice: call.dice(scene.title),
            id: scene.id.draw(),
            broker: Broker::start(&call.broker).await?,
            cast: Vec::new(),
            sheet: Sheet::new(call.step),
            limits: Limits::default(),
            leaves_in_a_rush: false,
            security: scene.over_tls.then(Security::new).transpose()?,
            began: Instant::now(),
            call: call.clone(),
            scene,
        })
    }

    /// The step whose scene it is.
    pub fn step(&self) -> &'static Step {
        self.call.step
    }

    /// Starts one of the step's programs, with a line to the broker and a board that shows
    /// `levels`, one a reading, and the last one for ever.
    ///
    /// # Errors
    /// When the arena, not the program, does not work.
    pub async fn enter(
        &mut self,
        program: ProgramId,
        levels: &[u16],
    ) -> anyhow::Result<Arc<Actor>> {
        let actor = self.prepare(program, levels).await?;
        actor.start(&self.call).await?;
        Ok(actor)
    }

    /// As [`Stage::enter`], but the program is not started yet: its line can be broken before. The
    /// same program may enter more than once: each instance has a line and a board of its own.
    ///
    /// # Errors
    /// When the arena does not work.
    pub async fn prepare(
        &mut self,
        program: ProgramId,
        levels: &[u16],
    ) -> anyhow::Result<Arc<Actor>> {
        self.prepare_as(program, DEVICE_NAME, levels).await
    }

    /// As [`Stage::prepare`], for the device of that name.
    ///
    /// # Errors
    /// When the arena does not work.
    pub async fn prepare_as(
        &mut self,
        program: ProgramId,
        device: &str,
        levels: &[u16],
    ) -> anyhow::Result<Arc<Actor>> {
        let actor = self.actor(program, device, levels).await?;
        Ok(self.take_on(actor))
    }

    async fn actor(
        &self,
        program: ProgramId,
        device: &str,
        levels: &[u16],
    ) -> anyhow::Result<Actor> {
        let program = self.call.step.program(program)?;
        let retry_ms = self.scene.retry_ms;
        let others = self.cast.iter();
        let others = others.filter(|other| other.program.id == program.id);
        let instance = 1 + others.count();
        let link = Security::link(self.security.as_ref());
        let actor = Actor::prepare(program, &self.id, &self.broker, link, levels, retry_ms).await?;
        if let Some(security) = &self.security {
            actor.believes(&security.authority.pem())?;
        }
        let actor = actor.given(self.scene.goodbye_ms);
        let actor = actor.called(device).within(self.limits);
        Ok(actor.on_stage(instance, &self.call.step.shows))
    }

    /// The next life of a program that was killed, or has left: on the same files, and otherwise
    /// new. It is not started yet.
    ///
    /// # Errors
    /// When the arena does not work.
    pub async fn revive(&mut self, earlier: &Actor, levels: &[u16]) -> anyhow::Result<Arc<Actor>> {
        let next = self.actor(earlier.program.id, DEVICE_NAME, levels).await?;
        Ok(self.take_on(next.after(earlier)))
    }

    fn take_on(&mut self, actor: Actor) -> Arc<Actor> {
        let actor = Arc::new(actor);
        self.cast.push(Arc::clone(&actor));
        actor
    }

    /// For the programs that are prepared from now on, readings count for so many milliseconds. Else
    /// it is longer than any scene.
    pub fn readings_count_for(&mut self, stale_ms: u64) {
        self.limits.stale_ms = stale_ms;
    }

    /// For the programs that are prepared from now on, a device is alone when it has heard nothing
    /// of its server for so many milliseconds. Else it is longer than any scene.
    pub fn devices_are_alone_after(&mut self, alone_ms: u64) {
        self.limits.alone_ms = alone_ms;
    }

    /// For the programs that are prepared from now on, a device rests for so many milliseconds after
    /// a task, 5,000 at most. Else it is hardly a moment.
    pub fn devices_rest_for(&mut self, task_pause_ms: u64) {
        self.limits.task_pause_ms = task_pause_ms;
    }

    /// For the programs that are prepared from now on, so many readings wait at most.
    pub fn queues_hold(&mut self, readings: usize) {
        self.limits.queue = readings;
    }

    /// Starts what was prepared.
    ///
    /// # Errors
    /// When the arena does not work.
    pub async fn start(&self, actor: &Actor) -> anyhow::Result<()> {
        actor.start(&self.call).await
    }

    /// Whether programs are given time enough between two attempts that a pause can be told from
    /// none.
    pub fn pauses_count(&self) -> bool {
        self.scene.retry_ms >= RETRY_MS
    }

    /// The programs will be asked to leave while messages are still on their way to them. The system
    /// resets a connection that is closed with something unread, and a goodbye gets lost with it.
    pub fn ends_in_a_rush(&mut self) {
        self.leaves_in_a_rush = true;
    }

    /// Ends the scene: the programs leave, and what was seen is written down.
    async fn curtain(mut self, told: Result<(), Stop>) -> anyhow::Result<Played> {
        let ending = match told {
            Ok(()) => Ending::Whole,
            Err(Stop::Program) => Ending::Stopped,
            Err(Stop::Busy) => Ending::Busy,
            Err(Stop::Arena(error)) => return Err(error),
        };
        let mut lanes = Vec::new();
        let mut flooded = false;
        for actor in std::mem::take(&mut self.cast) {
            actor.settle().await;
            let leaving = actor.leave().await;
            if let Some(error) = actor.broken_line() {
                return Err(error.context("the broker does not answer any more"));
            }
            flooded |= actor.record.look(queries::flooded);
            findings::introduction::look_back(&mut self, &actor);
            findings::readings::look_back(&mut self, &actor);
            if let Some(security) = &self.security {
                let asks = security.asks;
                findings::encryption::look_back(&mut self, &actor, asks);
            }
            if ending == Ending::Whole && !self.leaves_in_a_rush {
                self.judge_leaving(&actor, &leaving);
            }
            if let Some(capture) = &self.call.capture {
                capture.take(&actor.record);
            }
            if let Some(backtraces) = &self.call.backtraces {
                backtraces.take(&actor.record);
            }
            lanes.extend(actor.lanes(self.scene.title));
        }
        if self.sheet.has_failed() {
            // Before anything is held against the program: is the broker still as it was?
            let answers = self.broker.probe().await;
            answers.context("the broker does not answer any more")?;
        }
        Ok(Played {
            sheet: self.sheet,
            began: self.began,
            lanes,
            flooded,
            only_after_others: self.scene.only_after_others,
            ending,
            is_blurred: false,
        })
    }

    fn judge_leaving(&mut self, actor: &Actor, leaving: &Leaving) {
        if self.asks(actor, findings::leaving::LEAVES) {
            let found = findings::leaving::judge(actor, leaving);
            self.judge(actor, findings::leaving::LEAVES, found);
        }
    }
}
