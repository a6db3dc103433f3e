//! A run as people read it, in sections, without what is chance or free choice.
//!
//! Ids, ports, random light levels, keep-alive, QoS, the spacing of JSON, acknowledgements and
//! pings are left out or given a name, so that two right programs have the same transcript
//! whatever the seed.

mod crossing;
mod lines;
mod names;
mod packets;

use std::ops::Range;
use std::time::Instant;

use arena::record::{Entry, Event, Sender};
use arena::wire::Packet;
use rumqttc::mqttbytes::v4;

use crate::actor::Actor;
use course::transcript::Section;
use course::wording::counted;
use crossing::{Echoes, put};
use lines::{console, led, sensor};
use names::Names;
use packets::Packets;

/// The kinds of sections: packets, looks at the light sensor and waits, what the LED was told, and
/// what the program printed.
const WIRE: &str = "wire";
const SENSOR: &str = "sensor";
const LED: &str = "LED";
pub(crate) const CONSOLE: &str = "console";

/// So many messages of its own in a row are told one by one.
const MANY: usize = 40;

/// A section, and when each of its lines was seen.
#[derive(Clone, Debug)]
pub struct Lane {
    /// What was seen.
    pub section: Section<String>,
    /// One for each line.
    pub seen: Vec<Instant>,
}

/// A line, and when it was seen.
type Line = (Instant, String);

/// What a scene leaves out of its transcript because it is chance.
#[derive(Clone, Debug, Default)]
pub struct Redaction {
    begin: usize,
    gaps: Vec<Range<usize>>,
    board_out: bool,
    publishes_out: bool,
    publishes_in: bool,
    readings_out: bool,
    uncrossed: &'static [&'static str],
    console_out: bool,
    led_out: bool,
    silent: bool,
}

impl Redaction {
    /// Nothing at all is written down.
    pub fn nothing(&mut self) {
        self.silent = true;
    }

    /// Messages and looks before this entry are left out; how the program came online stays.
    pub fn begin(&mut self, entry: usize) {
        self.begin = entry;
    }

    /// What is much like the rest is left out: messages, looks and lines between these entries.
    pub fn leave_out(&mut self, entries: Range<usize>) {
        self.gaps.push(entries);
    }

    /// Sensor and LED are left out.
    pub fn no_board(&mut self) {
        self.board_out = true;
    }

    /// The LED is left out.
    pub fn no_led(&mut self) {
        self.led_out = true;
    }

    /// What it printed is left out.
    pub fn no_console(&mut self) {
        self.console_out = true;
    }

    /// The program's own messages are left out.
    pub fn no_messages_out(&mut self) {
        self.publishes_out = true;
    }

    /// The program's own readings are left out.
    pub fn no_readings(&mut self) {
        self.readings_out = true;
    }

    /// What crosses on its way comes in an order that is chance: answers stand beside what they
    /// answer, and what the program hears of itself is left out.
    pub fn uncrossed(&mut self) {
        self.uncrossed = &["SUBACK", "PUBACK"];
    }

    /// The same, but PUBACKs stand where they came.
    pub fn uncrossed_but_for_pubacks(&mut self) {
        self.uncrossed = &["SUBACK"];
    }

    /// Messages are left out, both ways.
    pub fn no_messages(&mut self) {
        self.publishes_out = true;
        self.publishes_in = true;
    }

    /// The sections of one program in one scene.
    pub fn lanes(&self, scene: &str, actor: &Actor) -> Vec<Lane> {
        if self.silent {
            return Vec::new();
        }
        let lane = |kind, lines: Vec<Line>| {
            let (seen, lines) = lines.into_iter().unzip();
            let heading = format!("{scene}, {}: {kind}", actor.name());
            let section = Section { heading, lines };
            Lane { section, seen }
        };
        // Long records take their time, and whoever adds to them must not wait.
        let entries = actor.record.freeze();
        let entries: Vec<(usize, Entry)> = entries
            .iter()
            .cloned()
            .enumerate()
            .filter(|(place, entry)| !self.is_in_a_gap(*place, entry))
            .collect();
        let on_record = entries.iter().filter(|(place, _)| *place >= self.begin);
        let until_asked = on_record.clone();
        let until_asked = until_asked.take_while(|(place, _)| *place < actor.asked_to_leave());
        let until_asked = until_asked.count();
        let on_record: Vec<Entry> = on_record.map(|(_, entry)| entry.clone()).collect();
        let on_record = on_record.as_slice();
        let mut names = Names::of(&actor.id, on_record);
        if actor.is_named() {
            names = names.seen_by(&actor.device);
        }
        let mut lanes = vec![lane(
            WIRE,
            self.wire(actor, &entries, Packets::new(&names, actor.shows)),
        )];
        if !self.board_out {
            // Whether there is time for another look at the end is chance, and whether the LED is
            // put out then, free choice.
            let until_asked = &on_record[..until_asked];
            lanes.push(lane(SENSOR, sensor(until_asked, &names)));
            if !self.led_out {
                lanes.push(lane(LED, led(until_asked)));
            }
        }
        if !self.console_out {
            let entries: Vec<Entry> = entries.into_iter().map(|(_, entry)| entry).collect();
            let lines = console(&entries, &names, actor.program.board);
            lanes.push(lane(CONSOLE, lines));
        }
        lanes
    }

