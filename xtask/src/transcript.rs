//! A run as people read it: in lanes, without what is chance or free choice.
//!
//! Ids, ports, random light levels, keep-alive, QoS, the spacing of JSON, acknowledgements and
//! pings are left out or given a name, so that two right programs have the same transcript
//! whatever the seed.

use std::collections::HashMap;
use std::fmt::Write as _;

use arena::record::{Entry, Event, Sender, Stream};
use arena::wire::{ConnectReturnCode, Packet, SubscribeReasonCode};
use rumqttc::mqttbytes::v4;
use serde_json::Value;

use crate::actor::{Actor, EDGES};
use crate::course::Role;

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

fn packet_line(from: Sender, packet: &Packet, names: &Names, no_publish: bool) -> Option<String> {
    let arrow = match from {
        Sender::Program => "->",
        Sender::Broker => "<-",
    };
    let what = match packet {
        Packet::V4(packet) => v4_line(packet, names, no_publish)?,
        Packet::OtherVersion { level } => format!("CONNECT of protocol level {level}"),
        Packet::Undecoded { first, length } => {
            format!("{length} bytes that are no MQTT 3.1.1 packet, the first is {first:#04x}")
        }
    };
    Some(format!("{arrow} {what}"))
}

fn v4_line(packet: &v4::Packet, names: &Names, no_publish: bool) -> Option<String> {
    Some(match packet {
        v4::Packet::Connect(connect) => {
            let session = if connect.clean_session {
                "clean session"
            } else {
                "session kept"
            };
            format!("CONNECT {}, {session}", names.hide(&connect.client_id))
        }
        v4::Packet::ConnAck(answer) => match answer.code {
            ConnectReturnCode::Success => "CONNACK accepted".to_owned(),
            code => format!("CONNACK refused: {code:?}"),
        },
        v4::Packet::Subscribe(subscribe) => {
            let filters: Vec<String> = subscribe
                .filters
                .iter()
                .map(|filter| names.hide(&filter.path))
                .collect();
            format!("SUBSCRIBE {}", filters.join(", "))
        }
        // A granted subscription says nothing new, and may cross with a message.
        v4::Packet::SubAck(answer) => {
            if !answer.return_codes.contains(&SubscribeReasonCode::Failure) {
                return None;
            }
            "SUBACK refused".to_owned()
        }
        v4::Packet::Publish(publish) => {
            if no_publish {
                return None;
            }
            let retained = if publish.retain { " (retained)" } else { "" };
            let payload = names.hide_levels(&payload(&publish.payload));
            format!("PUBLISH {} {payload}{retained}", names.hide(&publish.topic))
        }
        v4::Packet::Unsubscribe(unsubscribe) => {
            format!("UNSUBSCRIBE {}", names.hide(&unsubscribe.topics.join(", ")))
        }
        v4::Packet::Disconnect => "DISCONNECT".to_owned(),
        _ => return None,
    })
}

/// JSON without its spacing, anything else as text.
fn payload(bytes: &[u8]) -> String {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => value.to_string(),
        Err(_) if bytes.is_empty() => "(empty)".to_owned(),
        Err(_) => String::from_utf8_lossy(bytes).escape_debug().to_string(),
    }
}

fn sensor(entries: &[Entry], names: &Names) -> Vec<String> {
    let mut lines = Vec::new();
    for entry in entries {
        match &entry.event {
            Event::LightRead(level) => {
                lines.push(format!("light {}", names.level(u64::from(*level))));
            }
            Event::WaitBegan(wait) => lines.push(format!("waits {} s", wait.as_secs_f64())),
            Event::BoardRefused(reason) => lines.push(format!("refused: {reason}")),
            _ => {}
        }
    }
    lines
}

fn led(entries: &[Entry]) -> Vec<String> {
    let switched = entries.iter().filter_map(|entry| match entry.event {
        Event::Led(true) => Some("on".to_owned()),
        Event::Led(false) => Some("off".to_owned()),
        _ => None,
    });
    switched.collect()
}

/// Standard output. A device prints from two threads, and which is quicker is chance: its lines
/// are sorted and each is kept once.
fn console(entries: &[Entry], names: &Names, role: Role) -> Vec<String> {
    let mut lines: Vec<String> = entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Printed {
                stream: Stream::Out,
                text,
            } => Some(names.hide_levels(&names.hide(text))),
            _ => None,
        })
        .collect();
    if role == Role::Device {
        // A level from before the transcript begins has no name.
        lines.retain(|line| !line.bytes().any(|byte| byte.is_ascii_digit()) || named(line));
        lines.sort();
        lines.dedup();
    }
    lines
}

fn named(line: &str) -> bool {
    line.contains("<level ") || words(line).any(|word| word.parse().is_ok_and(is_edge))
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|letter: char| !letter.is_ascii_alphanumeric())
}

fn is_edge(level: u64) -> bool {
    EDGES.iter().any(|edge| u64::from(*edge) == level)
}

/// Names for what a seed decides.
struct Names<'a> {
    id: &'a str,
    levels: HashMap<u64, usize>,
}

impl<'a> Names<'a> {
    /// Numbers the light levels in the order in which they turn up.
    fn of(id: &'a str, entries: &[Entry]) -> Self {
        let mut levels = HashMap::new();
        for entry in entries {
            let level = match &entry.event {
                Event::LightRead(level) => Some(u64::from(*level)),
                Event::Packet {
                    packet: Packet::V4(v4::Packet::Publish(publish)),
                    ..
                } => serde_json::from_slice::<Value>(&publish.payload)
                    .ok()
                    .and_then(|payload| payload.get("light")?.as_u64()),
                _ => None,
            };
            if let Some(level) = level.filter(|level| !is_edge(*level)) {
                let next = levels.len() + 1;
                levels.entry(level).or_insert(next);
            }
        }
        Self { id, levels }
    }

    fn hide(&self, text: &str) -> String {
        text.replace(self.id, "<id>")
    }

    fn level(&self, level: u64) -> String {
        match self.levels.get(&level) {
            Some(number) => format!("<level {number}>"),
            None => level.to_string(),
        }
    }

    /// Names the levels in a text, where they stand as numbers of their own.
    fn hide_levels(&self, text: &str) -> String {
        let mut hidden = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(|letter: char| letter.is_ascii_alphanumeric()) {
            let end = rest[start..]
                .find(|letter: char| !letter.is_ascii_alphanumeric())
                .map_or(rest.len(), |length| start + length);
            hidden += &rest[..start];
            match rest[start..end].parse() {
                Ok(level) => hidden += &self.level(level),
                Err(_) => hidden += &rest[start..end],
            }
            rest = &rest[end..];
        }
        hidden + rest
    }
}
