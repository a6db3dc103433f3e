//! Names for what a seed decides: the id and the random light levels.

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
}

impl<'a> Names<'a> {
    /// Numbers the light levels in the order in which they turn up.
    pub fn of(id: &'a str, entries: &[Entry]) -> Self {
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

    pub fn hide(&self, text: &str) -> String {
        text.replace(self.id, "<id>")
    }

    pub fn level(&self, level: u64) -> String {
        match self.levels.get(&level) {
            Some(number) => format!("<level {number}>"),
            None => level.to_string(),
        }
    }

    /// Names the levels in a text, where they stand as numbers of their own.
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
        hidden + rest
    }
}

/// Whether the level means something by itself.
pub(super) fn is_edge(level: u64) -> bool {
    EDGES.iter().any(|edge| u64::from(*edge) == level)
}