    fn is_in_a_gap(&self, place: usize, entry: &Entry) -> bool {
        let is_one_of_many = match &entry.event {
            Event::Packet {
                packet: Packet::V4(packet),
                ..
            } => matches!(packet, v4::Packet::Publish(_)),
            event => matches!(
                event,
                Event::Printed { .. }
                    | Event::Typed(_)
                    | Event::LightRead(_)
                    | Event::WaitBegan(_)
                    | Event::Led(_)
            ),
        };
        is_one_of_many && self.gaps.iter().any(|gap| gap.contains(&place))
    }

    fn wire(&self, actor: &Actor, entries: &[(usize, Entry)], mut packets: Packets) -> Vec<Line> {
        let readings = format!("{}/{}", actor.id, actor.telemetry());
        let is_reading = |packet: &Packet| matches!(packet, Packet::V4(v4::Packet::Publish(it)) if it.topic == readings);
        let mut lines: Vec<Line> = Vec::new();
        let mut echoes = Echoes::default();
        let mut leaving = false;
        // What came to nothing has not gone dead.
        let mut no_tls = None;
        for (place, entry) in entries {
            let line = match &entry.event {
                Event::Dialled {
                    accepted: false, ..
                } => Some("-- no line".to_owned()),
                Event::LinkFailed { link, reason } => {
                    no_tls = Some(*link);
                    Some(format!("-- no TLS: {reason}"))
                }
                Event::HungUp { link, .. } if no_tls == Some(*link) => None,
                Event::HungUp { .. } if !leaving => Some("-- the line goes dead".to_owned()),
                Event::Packet { from, packet, .. } => {
                    leaving |= matches!(packet, Packet::V4(v4::Packet::Disconnect));
                    let left_out = match from {
                        Sender::Program => {
                            self.publishes_out
                                || *place < self.begin
                                || self.readings_out && is_reading(packet)
                        }
                        Sender::Broker => self.publishes_in || *place < self.begin,
                    };
                    let left_out =
                        left_out | (echoes.is_one(*from, packet) && !self.uncrossed.is_empty());
                    packets.line(*from, packet, left_out)
                }
                _ => None,
            };
            if let Some(line) = line {
                // How often it is tried in vain is free choice.
                let is_again = lines.last().is_some_and(|(_, last)| *last == line);
                if !line.starts_with("-- no ") || !is_again {
                    put(&mut lines, (entry.at, line), self.uncrossed);
                }
            }
        }
        folded(lines)
    }
}

/// A program that waits in vain for an answer may tell its light level hundreds of times meanwhile.
fn folded(lines: Vec<Line>) -> Vec<Line> {
    let mut kept = Vec::new();
    let mut run: Vec<Line> = Vec::new();
    let mut put = |run: &mut Vec<Line>| {
        let rest = run.split_off(run.len().min(MANY));
        kept.append(run);
        if let Some((at, _)) = rest.first() {
            let messages = counted(rest.len(), "message", "messages");
            kept.push((*at, format!("-> and {messages} more")));
        }
    };
    for line in lines {
        let is_own = line.1.starts_with("-> PUBLISH ");
        if !is_own {
            put(&mut run);
        }
        run.push(line);
        if !is_own {
            put(&mut run);
        }
    }
    put(&mut run);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_messages_in_a_row_are_counted() {
        let at = Instant::now();
        let told = |text: &str| (at, text.to_owned());
        let mut lines = vec![told("-> CONNECT x")];
        lines.extend((0..MANY + 2).map(|_| told("-> PUBLISH a")));
        lines.push(told("<- PUBLISH b"));
        lines.push(told("-> PUBLISH a"));
        let folded: Vec<String> = folded(lines).into_iter().map(|(_, text)| text).collect();
        assert_eq!(folded.len(), 1 + MANY + 3);
        assert_eq!(
            folded[MANY..],
            [
                "-> PUBLISH a",
                "-> and 2 messages more",
                "<- PUBLISH b",
                "-> PUBLISH a"
            ]
        );
    }
}
