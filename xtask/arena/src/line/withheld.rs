//! Answers of the broker that the line keeps back, and lets go one by one.

use std::collections::VecDeque;

use rumqttc::mqttbytes::v4;

use super::state::State;
use crate::wire::{Frame, Packet};

/// What the line can keep back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The answer to a CONNECT (MQTT 3.1.1, section 3.2).
    ConnAck,
    /// The answer to a message with QoS 1 (section 3.4).
    PubAck,
}

impl Answer {
    fn is(self, frame: &Frame) -> bool {
        matches!(
            (self, &frame.packet),
            (Self::ConnAck, Some(Packet::V4(v4::Packet::ConnAck(_))))
                | (Self::PubAck, Some(Packet::V4(v4::Packet::PubAck(_))))
        )
    }
}

/// The answers that one connection keeps back, oldest first.
#[derive(Debug)]
pub(super) struct Withheld {
    frames: VecDeque<Frame>,
    /// How many of all that may go are gone.
    gone: usize,
}

impl Withheld {
    /// None so far. What may have gone before is nothing to this connection.
    pub fn new(state: &State) -> Self {
        Self {
            frames: VecDeque::new(),
            gone: state.released,
        }
    }

    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Keeps a frame that is not to pass, and gives back any other.
    pub fn pass(&mut self, state: &State, frame: Frame) -> Option<Frame> {
        if state.withholds.is_some_and(|answer| answer.is(&frame)) {
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
