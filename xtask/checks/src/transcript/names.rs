//! Names for what a seed decides: the id, the names of devices, and the random light levels.

use std::collections::HashMap;

use arena::record::{Entry, Event};
use arena::wire::Packet;
use rumqttc::mqttbytes::v4;
use serde_json::Value;

use crate::call::EDGES;

/// What a transcript calls them.
pub(super) struct Names<'a> {
    id: &'a str,
    levels: HashMap<u64, usize>,
    /// Each device's name, and what stands for it; the longest first, as one may be part of another.
    devices: Vec<(String, String)>,
    /// The same of runs, in which a device's readings are numbered.
    runs: Vec<(String, String)>,
}

/// Shorter names of devices are not looked for: they may turn up anywhere in a text.
const SHORTEST: usize = 6;

impl<'a> Names<'a> {
    /// Numbers the light levels and the devices in the order in which they turn up.
    pub fn of(id: &'a str, entries: &[Entry]) -> Self {
        let mut levels = HashMap::new();
        let mut runs: Vec<(String, String)> = Vec::new();
        for entry in entries {
            let told = match &entry.event {
                Event::LightRead(level) => vec![u64::from(*level)],
                Event::Packet {
                    packet: Packet::V4(v4::Packet::Publish(publish)),
                    ..
                } => {
                    let payload: Value =
                        serde_json::from_slice(&publish.payload).unwrap_or_default();
                    let run = payload.get("run").and_then(Value::as_str);
                    if let Some(run) = run.filter(|run| run.len() >= SHORTEST)
                        && !runs.iter().any(|(known, _)| known == run)
                    {
                        runs.push((run.to_owned(), format!("<run {}>", runs.len() + 1)));
                    }
                    lights(&payload)
                }
                _ => Vec::new(),
            };
            for level in told.into_iter().filter(|level| !is_edge(*level)) {
                let next = levels.len() + 1;
                levels.entry(level).or_insert(next);
            }
        }
        Self {
            id,
            levels,
            devices: devices(id, entries),
            runs,
        }
    }

    /// The same, where the program itself is the device of that name.
    pub fn seen_by(mut self, device: &str) -> Self {
        self.devices.retain(|(name, _)| name != device);
        self.devices
            .push((device.to_owned(), "<device>".to_owned()));
        self
    }

    pub fn hide(&self, text: &str) -> String {
        let text = text.replace(self.id, "<id>");
        let hide = |text: String, (name, shown): &(String, String)| text.replace(name, shown);
        self.devices.iter().fold(text, hide)
    }

    pub fn level(&self, level: u64) -> String {
        match self.levels.get(&level) {
            Some(number) => format!("<level {number}>"),
            None => level.to_string(),
        }
    }

    /// Names the levels in a text, where they stand as numbers of their own, and the runs.
    pub fn hide_levels(&self, text: &str) -> String {
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
        hidden += rest;
        let runs = self.runs.iter();
        runs.fold(hidden, |text, (run, shown)| text.replace(run, shown))
    }
}

/// The light levels in a payload: of one reading, or of a list of them.
fn lights(payload: &Value) -> Vec<u64> {
    let light = |reading: &Value| reading.get("light").and_then(Value::as_u64);
    let list = payload.get("readings").and_then(Value::as_array);
    let list = list.map_or(&[][..], Vec::as_slice);
    light(payload)
        .into_iter()
        .chain(list.iter().filter_map(light))
        .collect()
}

/// The devices that told something or were told something.
fn devices(id: &str, entries: &[Entry]) -> Vec<(String, String)> {
    let mut devices: Vec<(String, String)> = Vec::new();
    let topics = entries.iter().filter_map(|entry| match &entry.event {
        Event::Packet {
            packet: Packet::V4(v4::Packet::Publish(publish)),
            ..
        } => Some(publish.topic.as_str()),
        _ => None,
    });
    for topic in topics {
        let below = topic.strip_prefix(id).unwrap_or_default();
        let name = below.strip_prefix("/devices/").unwrap_or_default();
        let name = name.split('/').next().unwrap_or_default();
        if name.len() >= SHORTEST && !devices.iter().any(|(known, _)| known == name) {
            let shown = format!("<device {}>", devices.len() + 1);
            devices.push((name.to_owned(), shown));
        }
    }
    devices.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    devices
}

/// Whether the level means something by itself.
pub(super) fn is_edge(level: u64) -> bool {
    EDGES.iter().any(|edge| u64::from(*edge) == level)
}
