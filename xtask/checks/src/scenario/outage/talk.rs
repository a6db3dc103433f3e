//! A device, and a server of ours that answers as it likes.

use std::sync::Arc;
use std::time::Duration;

use arena::peer::Peer;
use arena::record::{Entry, Event, Missed, Sender};
use arena::wire::Packet;
use rumqttc::mqttbytes::v4;

use super::message::{Message, Reading, looks, range, told};
use crate::actor::{Actor, PROMPT};
use crate::findings::introduction::arrive;
use crate::findings::subscription::{SUBSCRIBES, subscribed_to};
use crate::findings::{missed, payload};
use crate::queries::{self, Pacing};
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// What it subscribes to.
pub(super) const KINDS: &[&str] = &["commands", "replies"];

/// Each reading has a number, and each message a run.
pub(super) const NUMBERS: &str = "numbers";
/// All that waits in one message, every five seconds.
pub(super) const SENDS: &str = "sends-all";
/// What is not answered stays.
pub(super) const KEEPS: &str = "keeps-unanswered";
/// What is answered goes.
pub(super) const FORGETS: &str = "forgets-answered";
/// What does not fit any more goes, oldest first.
pub(super) const DROPS: &str = "drops-oldest";

/// So many messages may have been on their way; who sends more has nothing new to tell.
const MOST_OLD: usize = 3;

/// How long a message may take when the device has gone its rounds and none has come.
const PATIENCE: Duration = Duration::from_secs(2);

