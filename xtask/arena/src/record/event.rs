//! What can be seen of a program.

use std::fmt;
use std::time::{Duration, Instant};

use super::budget::Flood;
use crate::wire::Packet;

/// One thing that was seen.
#[derive(Clone, Debug)]
pub enum Event {
    /// The program opened a connection to the broker's address. `accepted` is false while the
    /// line is down.
    Dialled {
        /// Counts the connections of this line, from 1.
        link: u32,
        /// Whether the line was up.
        accepted: bool,
    },
    /// The broker did not take the line's own connection, though nobody had taken it away: the
    /// arena's failure, never the program's.
    BrokerAway {
        /// The connection's number.
        link: u32,
        /// In the system's words.
        reason: String,
    },
    /// A connection was made, but the two ends did not agree on how to talk: a TLS handshake
    /// failed, say. Nothing of MQTT was said.
    LinkFailed {
        /// The connection's number.
        link: u32,
        /// In the link's words.
        reason: String,
    },
    /// A connection ended.
    HungUp {
        /// The connection's number.
        link: u32,
        /// Which side ended it; none when the line was cut.
        by: Option<Sender>,
    },
    /// A packet crossed the line.
    Packet {
        /// The connection's number.
        link: u32,
        /// Who sent it.
        from: Sender,
        /// What it was. Of a long message only the beginning of its payload is kept.
        packet: Packet,
        /// All of its bytes, as they crossed the line.
        length: usize,
    },
    /// A packet was sent and never arrived, because the line loses what this end sends.
    Lost {
        /// The connection's number.
        link: u32,
        /// Who sent it.
        from: Sender,
        /// What it was, as in [`Event::Packet`].
        packet: Packet,
        /// All of its bytes.
        length: usize,
    },
    /// The program read the light sensor and was told this level, 0 to 1023.
    LightRead(u16),
    /// The program switched the LED.
    Led(bool),
    /// The program began to wait on the virtual clock for this long.
    WaitBegan(Duration),
    /// The program asked the board for something it does not have.
    BoardRefused(String),
    /// The program printed a line.
    Printed {
        /// Where to.
        stream: Stream,
        /// The line without its end.
        text: String,
    },
    /// Somebody typed a line to the program.
    Typed(String),
    /// The program did more of something than anybody can watch. Nothing follows but its end.
    Flooded(Flood),
    /// The process ended. Nothing follows but lines that were still on their way.
    Ended(End),
}

/// The two ends of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The learner's program.
    Program,
    /// The broker.
    Broker,
}

impl Sender {
    /// Who is at the other end.
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Program => Self::Broker,
            Self::Broker => Self::Program,
        }
    }
}

/// The two streams a program prints to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// How a process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, with this status.
    Exited(i32),
    /// By this signal, which nobody here sent.
    Signalled(i32),
    /// By itself, after we asked it to as Ctrl-C does; with this status, or by the signal itself.
    Left(Option<i32>),
    /// We stopped it: it did not leave when it was asked to, or was not asked.
    Stopped,
    /// We stopped it, because it did something without end.
    Flooded(Flood),
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(0) => write!(f, "it ended by itself (exit status 0)"),
            Self::Exited(status) => write!(f, "it ended with exit status {status}"),
            Self::Signalled(signal) => write!(f, "it was killed by signal {signal}"),
            Self::Left(_) => write!(f, "it left when it was asked to"),
            Self::Stopped => write!(f, "it was stopped"),
            Self::Flooded(flood) => write!(f, "it was stopped because {flood}"),
        }
    }
}

/// An [`Event`] and when it was seen.
#[derive(Clone, Debug)]
pub struct Entry {
    /// By the machine's clock.
    pub at: Instant,
    /// By the board's virtual clock, since the arena began.
    pub virtual_at: Duration,
    /// What was seen.
    pub event: Event,
}
