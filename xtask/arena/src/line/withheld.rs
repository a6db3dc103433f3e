//! Answers that the line keeps back, and lets go one by one.

use std::collections::VecDeque;

use rumqttc::mqttbytes::v4;

use super::state::State;
use crate::record::Sender;
use crate::wire::{Frame, Packet};

/// What the line can keep back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The broker's answer to a CONNECT (MQTT 3.1.1, section 3.2).
    ConnAck,
    /// The broker's answer to a message with QoS 1 (section 3.4).
    PubAck,
    /// The program's answer to a message with QoS 1.
    ProgramPubAck,
}

impl Answer {
    /// Who gives it.
    pub(super) fn sender(self) -> Sender {
        match self {
            Self::ConnAck | Self::PubAck => Sender::Broker,
            Self::ProgramPubAck => Sender::Program,
        }
    }

    fn is(self, sender: Sender, frame: &Frame) -> bool {
        let is_such = match &frame.packet {
            Some(Packet::V4(v4::Packet::ConnAck(_))) => self == Self::ConnAck,
            Some(Packet::V4(v4::Packet::PubAck(_))) => self != Self::ConnAck,
            _ => false,
        };
        is_such && sender == self.sender()
    }
}

/// The answers of one end of a connection that are kept back, oldest first.
#[derive(Debug)]
pub(super) struct Withheld {
    sender: Sender,
    frames: VecDeque<Frame>,
    /// How many of all that may go are gone.
    gone: usize,
}

impl Withheld {
    /// None so far. What may have gone before is nothing to this connection.
    pub fn new(sender: Sender, state: &State) -> Self {
        Self {
            sender,
            frames: VecDeque::new(),
            gone: state.released,
        }
    }

    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Keeps a frame that is not to pass, and gives back any other.
    pub fn pass(&mut self, state: &State, frame: Frame) -> Option<Frame> {
        if state
            .withholds
            .is_some_and(|answer| answer.is(self.sender, &frame))
        {
            self.frames.push_back(frame);
            return None;
        }
        Some(frame)
    }

    /// The next one that may go.
    pub fn let_go(&mut self, state: &State) -> Option<Frame> {
        if state.withholds.is_some() && self.gone >= state.released {
            return None;
        }
        let frame = self.frames.pop_front()?;
        self.gone += 1;
        Some(frame)
    }
}
