//! How much of a program is watched before it counts as a flood.
//!
//! In bytes as well as in entries: whatever a program does, whoever watches it stays small.

use std::fmt;

use rumqttc::mqttbytes::v4;

use super::event::{Entry, Event};
use crate::wire::{LONGEST_WHOLE, Packet};

/// What a subscription costs a broker, in bytes. It keeps less, but searches all of them for each
/// new one, and a SUBSCRIBE of a few kilobytes has room for a thousand.
const SUBSCRIPTION: usize = 2_048;

/// What a session that is kept costs a broker, in bytes: what may wait in it for a client that is away, and seldom does.
const SESSION: usize = 64 << 10;

/// What a program may do under one record before it is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Entries of the record at one time.
    pub entries: usize,
    /// Bytes that these entries take, with what they leave at the broker.
    pub kept: usize,
    /// Bytes that cross the line, in each direction.
    pub crossed: u64,
    /// Bytes of one packet.
    pub packet: usize,
    /// Bytes of a topic, or of a client's name. A broker keeps both with every message that waits for somebody, and one
    /// message may wait thousands of times.
    pub name: usize,
    /// Connections that the line accepts, one after the other.
    pub connections: u32,
}

impl Budget {
    /// Enough for any honest program in one scene, many times over: an id has 64 characters, a topic of the lessons
    /// about a hundred. Together with what a broker may keep for it, a scene takes a few dozen megabytes at most, also
    /// where the program reads nothing.
    pub const SCENE: Self = Self {
        entries: 50_000,
        kept: 16 << 20,
        crossed: 8 << 20,
        packet: LONGEST_WHOLE,
        name: 512,
        connections: 1_000,
    };

    /// For a program that is followed for hours with [`Record::take_until`]: it may send as much
    /// as it likes in the end, but not faster than somebody looks.
    ///
    /// [`Record::take_until`]: super::Record::take_until
    pub const FOLLOWED: Self = Self {
        crossed: u64::MAX,
        packet: usize::MAX,
        name: usize::MAX,
        connections: u32::MAX,
        ..Self::SCENE
    };

    /// Without end, for clients of our own.
    pub const ENDLESS: Self = Self {
        entries: usize::MAX,
        kept: usize::MAX,
        ..Self::FOLLOWED
    };
}

impl Default for Budget {
    fn default() -> Self {
        Self::SCENE
    }
}

/// What a program did without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flood {
    /// It printed more than so many bytes, on both streams together.
    Printed(usize),
    /// It sent more than so many bytes over its line.
    Sent(u64),
    /// The broker sent it more than so many bytes.
    Received(u64),
    /// It sent a packet of so many bytes.
    Packet(usize),
    /// It used a topic, or a name for itself, of so many bytes.
    Name(usize),
    /// It opened more than so many connections, one after the other.
    Connections(u32),
    /// It had more than so many connections open at once.
    ConnectionsAtOnce(usize),
    /// More than so many things were seen of it, most of them of one kind.
    Entries(usize, Kind),
    /// What was seen of it takes more than so many bytes.
    Kept(usize),
}

/// What most entries of a flood are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Packets, both ways.
    Packets,
    /// Connections and their ends.
    Connections,
    /// Lines on either stream.
    PrintedLines,
    /// Whatever is asked of the board.
    Board,
}

impl Kind {
    fn of(event: &Event) -> Option<Self> {
        Some(match event {
            Event::Packet { .. } | Event::Lost { .. } => Self::Packets,
            Event::Dialled { .. }
            | Event::HungUp { .. }
            | Event::BrokerAway { .. }
            | Event::LinkFailed { .. } => Self::Connections,
            Event::Printed { .. } => Self::PrintedLines,
            Event::LightRead(_) | Event::Led(_) | Event::WaitBegan(_) | Event::BoardRefused(_) => {
                Self::Board
            }
            Event::Typed(_) | Event::Flooded(_) | Event::Ended(_) => return None,
        })
    }

