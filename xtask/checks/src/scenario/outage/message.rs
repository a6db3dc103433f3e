//! What a device tells: its run, and all readings that nobody has answered.

use arena::record::{Entry, Event, Sender};
use arena::wire::Packet;
use rumqttc::mqttbytes::v4;
use serde_json::Value;

use crate::actor::Actor;
use crate::findings::payload::visible;
use crate::sheet::Finding;

/// A number and a light level.
pub(super) type Reading = (u64, u64);

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub run: String,
    pub readings: Vec<Reading>,
}

/// A message that a device sent, and where in its record.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub place: usize,
    pub message: Message,
}

const EXPECTED: &str = r#"JSON like {"run":"5f0c9d2e7ab14c36","readings":[{"seq":1,"light":299}]}"#;

impl Message {
    /// Reads a payload.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn read(payload: &[u8]) -> Result<Self, Finding> {
        let shown = visible(&String::from_utf8_lossy(payload));
        let wrong = |what: &str| Finding::new(EXPECTED, format!("`{shown}`: {what}"));
        let Ok(Value::Object(value)) = serde_json::from_slice(payload) else {
            return Err(wrong("that is no JSON object").hint(
                "Let `serde_json::json!` make one object: the run, and the list of readings.",
            ));
        };
        let run = value.get("run").and_then(Value::as_str);
        let run = run.ok_or_else(|| {
            wrong("it has no text called `run`")
                .hint("The run is a text: 16 random hex digits, the same in every message.")
        })?;
        if run.len() != 16 || !run.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(wrong("its run is not 16 hex digits").hint(
                "`format!(\"{:016x}\", fastrand::u64(..))` makes 16 hex digits, with zeros in front \
                 where they are needed.",
            ));
        }
        let readings = value.get("readings").and_then(Value::as_array);
        let readings = readings.ok_or_else(|| {
            wrong("it has no list called `readings`")
                .hint("The readings are a list, also when there is only one: `\"readings\":[…]`.")
        })?;
        if readings.is_empty() {
            return Err(wrong("there is no reading in it")
                .hint("With nothing in the queue there is nothing to send."));
        }
        let number = |reading: &Value, name: &str| reading.get(name).and_then(Value::as_u64);
        let readings = readings.iter().map(|reading| {
            let pair = number(reading, "seq").zip(number(reading, "light"));
            pair.ok_or_else(|| {
                wrong("a reading has no whole numbers `seq` and `light`")
                    .hint("Each reading is an object of its own: `{\"seq\":1,\"light\":299}`.")
            })
        });
        Ok(Self {
            run: run.to_owned(),
            readings: readings.collect::<Result<_, _>>()?,
        })
    }

    /// The number of its first reading.
    pub fn first(&self) -> u64 {
        self.readings.first().map_or(0, |reading| reading.0)
    }

    /// The number of its last reading.
    pub fn last(&self) -> u64 {
        self.readings.last().map_or(0, |reading| reading.0)
    }

    /// As devices of all kinds may write it.
    pub fn spelt(&self, way: usize) -> String {
        let readings = self.readings.iter().map(|(seq, light)| match way % 4 {
            0 => format!(r#"{{"seq":{seq},"light":{light}}}"#),
            1 => format!(r#"{{"light": {light}, "seq": {seq}}}"#),
            2 => format!("{{\n\"seq\":\t{seq}, \"unit\": \"none\", \"light\":{light} }}"),
            _ => format!(r#"{{"at":[9,9],"light":{light},"seq":{seq}}}"#),
        });
        let readings = readings.collect::<Vec<_>>().join(",");
        let run = &self.run;
        match way % 3 {
            0 => format!(r#"{{"run":"{run}","readings":[{readings}]}}"#),
            1 => format!(r#" {{ "readings" : [ {readings} ] , "run" : "{run}" }} "#),
            _ => format!(r#"{{"board":{{"run":1}},"readings":[{readings}],"run":"{run}"}}"#),
        }
    }
}

/// In words: `readings 3 to 7`.
pub(super) fn range(first: u64, last: u64) -> String {
    if first == last {
        format!("reading {first}")
    } else {
        format!("readings {first} to {last}")
    }
}

/// All messages that a device has sent so far, whether they have arrived or not.
///
/// # Errors
/// Says what is wrong with the first one that is none.
pub(super) fn told(entries: &[Entry], device: &Actor) -> Result<Vec<Told>, Finding> {
    let topic = format!("{}/telemetry", device.id);
    let mut told = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        let packet = match &entry.event {
            Event::Packet {
                from: Sender::Program,
                packet,
                ..
            } => packet,
            Event::Lost {
                from: Sender::Program,
                packet,
                ..
            } => packet,
            _ => continue,
        };
        if let Packet::V4(v4::Packet::Publish(message)) = packet
            && message.topic == topic
        {
            if message.retain {
                return Err(Finding::new("a message that is not retained", "a retained one").hint(
                    "The third argument of `try_publish` is `false`: the broker keeps one message, \
                     and old readings would be given to every later subscriber as if they were news.",
                ));
            }
            let message = Message::read(&message.payload)?;
            told.push(Told { place, message });
        }
    }
    Ok(told)
}

/// The levels that the sensor gave, in order, and where in the record. The first one of each life is
/// none of the program's: `Board::open` only looks whether there is a sensor.
pub(super) fn looks(entries: &[Entry]) -> Vec<(usize, u64)> {
    let looks = entries.iter().enumerate();
    let looks = looks.filter_map(|(place, entry)| match entry.event {
        Event::LightRead(level) => Some((place, u64::from(level))),
        _ => None,
    });
    looks.skip(1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_the_same_message() {
        let message = Message {
            run: "00ff00ff00ff00ff".to_owned(),
            readings: vec![(1, 299), (2, 300)],
        };
        for way in 0..12 {
            assert_eq!(
                Message::read(message.spelt(way).as_bytes()),
                Ok(message.clone())
            );
        }
    }

    #[test]
    fn what_is_no_message_says_why() {
        for (payload, words) in [
            (r#"{"light":5}"#, "hex digits"),
            (r#"{"run":"5","readings":[]}"#, "zeros in front"),
            (r#"{"run":"00ff00ff00ff00ff","readings":[]}"#, "nothing"),
            (
                r#"{"run":"00ff00ff00ff00ff","readings":{"seq":1,"light":2}}"#,
                "list",
            ),
            (
                r#"{"run":"00ff00ff00ff00ff","readings":[{"light":2}]}"#,
                "object of its own",
            ),
        ] {
            let hint = Message::read(payload.as_bytes()).unwrap_err().hint;
            assert!(hint.unwrap().contains(words), "{payload}");
        }
    }
}
