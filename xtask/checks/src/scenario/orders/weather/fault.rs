//! What can happen to a line and to the program at its end.

use std::fmt;

use arena::line::Answer;
use arena::record::{Entry, Event, Sender};

use super::is_lost;
use crate::actor::{Actor, PROMPT};

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The line is cut, and works again at once.
    Cut { device: bool },
    /// The line is cut, and refuses for a while.
    Away { device: bool },
    /// What one end sends vanishes, and then the line is cut.
    Loses { device: bool, from: Sender },
    /// What was sent arrives, its PUBACK does not, and then the line is cut.
    Withheld { device: bool },
    /// The program is killed, and started again on its files.
    Kill { device: bool },
}

impl Fault {
    /// Any of them.
    pub fn draw(dice: &mut fastrand::Rng) -> Self {
        let device = dice.bool();
        match dice.u8(0..10) {
            0 | 1 => Self::Cut { device },
            2 | 3 => Self::Away { device },
            4 => Self::Loses {
                device,
                from: Sender::Program,
            },
            5 => Self::Loses {
                device,
                from: Sender::Broker,
            },
            6 | 7 => Self::Withheld { device },
            _ => Self::Kill { device },
        }
    }

    /// Whether it happens to the device, and not to the server.
    pub fn is_of_the_device(self) -> bool {
        match self {
            Self::Cut { device }
            | Self::Away { device }
            | Self::Loses { device, .. }
            | Self::Withheld { device }
            | Self::Kill { device } => device,
        }
    }

    /// It begins.
    pub fn begins(self, actor: &Actor) {
        match self {
            Self::Away { .. } => actor.take_down(),
            Self::Loses { from, .. } => actor.line.lose(from),
            Self::Withheld { device } => actor.line.withhold(if device {
                Answer::ProgramPubAck
            } else {
                Answer::PubAck
            }),
            Self::Cut { .. } | Self::Kill { .. } => {}
        }
    }

    /// What is to be seen before it may end.
    pub fn shows(self) -> Option<fn(&Entry) -> bool> {
        match self {
            Self::Loses { .. } => Some(is_lost),
            _ => None,
        }
    }

    /// It is over, and the program has to connect anew.
    pub async fn ends(self, actor: &Actor) {
        match self {
            Self::Away { .. } => actor.line.up(),
            Self::Cut { .. } => actor.cut(),
            Self::Loses { .. } | Self::Withheld { .. } => {
                let start = actor.record.len();
                actor.cut();
                // What is kept back is lost with the connection, and not before.
                let over = actor.record.when(start, PROMPT, |entries| {
                    let is = |entry: &Entry| matches!(entry.event, Event::HungUp { .. });
                    entries.iter().any(is).then_some(())
                });
                let _ = over.await;
                actor.line.up();
            }
            Self::Kill { .. } => {}
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = if self.is_of_the_device() {
            "the device"
        } else {
            "the server"
        };
        match self {
            Self::Cut { .. } => write!(f, "{whose}'s line was cut"),
            Self::Away { .. } => write!(f, "{whose}'s line was down for a while"),
            Self::Loses { from, .. } => {
                let what = match from {
                    Sender::Program => "what it sends",
                    Sender::Broker => "what the broker sends",
                };
                write!(f, "{whose}'s line has lost {what}, and was cut")
            }
            Self::Withheld { .. } => write!(f, "{whose}'s line has lost a PUBACK, and was cut"),
            Self::Kill { .. } => write!(f, "{whose} was killed and started again"),
        }
    }
}
