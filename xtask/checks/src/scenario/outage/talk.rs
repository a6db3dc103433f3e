//! A device, and a server of ours that answers as it likes.

use std::sync::Arc;
use std::time::Duration;

use arena::peer::Peer;
use arena::record::{Entry, Missed};

use super::books::{Books, Broken, NUMBERS, SENDS, is_message};
use super::message::{Message, looks, told};
use crate::actor::{Actor, PROMPT};
use crate::findings::introduction::arrive;
use crate::findings::subscription::{SUBSCRIBES, subscribed_to};
use crate::findings::{missed, payload};
use crate::queries::{self, Pacing};
use crate::stage::{Stage, Stop};

/// What it subscribes to.
pub(super) const KINDS: &[&str] = &["commands", "replies"];

/// So many messages may have been on their way; who sends more has nothing new to tell.
const MOST_OLD: usize = 3;

/// How long a message may take when the device has gone its rounds and none has come.
const PATIENCE: Duration = Duration::from_secs(2);

/// A device, and somebody who answers it.
pub(super) struct Talk {
    pub device: Arc<Actor>,
    pub books: Books,
    peer: Peer,
    /// The highest number that was answered.
    pub answered: u64,
    led: bool,
    /// Where in the record the last message ends that was looked at.
    place: usize,
    /// The last reading that has been told: the next message brings another.
    seen: u64,
    answers: usize,
}

impl Talk {
    /// The device comes online and subscribes.
    ///
    /// # Errors
    /// [`Stop::Program`] when it does not.
    pub async fn begin(stage: &mut Stage, device: &Arc<Actor>, books: Books) -> Result<Self, Stop> {
        // Most need no virtual time for that, and so nobody's rounds before it are chance.
        let _ = hears(device, 0).await;
        arrive(stage, device).await?;
        let subscription = subscribed_to(device, 0, KINDS).await;
        stage.insist(device, SUBSCRIBES, subscription)?;
        Ok(Self {
            device: Arc::clone(device),
            answered: books.answered,
            books,
            peer: stage.peer().await?,
            led: false,
            place: 0,
            seen: 0,
            answers: 0,
        })
    }

    /// The broker is another one.
    pub async fn reconnect(&mut self, stage: &Stage) -> Result<(), Stop> {
        self.peer = stage.peer().await?;
        Ok(())
    }

    /// Waits for one more message, and looks whether all messages so far are as they should be.
    ///
    /// # Errors
    /// [`Stop::Program`] when none comes, or something is wrong with one.
    pub async fn next(&mut self, stage: &mut Stage) -> Result<Message, Stop> {
        let message = self.next_unjudged(stage).await?;
        self.agrees(stage)?;
        Ok(message)
    }

    /// Waits for one more message with something new in it.
    ///
    /// # Errors
    /// [`Stop::Program`] when none comes, or it cannot be read.
    pub async fn next_unjudged(&mut self, stage: &mut Stage) -> Result<Message, Stop> {
        let mut old = 0;
        loop {
            let message = self.next_of_any(stage).await?;
            old += 1;
            // What was on its way for long has nothing new in it.
            if message.last() > self.seen || old > MOST_OLD {
                self.seen = message.last();
                self.rests().await;
                return Ok(message);
            }
        }
    }

    async fn next_of_any(&mut self, stage: &mut Stage) -> Result<Message, Stop> {
        let device = Arc::clone(&self.device);
        let topic = format!("{}/telemetry", device.id);
        let find = |entries: &[Entry]| entries.iter().position(|entry| is_message(entry, &topic));
        let come = match self.comes_in_time(find).await {
            Some(place) => Ok(place),
            None => device.drive(self.place, PATIENCE, find).await,
        };
        let place = match come {
            Ok(place) => self.place + place,
            Err(why) => {
                let (rule, finding) = self.silent(&topic, &why);
                return Err(stage.stop(&device, rule, finding));
            }
        };
        self.place = place + 1;
        let all = device.record.look(|entries| told(entries, &device));
        let all = all.map_err(|finding| stage.stop(&device, NUMBERS, finding))?;
        let this = all.into_iter().find(|told| told.place == place);
        this.map(|told| told.message).ok_or(Stop::Program)
    }

    /// The next message of a device that waits on the virtual clock: no time passes while it is under
    /// way, so that nothing is measured meanwhile that cannot be in it.
    async fn comes_in_time(&self, find: impl Fn(&[Entry]) -> Option<usize>) -> Option<usize> {
        let device = &self.device;
        if device.record.look(Pacing::of) != Pacing::Virtual {
            return None;
        }
        if let Some(there) = device.record.look(|entries| find(&entries[self.place..])) {
            return Some(there);
        }
        // The first one tells what was measured at the start.
        if self.place > 0 {
            device.look().await.ok()?;
        }
        device.record.when(self.place, PROMPT, find).await.ok()
    }

