//! Questions to a record: what crossed the line, what happened on the board.

use std::time::Duration;

use arena::process::End;
use arena::record::{Entry, Event, Sender, Stream};
use arena::wire::{ConnectReturnCode, Packet};
use rumqttc::mqttbytes::v4;

/// A packet the program sent.
pub fn sent(entry: &Entry) -> Option<&v4::Packet> {
    packet(entry, Sender::Program)
}

/// A packet the broker sent.
pub fn received(entry: &Entry) -> Option<&v4::Packet> {
    packet(entry, Sender::Broker)
}

fn packet(entry: &Entry, sender: Sender) -> Option<&v4::Packet> {
    match &entry.event {
        Event::Packet {
            from,
            packet: Packet::V4(packet),
            ..
        } if *from == sender => Some(packet),
        _ => None,
    }
}

/// All CONNECTs of the program.
pub fn connects(entries: &[Entry]) -> impl Iterator<Item = &v4::Connect> {
    entries.iter().filter_map(|entry| match sent(entry)? {
        v4::Packet::Connect(connect) => Some(connect),
        _ => None,
    })
}

/// The broker's answer to a CONNECT.
pub fn connack(entry: &Entry) -> Option<ConnectReturnCode> {
    match received(entry)? {
        v4::Packet::ConnAck(answer) => Some(answer.code),
        _ => None,
    }
}

/// Whether the broker has accepted the program here.
pub fn is_accepted(entry: &Entry) -> bool {
    connack(entry) == Some(ConnectReturnCode::Success)
}

/// All messages the program published.
pub fn published(entries: &[Entry]) -> impl Iterator<Item = &v4::Publish> {
    entries.iter().filter_map(|entry| match sent(entry)? {
        v4::Packet::Publish(publish) => Some(publish),
        _ => None,
    })
}

/// All topic filters the program subscribed to.
pub fn filters(entries: &[Entry]) -> impl Iterator<Item = &str> {
    entries
        .iter()
        .filter_map(|entry| match sent(entry)? {
            v4::Packet::Subscribe(subscribe) => Some(subscribe),
            _ => None,
        })
        .flat_map(|subscribe| subscribe.filters.iter().map(|filter| filter.path.as_str()))
}

/// What the LED was last told.
pub fn led(entries: &[Entry]) -> Option<bool> {
    entries.iter().rev().find_map(|entry| match entry.event {
        Event::Led(on) => Some(on),
        _ => None,
    })
}

/// All lines the program printed.
pub fn printed(entries: &[Entry]) -> impl Iterator<Item = (Stream, &str)> {
    entries.iter().filter_map(|entry| match &entry.event {
        Event::Printed { stream, text } => Some((*stream, text.as_str())),
        _ => None,
    })
}

/// What the program printed last: the error that ended `main` if there is one, else the last line.
pub fn last_words(entries: &[Entry]) -> Option<String> {
    let errors: Vec<&str> = printed(entries)
        .filter(|(stream, _)| *stream == Stream::Err)
        .map(|(_, text)| text.trim())
        .collect();
    if let Some(error) = errors.iter().rposition(|line| line.starts_with("Error: ")) {
        // After an empty line follow the causes, which the first lines have said already.
        let words = errors[error..].iter().take_while(|line| !line.is_empty());
        return Some(words.copied().collect::<Vec<_>>().join(" "));
    }
    printed(entries)
        .last()
        .map(|(_, text)| text.trim().to_owned())
}

/// Whether the program was ended because it printed without end.
pub fn flooded(entries: &[Entry]) -> bool {
    entries
        .iter()
        .any(|entry| matches!(entry.event, Event::Ended(End::Flooded)))
}

/// The message and place of the program's first panic: std prints the place, then the message on
/// the next line.
pub fn panic(entries: &[Entry]) -> Option<String> {
    let mut lines = printed(entries).filter(|(stream, _)| *stream == Stream::Err);
    let (_, place) = lines.find(|(_, text)| text.contains("panicked at "))?;
    let place = place.split_once("panicked at ")?.1.trim_end_matches(':');
    let message = lines.next().map_or("", |(_, text)| text);
    Some(format!("{message} (at {place})"))
}

/// How long the program meant to let pass between two entries: by the virtual clock where it uses
/// that, else by the real one.
pub fn between(earlier: &Entry, later: &Entry) -> Duration {
    let by_clock = later.virtual_at.saturating_sub(earlier.virtual_at);
    if by_clock.is_zero() {
        later.at.saturating_duration_since(earlier.at)
    } else {
        by_clock
    }
}
