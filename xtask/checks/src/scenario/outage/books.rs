//! What is known of a device, and its messages held against that: what its sensor gave, and what was
//! answered.

use arena::record::{Entry, Event, Sender};
use arena::wire::Packet;
use rumqttc::mqttbytes::v4;

use super::message::{Message, Reading, looks, range, told};
use crate::actor::Actor;
use crate::queries::{self, Pacing};
use crate::sheet::Finding;

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

/// A finding, and the rule that is broken.
pub(super) type Broken = (&'static str, Finding);

/// What is known of a device's earlier lives.
#[derive(Clone, Debug)]
pub(super) struct Books {
    /// Its run.
    pub run: Option<String>,
    /// What the sensor gave, in the order of the numbers.
    pub levels: Vec<u64>,
    /// Up to which number all was answered.
    pub answered: u64,
    /// How many readings may wait.
    pub most: usize,
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

impl Books {
    /// Holds all messages of this device so far against what is known of it.
    ///
    /// # Errors
    /// Names the rule that is broken first, and what was seen instead.
    pub fn judge(&self, device: &Actor) -> Result<(), Broken> {
        device.record.look(|entries| {
            let all = told(entries, device).map_err(|finding| (NUMBERS, finding))?;
            let looks = looks(entries);
            let run = self.run.as_ref().or(all.first().map(|it| &it.message.run));
            for told in &all {
                let message = &told.message;
                if let Some(run) = run.filter(|run| **run != message.run) {
                    return Err((NUMBERS, another_run(run, &message.run)));
                }
                let seen = looks.partition_point(|(place, _)| *place < told.place);
                numbers(message, &self.levels, &looks[..seen])
                    .map_err(|finding| (NUMBERS, finding))?;
                let given = (self.levels.len() + seen) as u64;
                let floor = answered(&entries[..told.place], device, message, given);
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

    /// Whether all is in a message that has to be in it.
    fn whole(&self, message: &Message, given: u64, floor: u64) -> Result<(), Broken> {
        let (first, last) = (message.first(), message.last());
        let floor = floor.max(self.answered);
        let is_full = message.readings.len() >= self.most;
        if message.readings.len() > self.most {
            let finding = Finding::new(
                format!("a queue of at most {} readings", self.most),
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
            )
            .by_order();
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

/// Looks at the time between all messages so far, on a line that was whole.
///
/// # Errors
/// Says when one did not come when it should.
pub(super) fn keeps_pace(device: &Actor) -> Result<(), Finding> {
    device.record.look(|entries| {
        let topic = format!("{}/telemetry", device.id);
        let all = (0..entries.len()).filter(|place| is_message(&entries[*place], &topic));
        pace(entries, &all.collect::<Vec<_>>())
    })
}

/// Whether a message was sent on this topic here, no matter whether it has arrived.
pub(super) fn is_message(entry: &Entry, topic: &str) -> bool {
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

/// The readings in words, for a finding.
pub(super) fn listed(readings: &[Reading]) -> String {
    match (readings.first(), readings.last()) {
        (Some(first), Some(last)) => range(first.0, last.0),
        _ => "no reading".to_owned(),
    }
}
