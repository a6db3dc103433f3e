//! A run as people read it, in sections, without what is chance or free choice.
//!
//! Ids, ports, random light levels, keep-alive, QoS, the spacing of JSON, acknowledgements and
//! pings are left out or given a name, so that two right programs have the same transcript
//! whatever the seed.

mod lines;
mod names;
mod packets;

use arena::record::{Entry, Event, Sender};
use arena::wire::Packet;
use rumqttc::mqttbytes::v4;

use crate::actor::Actor;
use course::transcript::Section;
use lines::{console, led, sensor};
use names::Names;
use packets::Packets;

/// The kinds of sections: packets, looks at the light sensor and waits, what the LED was told, and
/// what the program printed.
const WIRE: &str = "wire";
const SENSOR: &str = "sensor";
const LED: &str = "LED";
pub(crate) const CONSOLE: &str = "console";

/// What a scene leaves out of its transcript because it is chance.
#[derive(Clone, Copy, Debug, Default)]
pub struct Redaction {
    begin: usize,
    board_out: bool,
    publishes_out: bool,
    publishes_in: bool,
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

    /// Messages are left out, both ways.
    pub fn no_messages(&mut self) {
        self.publishes_out = true;
        self.publishes_in = true;
    }

    /// The sections of one program in one scene.
    pub fn sections(&self, scene: &str, actor: &Actor) -> Vec<Section<String>> {
        if self.silent {
            return Vec::new();
        }
        let section = |kind, lines| Section {
            heading: format!("{scene}, {}: {kind}", actor.name()),
            lines,
        };
        // Long records take their time, and whoever adds to them must not wait.
        let entries = actor.record.freeze();
        let on_record = &entries[self.begin.min(entries.len())..];
        let names = Names::of(&actor.id, on_record);
        let mut sections = vec![section(
            WIRE,
            self.wire(&entries, Packets::new(&names, actor.shows)),
        )];
        if !self.board_out {
            sections.push(section(SENSOR, sensor(on_record, &names)));
            if !self.led_out {
                sections.push(section(LED, led(on_record)));
            }
        }
        if !self.console_out {
            let lines = console(&entries, &names, actor.program.board);
            sections.push(section(CONSOLE, lines));
        }
        sections
    }

    fn wire(&self, entries: &[Entry], mut packets: Packets) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut leaving = false;
        for (place, entry) in entries.iter().enumerate() {
            let line = match &entry.event {
                Event::Dialled {
                    accepted: false, ..
                } => Some("-- no line".to_owned()),
                Event::HungUp { .. } if !leaving => Some("-- the line goes dead".to_owned()),
                Event::Packet { from, packet, .. } => {
                    leaving |= matches!(packet, Packet::V4(v4::Packet::Disconnect));
                    let left_out = match from {
                        Sender::Program => self.publishes_out || place < self.begin,
                        Sender::Broker => self.publishes_in || place < self.begin,
                    };
                    packets.line(*from, packet, left_out)
                }
                _ => None,
            };
            if let Some(line) = line {
                // How often a dead line is tried is free choice.
                if line != "-- no line" || lines.last() != Some(&line) {
                    lines.push(line);
                }
            }
        }
        lines
    }
}