/// A finding, and the rule that is broken.
pub(super) type Broken = (&'static str, Finding);

/// What is known of a device's earlier lives, and what it was told.
#[derive(Clone, Debug)]
pub(super) struct Books {
    /// Its run.
    pub run: Option<String>,
    /// What the sensor gave, in the order of the numbers.
    pub levels: Vec<u64>,
    /// The highest number that was answered.
    pub answered: u64,
    /// How many readings may wait.
    pub most: usize,
}

/// A device, and somebody who answers it.
pub(super) struct Talk {
    pub device: Arc<Actor>,
    pub books: Books,
    peer: Peer,
    /// Up to where all was answered in earlier lives.
    before: u64,
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
        let accepted = |entries: &[Entry]| entries.iter().any(queries::is_accepted).then_some(());
        let _ = device.record.when(0, PROMPT, accepted).await;
        arrive(stage, device).await?;
        let subscription = subscribed_to(device, 0, KINDS).await;
        stage.insist(device, SUBSCRIBES, subscription)?;
        Ok(Self {
            device: Arc::clone(device),
            before: books.answered,
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
        let come = device.drive(self.place, PATIENCE, |entries| {
            entries.iter().position(|entry| is_message(entry, &topic))
        });
        let place = match come.await {
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
        let come = self.device.record.when(from, PATIENCE, |entries| {
            entries.iter().position(|entry| is_message(entry, &topic))
        });
        self.place = from + come.await? + 1;
        // What we see here reaches the broker later: an answer at once might find nobody.
        let heard = self.device.record.when(from, PROMPT, |entries| {
            let answers = entries.iter().filter_map(queries::suback);
            let codes: usize = answers.map(|answer| answer.return_codes.len()).sum();
            (codes >= KINDS.len()).then_some(())
        });
        heard.await?;
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
        self.books.answered = self.books.answered.max(seq);
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
        let looks = self.device.record.look(looks);
        books.levels.extend(looks.iter().map(|(_, level)| *level));
        Ok(books)
    }

    /// Looks at all messages so far.
    ///
    /// # Errors
    /// Names the rule that is broken first, and what was seen instead.
    pub fn judge(&self) -> Result<(), Broken> {
        self.device.record.look(|entries| {
            let all = told(entries, &self.device).map_err(|finding| (NUMBERS, finding))?;
            let looks = looks(entries);
            let run = self
                .books
                .run
                .as_ref()
                .or(all.first().map(|it| &it.message.run));
            for told in &all {
                let message = &told.message;
                if let Some(run) = run.filter(|run| **run != message.run) {
                    return Err((NUMBERS, another_run(run, &message.run)));
                }
                let seen = looks.partition_point(|(place, _)| *place < told.place);
                numbers(message, &self.books.levels, &looks[..seen])
                    .map_err(|finding| (NUMBERS, finding))?;
                let given = (self.books.levels.len() + seen) as u64;
                let floor = answered(&entries[..told.place], &self.device, message, given);
                self.whole(message, given, floor)?;
            }
            let accepted = entries.iter().filter(|entry| queries::is_accepted(entry));
            let most = looks.len() + accepted.count();
            if all.len() > most {
                let finding = Finding::new(
                    "one message for all that waits, each round and after each CONNACK",
                    format!("{} messages, and there was reason for {most}", all.len()),
                );
                return Err((SENDS, finding.hint(
                    "All that waits goes into one message, however much it is, once each round and \
                     once after a CONNACK. An answer is no reason to send.",
                )));
            }
            Ok(())
        })
    }

    /// Looks at the time between all messages so far, on a line that was whole.
    ///
    /// # Errors
    /// [`Stop::Program`] when one did not come when it should.
    pub fn keeps_pace(&self, stage: &mut Stage) -> Result<(), Stop> {
        let found = self.device.record.look(|entries| {
            let topic = format!("{}/telemetry", self.device.id);
            let all = (0..entries.len()).filter(|place| is_message(&entries[*place], &topic));
            pace(entries, &all.collect::<Vec<_>>())
        });
        stage.insist(&self.device, SENDS, found)
    }

    /// Whether all is in a message that has to be in it.
    fn whole(&self, message: &Message, given: u64, floor: u64) -> Result<(), Broken> {
        let (first, last) = (message.first(), message.last());
        let floor = floor.max(self.before);
        let is_full = message.readings.len() >= self.books.most;
        if message.readings.len() > self.books.most {
            let finding = Finding::new(
                format!("a queue of at most {} readings", self.books.most),
                format!("a message with {}", message.readings.len()),
            );
            return Err((DROPS, finding));
        }
        let is_gap = |pair: &&[Reading]| pair[1].0 != pair[0].0 + 1;
        if let Some(gap) = message.readings.windows(2).find(is_gap) {
            let missing = range(gap[0].0 + 1, gap[1].0 - 1);
            let finding = Finding::new(
                format!("{missing} in the message, or none before it"),
                format!("a message with reading {}, and then {}", gap[0].0, gap[1].0),
            );
            return Err(if gap[0].0 <= floor {
                (FORGETS, finding.hint(
                    "An answer is for all readings up to its number, and not for that one alone: they \
                     all leave the queue.",
                ))
            } else {
                (KEEPS, finding)
            });
        }
        // One reading may have been taken while a CONNACK was answered.
        if last + 1 < given {
            let finding = Finding::new(
                format!("a message with all up to {}", range(given, given)),
                format!("a message that ends with reading {last}"),
            );
            return Err(if is_full {
                (DROPS, finding.hint(
                    "It drops the newest. When the queue is full the oldest goes: what is new says \
                     more.",
                ))
            } else {
                (SENDS, finding.hint(
                    "Each round the new reading joins the queue first, and then all that waits goes \
                     out, in one message.",
                ))
            });
        }
        if first > floor + 1 && !is_full {
            let finding = Finding::new(
                format!(
                    "{} in the message: nobody has answered for it",
                    range(floor + 1, first - 1)
                ),
                format!("a message with {}", range(first, last)),
            );
            return Err((KEEPS, finding.hint(
                "A reading stays in the queue until an answer says that it is safe: not until it was \
                 sent, and not until the line is back. All that waits goes into each message, the \
                 oldest first.",
            )));
        }
        Ok(())
    }
}

fn is_message(entry: &Entry, topic: &str) -> bool {
    matches!(
        &entry.event,
        Event::Packet { from: Sender::Program, packet: Packet::V4(v4::Packet::Publish(message)), .. }
        | Event::Lost { from: Sender::Program, packet: Packet::V4(v4::Packet::Publish(message)), .. }
            if message.topic == topic
    )
}

fn another_run(run: &str, other: &str) -> Finding {
    Finding::new(format!("run {run}, as before"), format!("run {other}")).hint(
        "The run is drawn once, when the queue begins, and stays: to the server the numbers of \
         another run are others.",
    )
}

/// Whether each reading has the number that is its own.
fn numbers(message: &Message, before: &[u64], looks: &[(usize, u64)]) -> Result<(), Finding> {
    let levels: Vec<u64> = looks.iter().map(|(_, level)| *level).collect();
    let level_of = |seq: u64| {
        let place = usize::try_from(seq).ok()?.checked_sub(1)?;
        let later = || levels.get(place - before.len());
        before.get(place).or_else(later).copied()
    };
    let goes_down = |pair: &&[Reading]| pair[1].0 <= pair[0].0;
    if let Some(pair) = message.readings.windows(2).find(goes_down) {
        let finding = Finding::new(
            "numbers that go up from reading to reading",
            format!("reading {}, and then {}", pair[0].0, pair[1].0),
        );
        return Err(finding.hint(
            "The oldest reading stands first. Whoever shows them shows them in this order.",
        ));
    }
    for &(seq, light) in &message.readings {
        if level_of(seq) == Some(light) {
            continue;
        }
        let expected = match level_of(seq) {
            Some(level) => format!("reading {seq} with light {level}, as the sensor gave it"),
            None => format!(
                "readings that the sensor gave, with the numbers 1 to {}",
                before.len() + levels.len()
            ),
        };
        let finding = Finding::new(expected, format!("reading {seq} with light {light}"));
        return Err(if seq == 0 {
            finding.hint("The first reading has number 1.")
        } else if levels.contains(&light) || before.contains(&light) {
            finding.hint(
                "Each reading gets the next number when it is taken, from 1 on, whether there is a \
                 connection or not, and keeps it: no number is left out or given twice.",
            )
        } else {
            finding.hint(
                "`light` is the value that `light_level` has returned, with nothing calculated.",
            )
        });
    }
    Ok(())
}

/// Up to which number a device may have heard answers that make sense to it.
fn answered(entries: &[Entry], device: &Actor, message: &Message, given: u64) -> u64 {
    let topic = format!("{}/replies", device.id);
    let answers = entries.iter().filter_map(|entry| {
        let v4::Packet::Publish(answer) = queries::received(entry)? else {
            return None;
        };
        let value: serde_json::Value = serde_json::from_slice(&answer.payload).ok()?;
        let ours = answer.topic == topic && value.get("run")?.as_str()? == message.run;
        let seq = value.get("seq")?.as_u64()?;
        (ours && seq <= given).then_some(seq)
    });
    answers.max().unwrap_or_default()
}

/// Between two messages that no CONNACK has made lie five seconds.
fn pace(entries: &[Entry], places: &[usize]) -> Result<(), Finding> {
    let pacing = Pacing::of(entries);
    // The first one after a CONNACK comes when that does.
    for pair in places.windows(2).skip(1) {
        let pause = pacing.between(&entries[pair[0]], &entries[pair[1]]);
        if !pacing.is(pause, 5.0) {
            let finding = Finding::new(
                "a message every five seconds",
                format!("the next one after {pause:.1} s"),
            );
            return Err(finding.hint(
                "`delay_ms(5_000)` after each round, in the sensor's thread, and nothing else makes \
                 a message but a CONNACK.",
            ));
        }
    }
    Ok(())
}

/// What is known of a device that was never started.
pub(super) fn nothing_known(most: usize) -> Books {
    Books {
        run: None,
        levels: Vec::new(),
        answered: 0,
        most,
    }
}

/// The readings in words, for a finding.
pub(super) fn listed(readings: &[Reading]) -> String {
    match (readings.first(), readings.last()) {
        (Some(first), Some(last)) => range(first.0, last.0),
        _ => "no reading".to_owned(),
    }
}
