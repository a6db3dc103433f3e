//! Watches the server's line: which readings it was told, what a right server would decide, and
//! what it has said.

use std::time::{Duration, Instant};

use arena::record::{Entry, Event, Sender};
use arena::wire::Packet;
use rumqttc::mqttbytes::v4;
use serde::Deserialize;

use super::topic::Topic;
use super::weighed::{Command, Decision, Reading, Weighed};
use super::weighing::Weighing;
use crate::feed::clock_at;

/// As many readings are shown.
const MOST_SHOWN: usize = 50;

/// What was seen so far.
#[derive(Debug)]
pub(super) struct Watch {
    id: String,
    stale_after: Duration,
    weighing: Weighing,
    decision: Option<Decision>,
    command: Option<Command>,
    unanswered: usize,
}

#[derive(Deserialize)]
struct Telemetry {
    light: u64,
}

#[derive(Deserialize)]
struct Order {
    led_on: bool,
}

impl Watch {
    pub(super) fn new(id: &str, stale_after: Duration) -> Self {
        Self {
            id: id.to_owned(),
            stale_after,
            weighing: Weighing::new(stale_after),
            decision: None,
            command: None,
            unanswered: 0,
        }
    }

    /// Something that was seen of the server. Returns whether it says anything new.
    pub(super) fn see(&mut self, entry: &Entry) -> bool {
        match &entry.event {
            Event::Packet {
                from,
                packet: Packet::V4(v4::Packet::Publish(message)),
                ..
            } => self.message(*from, message, entry.at).is_some(),
            // What it has not answered on this connection it will not answer on the next.
            Event::HungUp { .. } => std::mem::take(&mut self.unanswered) > 0,
            Event::Ended(_) => {
                // What it knew has gone with it.
                *self = Self::new(&self.id, self.stale_after);
                true
            }
            _ => false,
        }
    }

    fn message(&mut self, from: Sender, message: &v4::Publish, at: Instant) -> Option<()> {
        match (from, Topic::parse(&self.id, &message.topic)?) {
            (Sender::Broker, Topic::Telemetry(device)) => {
                let Telemetry { light } = serde_json::from_slice(&message.payload).ok()?;
                let outcome = self.weighing.take(device, light, at)?;
                self.unanswered += 1;
                self.decision = Some(Decision::new(outcome, device, at));
            }
            (Sender::Program, Topic::Command(device)) => {
                self.command(&message.payload, Some(device), at)?;
            }
            (Sender::Program, Topic::CommandForAll) => {
                self.command(&message.payload, None, at)?;
            }
            _ => return None,
        }
        Some(())
    }

    fn command(&mut self, payload: &[u8], device: Option<&str>, at: Instant) -> Option<()> {
        let Order { led_on } = serde_json::from_slice(payload).ok()?;
        self.unanswered = self.unanswered.saturating_sub(1);
        self.command = Some(Command {
            led_on,
            device: device.map(str::to_owned),
            at: clock_at(at),
        });
        Some(())
    }

    pub(super) fn weighed(&self) -> Weighed {
        let readings = self.weighing.heard().take(MOST_SHOWN);
        let readings: Vec<Reading> = readings
            .map(|(device, heard)| Reading {
                device: device.to_owned(),
                light: heard.light,
                dark: heard.is_dark(),
                at: clock_at(heard.at),
                counts: heard.counts,
            })
            .collect();
        Weighed {
            more: self.weighing.heard().count() - readings.len(),
            readings,
            decision: self.decision.clone(),
            command: self.command.clone(),
            unanswered: self.unanswered,
        }
    }
}

#[cfg(test)]
mod tests {
    use arena::wire::QoS;

    use super::*;

    const STALE: Duration = Duration::from_secs(15);

    fn publish(from: Sender, topic: &str, payload: &str) -> Entry {
        let message = v4::Publish::new(topic, QoS::AtMostOnce, payload);
        let packet = Packet::V4(v4::Packet::Publish(message));
        entry(Event::Packet {
            link: 1,
            from,
            packet,
            length: 0,
        })
    }

    fn entry(event: Event) -> Entry {
        Entry {
            at: Instant::now(),
            virtual_at: Duration::ZERO,
            event,
        }
    }

    fn reading(device: &str, payload: &str) -> Entry {
        publish(
            Sender::Broker,
            &format!("me/devices/{device}/telemetry"),
            payload,
        )
    }

    fn seen(entries: &[Entry]) -> Weighed {
        let mut watch = Watch::new("me", STALE);
        for entry in entries {
            watch.see(entry);
        }
        watch.weighed()
    }

    /// The dark ones, of how many.
    fn decided(weighed: &Weighed) -> Option<(usize, usize)> {
        let decision = weighed.decision.as_ref()?;
        Some((decision.dark, decision.of))
    }

    /// On or not, and to whom.
    fn said(weighed: &Weighed) -> Option<(bool, Option<&str>)> {
        let command = weighed.command.as_ref()?;
        Some((command.led_on, command.device.as_deref()))
    }

    #[test]
    fn readings_and_answers_are_paired() {
        let to_one = publish(
            Sender::Program,
            "me/devices/b/commands",
            r#"{"led_on":false}"#,
        );
        let to_all = publish(Sender::Program, "me/commands", r#"{"led_on": true}"#);
        let readings = [
            reading("a", r#"{"light":0}"#),
            reading("b", r#"{"light":900}"#),
        ];
        let [a, b] = readings;
        let all = [a, b, to_all, to_one];
        for (many, command, unanswered) in [
            (2, None, 2),
            (3, Some((true, None)), 1),
            (4, Some((false, Some("b"))), 0),
        ] {
            let weighed = seen(&all[..many]);
            assert_eq!(decided(&weighed), Some((1, 2)));
            assert_eq!(said(&weighed), command);
            assert_eq!(weighed.unanswered, unanswered);
        }
    }

    #[test]
    fn nonsense_and_what_goes_the_other_way_is_no_reading() {
        for entry in [
            reading("a", "not json"),
            reading("a", r#"{"light":"dark"}"#),
            reading("a", r#"{"light":-1}"#),
            publish(Sender::Program, "me/devices/a/telemetry", r#"{"light":1}"#),
            publish(Sender::Broker, "you/devices/a/telemetry", r#"{"light":1}"#),
            publish(Sender::Broker, "me/commands", r#"{"led_on":true}"#),
            publish(Sender::Program, "me/commands", r#"{"led_on":"yes"}"#),
        ] {
            let weighed = seen(std::slice::from_ref(&entry));
            assert_eq!(weighed, Weighed::default(), "{entry:?}");
        }
    }

    #[test]
    fn a_server_that_has_ended_knows_nothing_any_more() {
        let reading = reading("a", r#"{"light":0}"#);
        let hung_up = entry(Event::HungUp { link: 1, by: None });
        let ended = entry(Event::Ended(arena::record::End::Exited(0)));
        let weighed = seen(&[reading.clone(), hung_up]);
        assert_eq!(decided(&weighed), Some((1, 1)));
        assert_eq!(weighed.unanswered, 0);
        assert_eq!(seen(&[reading, ended]), Weighed::default());
    }
}