    fn silent(&self, topic: &str, why: &Missed) -> Broken {
        let device = &self.device;
        let elsewhere = device.record.look(|entries| {
            let mut messages = queries::published(entries);
            let other = messages.find(|message| message.topic != topic);
            other.map(|message| message.topic.clone())
        });
        if let Some(Err(finding)) =
            elsewhere.map(|other| payload::topic(&other, &device.id, "telemetry"))
        {
            return (NUMBERS, finding);
        }
        if let Err(broken) = self.judge() {
            return broken;
        }
        let expected = format!("a PUBLISH on {topic} with all that waits");
        let finding = missed(&device.record, expected, why);
        (SENDS, finding)
    }

    /// Looks at all messages so far.
    ///
    /// # Errors
    /// [`Stop::Program`] when something is wrong with one.
    pub fn agrees(&self, stage: &mut Stage) -> Result<(), Stop> {
        match self.judge() {
            Ok(()) => Ok(()),
            Err((rule, finding)) => Err(stage.stop(&self.device, rule, finding)),
        }
    }

    /// Holds all messages so far against what is known.
    ///
    /// # Errors
    /// Names the rule that is broken first, and what was seen instead.
    pub fn judge(&self) -> Result<(), Broken> {
        self.books.judge(&self.device)
    }

    /// Waits for the message that comes at once after a CONNACK from `start` on, while no time
    /// passes.
    pub async fn at_once(&mut self, start: usize) -> Result<(), Missed> {
        let topic = format!("{}/telemetry", self.device.id);
        let accepted = self
            .device
            .record
            .when(start, PROMPT, |entries| {
                entries.iter().position(queries::is_accepted)
            })
            .await?;
        let from = start + accepted;
        let come = self.device.record.when(from, PROMPT, |entries| {
            entries.iter().position(|entry| is_message(entry, &topic))
        });
        self.place = from + come.await? + 1;
        hears(&self.device, from).await?;
        self.rests().await;
        Ok(())
    }

    /// Waits until the device has finished its round: a reading that it has just taken has no number
    /// yet, and no answer can be for it.
    async fn rests(&self) {
        let device = &self.device;
        if device.record.look(Pacing::of) == Pacing::Virtual {
            let place = device.record.len();
            let waits = |_: &[Entry]| device.clock.is_waited_on().then_some(());
            let _ = device.record.when(place, PROMPT, waits).await;
        }
    }

    /// Answers all up to this number, and waits until the device has taken that in.
    ///
    /// # Errors
    /// [`Stop::Program`] when it obeys no command, which is told elsewhere.
    pub async fn answer(&mut self, seq: u64) -> Result<(), Stop> {
        let run = self.run()?;
        self.answers += 1;
        let answer = match self.answers % 3 {
            0 => format!(r#"{{"seq":{seq},"run":"{run}"}}"#),
            1 => format!(r#"{{"run":"{run}","seq":{seq}}}"#),
            _ => {
                format!("{{ \"seq\" :\t{seq}, \"server\": {{\"seq\": 0}},\n \"run\": \"{run}\" }}")
            }
        };
        self.answered = self.answered.max(seq);
        self.reply(answer).await
    }

    /// Says anything on the topic for answers, and waits until the device has taken that in.
    ///
    /// # Errors
    /// As [`Talk::answer`].
    pub async fn reply(&mut self, payload: impl Into<Vec<u8>>) -> Result<(), Stop> {
        self.seen = self.seen.max(self.last());
        let topic = format!("{}/replies", self.device.id);
        self.peer.publish(&topic, payload).await?;
        // It works through its messages in order.
        self.led = !self.led;
        let (on, start) = (self.led, self.device.record.len());
        let topic = format!("{}/commands", self.device.id);
        let command = format!(r#"{{"led_on":{on}}}"#);
        self.peer.publish(&topic, command).await?;
        let obeyed = self.device.record.when(start, PROMPT, |entries| {
            (queries::led(entries) == Some(on)).then_some(())
        });
        obeyed.await.map_err(|_| Stop::Program)
    }

    /// The run that it has told.
    pub fn run(&self) -> Result<String, Stop> {
        let all = self
            .device
            .record
            .look(|entries| told(entries, &self.device));
        let first = all.ok().and_then(|all| all.into_iter().next());
        let run = first.map(|told| told.message.run);
        run.or_else(|| self.books.run.clone()).ok_or(Stop::Program)
    }

    /// The number of the last reading.
    pub fn last(&self) -> u64 {
        let looks = self.device.record.look(|entries| looks(entries).len());
        (self.books.levels.len() + looks) as u64
    }

    /// What is known when this life is over, and it has ended while it was at rest.
    pub fn close(&self) -> Result<Books, Stop> {
        let mut books = self.books.clone();
        books.run = Some(self.run()?);
        books.answered = self.answered;
        let looks = self.device.record.look(looks);
        books.levels.extend(looks.iter().map(|(_, level)| *level));
        Ok(books)
    }
}

/// Waits until the broker has confirmed both subscriptions, from `start` on, while no time passes.
///
/// # Errors
/// As [`arena::record::Record::when`].
pub(super) async fn hears(device: &Actor, start: usize) -> Result<(), Missed> {
    let heard = device.record.when(start, PROMPT, |entries| {
        let answers = entries.iter().filter_map(queries::suback);
        let codes: usize = answers.map(|answer| answer.return_codes.len()).sum();
        (codes >= KINDS.len()).then_some(())
    });
    heard.await
}
