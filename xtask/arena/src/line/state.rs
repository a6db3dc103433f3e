//! Where a line leads, and what is the matter with it.

use std::net::SocketAddr;
use std::time::Duration;

use super::withheld::Answer;
use crate::record::Sender;
use crate::wire::ConnectReturnCode;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    pub(super) broker: SocketAddr,
    pub(super) flow: Flow,
    /// Counts the cuts: a connection made before the last one is dead.
    pub(super) cuts: u32,
    /// Whether the broker was told DISCONNECT at the last cut.
    pub(super) with_goodbye: bool,
    /// Counts how often the broker's side alone was cut.
    pub(super) halves: u32,
    /// Whether the program was told so at the last of these.
    pub(super) half_is_told: bool,
    /// What the program sends is lost.
    pub(super) loses_programs: bool,
    /// What the broker sends is lost.
    pub(super) loses_brokers: bool,
    /// How long a packet takes.
    pub(super) delay: Duration,
    /// How much later than the broker says it a CONNACK arrives.
    pub(super) late: Duration,
    /// Whether every subscription is answered with a refusal.
    pub(super) refuses: bool,
    /// The refusal with which every CONNECT is answered.
    pub(super) turns_away: Option<ConnectReturnCode>,
    /// What the line keeps back of the broker's answers.
    pub(super) withholds: Option<Answer>,
    /// How many of them it has let go.
    pub(super) released: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    Open,
    /// Connections stay, nothing gets through: a mobile network in a tunnel.
    Held,
    /// Every attempt to connect fails at once.
    Down,
}

impl State {
    pub(super) fn open(broker: SocketAddr) -> Self {
        Self {
            broker,
            flow: Flow::Open,
            cuts: 0,
            with_goodbye: false,
            halves: 0,
            half_is_told: false,
            loses_programs: false,
            loses_brokers: false,
            delay: Duration::ZERO,
            late: Duration::ZERO,
            refuses: false,
            turns_away: None,
            withholds: None,
            released: 0,
        }
    }

    pub(super) fn cut(&mut self, with_goodbye: bool) {
        self.cuts += 1;
        self.with_goodbye = with_goodbye;
    }

    pub(super) fn halve(&mut self, is_told: bool) {
        self.halves += 1;
        self.half_is_told = is_told;
    }

    /// Whether what this end sends is lost.
    pub(super) fn loses(&self, from: Sender) -> bool {
        match from {
            Sender::Program => self.loses_programs,
            Sender::Broker => self.loses_brokers,
        }
    }
}
