//! The lines of each lane.

use arena::record::{Entry, Event, Sender, Stream};
use arena::wire::{ConnectReturnCode, Packet, SubscribeReasonCode};
use rumqttc::mqttbytes::v4;
use serde_json::Value;

use super::names::{Names, is_edge};

/// A packet, unless it is left out.
pub(super) fn packet_line(
    from: Sender,
    packet: &Packet,
    names: &Names,
    no_publish: bool,
) -> Option<String> {
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
        Packet::Cut { first, length } => {
            format!("the first {length} bytes of a packet, the first is {first:#04x}")
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

/// Looks at the light sensor, and waits.
pub(super) fn sensor(entries: &[Entry], names: &Names) -> Vec<String> {
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

/// What the LED was told.
pub(super) fn led(entries: &[Entry]) -> Vec<String> {
    let switched = entries.iter().filter_map(|entry| match entry.event {
        Event::Led(true) => Some("on".to_owned()),
        Event::Led(false) => Some("off".to_owned()),
        _ => None,
    });
    switched.collect()
}

/// Standard output. A program with a board prints from two threads, and which is quicker is chance: its lines
/// are sorted and each is kept once.
pub(super) fn console(entries: &[Entry], names: &Names, board: bool) -> Vec<String> {
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
    if board {
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
