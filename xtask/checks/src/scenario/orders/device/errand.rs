//! A device, and somebody of ours who gives it tasks.
//!
//! Tasks say on and off in turn, and the first one of each life says on: so each that is done, and
//! each that is done once more, is a change of the LED.

use std::sync::Arc;

use arena::peer::{Message, Peer};
use arena::record::{Entry, Missed};
use course::DEVICE;
use rumqttc::QoS;

use super::ledger::{self, Broken, DOES, changes};
use crate::actor::{Actor, PROMPT};
use crate::findings::introduction::arrive;
use crate::findings::missed;
use crate::findings::subscription::{SUBSCRIBES, subscribed_to};
use crate::findings::unreadable::reports;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// What it subscribes to.
pub(in crate::scenario::orders) const KINDS: &[&str] = &["state", "tasks"];

/// It subscribes after each CONNACK.
pub(super) const HEARS_AGAIN: &str = "device-hears-again";

/// What to try when it subscribed before, and not now.
pub(super) fn once_more(finding: Finding) -> Finding {
    finding.hint(
        "A session exists from the CONNECT on, with or without a SUBSCRIBE: if the line is cut \
         between the two, `session_present` says yes and nobody has subscribed. Subscribe after \
         every CONNACK. It loses and doubles nothing.",
    )
}

/// A device, and the tasks of this life of it.
pub(super) struct Errand {
    pub device: Arc<Actor>,
    peer: Peer,
    topic: String,
    /// The number of the last task that was given, in whatever life.
    pub last: u64,
    /// What the next task says.
    on: bool,
    /// The numbers of the tasks that this life has to do, in order.
    pub due: Vec<u64>,
    /// Whether the broker has kept a session of an earlier life.
    is_kept: bool,
}

impl Errand {
    /// A device that has come online and subscribed, of which nothing is written down.
    ///
    /// # Errors
    /// As [`Errand::begin`].
    pub async fn unrecorded(stage: &mut Stage) -> Result<Self, Stop> {
        let device = stage.prepare(DEVICE, &[]).await?;
        device.redact(|redaction| redaction.nothing());
        stage.start(&device).await?;
        Self::begin(stage, &device).await
    }

    /// The same, with its packets and its board written down.
    ///
    /// # Errors
    /// As [`Errand::begin`].
    pub async fn recorded(stage: &mut Stage) -> Result<Self, Stop> {
        let device = stage.prepare(DEVICE, &[]).await?;
        device.redact(|redaction| {
            redaction.no_console();
            redaction.uncrossed();
        });
        stage.start(&device).await?;
        Self::begin(stage, &device).await
    }

    /// The device comes online and subscribes.
    ///
    /// # Errors
    /// [`Stop::Program`] when it does not.
    pub async fn begin(stage: &mut Stage, device: &Arc<Actor>) -> Result<Self, Stop> {
        let errand = Self::before(stage, device).await?;
        errand.comes(stage).await?;
        Ok(errand)
    }

    /// The device is not started yet, and was never online.
    pub async fn before(stage: &Stage, device: &Arc<Actor>) -> Result<Self, Stop> {
        Ok(Self {
            device: Arc::clone(device),
            peer: stage.peer().await?,
            topic: stage.topic("tasks"),
            last: 0,
            on: true,
            due: Vec::new(),
            is_kept: false,
        })
    }

    /// The next life of the device, which was not started yet. These of the tasks so far it has still
    /// to do.
    ///
    /// # Errors
    /// When the arena does not work.
    pub async fn again(&self, stage: &mut Stage, due: &[u64]) -> Result<Self, Stop> {
        let device = stage.revive(&self.device, &[]).await?;
        device.redact(|redaction| {
            redaction.no_console();
        });
        let peer = stage.peer().await?;
        Ok(Self {
            device,
            peer,
            topic: self.topic.clone(),
            last: self.last,
            on: self.on,
            due: due.to_vec(),
            is_kept: true,
        })
    }

    /// The device comes online and subscribes: in scenes that are not about that.
    ///
    /// # Errors
    /// [`Stop::Program`] when it does not.
    pub async fn comes(&self, stage: &mut Stage) -> Result<(), Stop> {
        arrive(stage, &self.device).await?;
        let subscription = subscribed_to(&self.device, 0, KINDS).await;
        if self.is_kept {
            return stage.insist(&self.device, HEARS_AGAIN, subscription.map_err(once_more));
        }
        stage.insist(&self.device, SUBSCRIBES, subscription)
    }

