//! A run as people read it: in lanes, without what is chance or free choice.
//!
//! Ids, ports, random light levels, keep-alive, QoS, the spacing of JSON, acknowledgements and
//! pings are left out or given a name, so that two right programs have the same transcript
//! whatever the seed.

mod lines;
mod names;

use std::fmt::Write as _;

use arena::record::{Entry, Event, Sender};
use arena::wire::Packet;
use rumqttc::mqttbytes::v4;

use crate::actor::Actor;
use crate::course::Role;
use lines::{console, led, packet_line, sensor};
use names::Names;

/// One kind of thing that was seen of one program in one scene.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// The scene's name.
    pub scene: &'static str,
    /// Which program.
    pub role: Role,
    /// What kind.
    pub kind: Kind,
    /// In order.
    pub lines: Vec<String>,
}

/// What a lane shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Packets.
    Wire,
    /// Looks at the light sensor, and waits.
    Sensor,
    /// What the LED was told.
    Led,
    /// What the program printed.
    Console,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Wire => "wire",
            Self::Sensor => "sensor",
            Self::Led => "LED",
            Self::Console => "console",
        }
    }
}

impl Lane {
    /// Names the lane, as in `evening, device: wire`.
    pub fn heading(&self) -> String {
        format!("{}, {}: {}", self.scene, self.role.name(), self.kind.name())
    }
}

/// All lanes as one text, empty ones left out.
pub fn text(lanes: &[Lane]) -> String {
    let mut text = String::new();
    for lane in lanes.iter().filter(|lane| !lane.lines.is_empty()) {
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "== {}", lane.heading());
        for line in &lane.lines {
            let _ = writeln!(text, "{line}");
        }
    }
    text
}

/// The headings and lines of a text made by [`text`]; whatever stands before the first heading,
/// such as a snapshot's own header, does not count.
pub fn parse(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut lanes: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("== "), lanes.last_mut()) {
            (Some(heading), _) => lanes.push((heading, Vec::new())),
            (None, Some((_, lines))) => lines.push(line),
            (None, None) => {}
        }
    }
    lanes
}

/// What a scene leaves out of its transcript because it is chance.
#[derive(Clone, Copy, Debug, Default)]
pub struct Notes {
    begin: usize,
    board_out: bool,
    publishes_out: bool,
    publishes_in: bool,
    console_out: bool,
    led_out: bool,
    silent: bool,
}

impl Notes {
    /// Nothing at all is written down.
    pub fn nothing() -> Self {
        Self {
            silent: true,
            ..Self::default()
        }
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

    /// The lanes of one program in one scene.
    pub fn lanes(&self, scene: &'static str, actor: &Actor) -> Vec<Lane> {
        if self.silent {
            return Vec::new();
        }
        let lane = |kind, lines| Lane {
            scene,
            role: actor.role,
            kind,
            lines,
        };
        actor.record.look(|entries| {
            let names = Names::of(&actor.id, &entries[self.begin.min(entries.len())..]);
            let mut lanes = vec![lane(Kind::Wire, self.wire(entries, &names))];
            if !self.board_out {
                let on_record = &entries[self.begin.min(entries.len())..];
                lanes.push(lane(Kind::Sensor, sensor(on_record, &names)));
                if !self.led_out {
                    lanes.push(lane(Kind::Led, led(on_record)));
                }
            }
            if !self.console_out {
                lanes.push(lane(Kind::Console, console(entries, &names, actor.role)));
            }
            lanes
        })
    }

    fn wire(&self, entries: &[Entry], names: &Names) -> Vec<String> {
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
                    packet_line(*from, packet, names, left_out)
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