    /// What most of these are.
    pub(super) fn most(entries: &[Entry]) -> Self {
        let count = |kind| {
            let kinds = entries.iter().filter_map(|entry| Self::of(&entry.event));
            kinds.filter(|one| *one == kind).count()
        };
        let kinds = [
            Self::Packets,
            Self::Connections,
            Self::PrintedLines,
            Self::Board,
        ];
        let most = kinds.into_iter().max_by_key(|kind| count(*kind));
        most.unwrap_or(Self::Packets)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Packets => "packets",
            Self::Connections => "connections",
            Self::PrintedLines => "printed lines",
            Self::Board => "questions to the board",
        }
    }
}

impl fmt::Display for Flood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Printed(cap) => write!(f, "it printed more than {} KiB", cap >> 10),
            Self::Sent(cap) => write!(f, "it sent more than {} KiB to the broker", cap >> 10),
            Self::Received(cap) => {
                write!(f, "the broker sent it more than {} KiB", cap >> 10)
            }
            Self::Packet(length) => {
                write!(f, "it sent one packet of {} KiB", length >> 10)
            }
            Self::Name(length) => {
                write!(f, "it used a topic or a client id of {length} bytes")
            }
            Self::Connections(cap) => write!(f, "it opened more than {cap} connections"),
            Self::ConnectionsAtOnce(cap) => {
                write!(f, "it kept more than {cap} connections open at once")
            }
            Self::Entries(cap, most) => {
                write!(
                    f,
                    "it did more than {cap} things, most of them {}",
                    most.name()
                )
            }
            Self::Kept(cap) => write!(
                f,
                "its packets, subscriptions, sessions and printed lines took more than {} KiB",
                cap >> 10
            ),
        }
    }
}

/// What an event costs, in bytes.
pub(super) fn cost(event: &Event) -> usize {
    let beyond = match event {
        Event::Packet { packet, .. } | Event::Lost { packet, .. } => match packet {
            Packet::V4(packet) => of_packet(packet),
            Packet::OtherVersion { .. } | Packet::Undecoded { .. } | Packet::Cut { .. } => 0,
        },
        Event::Printed { text, .. }
        | Event::Typed(text)
        | Event::BoardRefused(text)
        | Event::BrokerAway { reason: text, .. }
        | Event::LinkFailed { reason: text, .. } => text.len(),
        Event::Dialled { .. }
        | Event::HungUp { .. }
        | Event::LightRead(_)
        | Event::Led(_)
        | Event::WaitBegan(_)
        | Event::Flooded(_)
        | Event::Ended(_) => 0,
    };
    size_of::<Entry>() + beyond
}

/// How many bytes the longest topic or client id in it has, of those that a broker keeps with each message.
pub(crate) fn longest_name(packet: &Packet) -> usize {
    match packet {
        Packet::V4(v4::Packet::Publish(publish)) => publish.topic.len(),
        Packet::V4(v4::Packet::Connect(connect)) => {
            let will = connect.last_will.as_ref();
            let will = will.map_or(0, |will| will.topic.len());
            will.max(connect.client_id.len())
        }
        _ => 0,
    }
}

fn of_packet(packet: &v4::Packet) -> usize {
    match packet {
        v4::Packet::Publish(publish) => publish.topic.len() + publish.payload.len(),
        v4::Packet::Subscribe(subscribe) => subscribe
            .filters
            .iter()
            .map(|filter| SUBSCRIPTION + filter.path.len())
            .sum(),
        v4::Packet::Unsubscribe(unsubscribe) => unsubscribe
            .topics
            .iter()
            .map(|topic| size_of::<String>() + topic.len())
            .sum(),
        v4::Packet::SubAck(answer) => answer.return_codes.len(),
        v4::Packet::Connect(connect) => {
            let will = connect.last_will.as_ref();
            let login = connect.login.as_ref();
            let session = if connect.clean_session { 0 } else { SESSION };
            session
                + connect.client_id.len()
                + will.map_or(0, |will| will.topic.len() + will.message.len())
                + login.map_or(0, |login| login.username.len() + login.password.len())
        }
        _ => 0,
    }
}