    /// The broker is another one.
    pub async fn reconnect(&mut self, stage: &Stage) -> Result<(), Stop> {
        self.peer = stage.peer().await?;
        Ok(())
    }

    /// Gives so many tasks, and waits until the broker has each.
    pub async fn give(&mut self, tasks: usize) -> Result<(), Stop> {
        for _ in 0..tasks {
            self.last += 1;
            let task = format!(r#"{{"seq":{},"led_on":{}}}"#, self.last, self.on);
            self.on = !self.on;
            self.due.push(self.last);
            self.send(task.into_bytes()).await?;
        }
        Ok(())
    }

    /// Gives so many tasks, each when the one before is done and acknowledged.
    ///
    /// # Errors
    /// [`Stop::Program`] when something is wrong with one.
    pub async fn give_one_by_one(&mut self, stage: &mut Stage, tasks: usize) -> Result<(), Stop> {
        for _ in 0..tasks {
            self.give(1).await?;
            self.is_done(stage).await?;
        }
        Ok(())
    }

    /// Numbers are left out, as when a server was killed.
    pub fn leave_out(&mut self, numbers: u64) {
        self.last += numbers;
    }

    /// Says anything where tasks are given.
    pub async fn send(&self, payload: impl Into<Vec<u8>>) -> Result<(), Stop> {
        let message = Message::new(&self.topic, payload.into()).qos(QoS::AtLeastOnce);
        Ok(self.peer.send(message).await?)
    }

    /// Something that is not to be done. It must be said on standard error.
    ///
    /// # Errors
    /// The inner one says what came instead.
    pub async fn is_reported(&self, payload: &[u8]) -> Result<Result<(), Finding>, Stop> {
        let start = self.device.record.len();
        self.send(payload).await?;
        Ok(reports(&self.device, start, payload, &[]).await)
    }

    /// A task like the next one, with this number.
    pub fn like_the_next(&self, seq: u64) -> String {
        format!(r#"{{"seq":{seq},"led_on":{}}}"#, self.on)
    }

    /// Waits until a task that may be an old one is acknowledged. Whether it is, who judges tells.
    pub async fn is_answered(&self, seq: u64) {
        let device = &self.device;
        let answered = device.drive(0, PROMPT, |entries| {
            ledger::is_answered(entries, device, seq).then_some(())
        });
        let _ = answered.await;
    }

    /// Waits until all is done and acknowledged, and looks at how.
    ///
    /// # Errors
    /// [`Stop::Program`] when something is wrong with it.
    pub async fn is_done(&self, stage: &mut Stage) -> Result<(), Stop> {
        self.is_done_with(stage, |broken| broken).await
    }

    /// As [`Errand::is_done`], where `of` says what it means in this scene.
    ///
    /// # Errors
    /// As [`Errand::is_done`].
    pub async fn is_done_with(
        &self,
        stage: &mut Stage,
        of: impl FnOnce(Broken) -> Broken,
    ) -> Result<(), Stop> {
        let device = &self.device;
        let done = device.drive(0, PROMPT, |entries| {
            let enough = changes(entries, device).len() >= self.due.len();
            (enough && ledger::unanswered(entries, device).is_none()).then_some(())
        });
        let done = done.await;
        match self.judge(done.err()) {
            Ok(()) => Ok(()),
            Err(broken) => {
                let (rule, finding) = of(broken);
                Err(stage.stop(device, rule, finding))
            }
        }
    }

    /// Looks at what was done and acknowledged so far. `why` there was a wait in vain, if there was.
    fn judge(&self, why: Option<Missed>) -> Result<(), Broken> {
        let device = &self.device;
        let (seen, judged) = device.record.look(|entries: &[Entry]| {
            let judged = ledger::judge(entries, device, &self.due, why.is_some());
            (changes(entries, device).len(), judged)
        });
        match (why, judged) {
            (Some(why @ Missed::Ended(_)), Err((rule, _))) => {
                let expected = format!("{} tasks done and acknowledged", self.due.len());
                Err((rule, missed(&device.record, expected, &why)))
            }
            (Some(why), Ok(())) => {
                let expected = format!("{} tasks done, one after the other", self.due.len());
                let finding = missed(&device.record, expected, &why);
                Err((
                    DOES,
                    Finding {
                        actual: format!("{seen} were done; {}", finding.actual),
                        ..finding
                    },
                ))
            }
            (_, judged) => judged,
        }
    }
}
