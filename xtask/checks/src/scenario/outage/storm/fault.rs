//! What can happen to a line, a broker and a device.

use std::fmt;
use std::time::Duration;

use arena::record::Sender;

use crate::actor::Actor;

/// One outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The line is cut, and works again at once.
    Cut { device: bool, goodbye: bool },
    /// The line is cut, and refuses for a while.
    Away { device: bool },
    /// The broker's side is gone, and the program does not know.
    HalfOpen { device: bool },
    /// What one end sends vanishes, and no error says so.
    Loses { device: bool, from: Sender },
    /// Nothing gets through for a while, and then all at once.
    Held { device: bool },
    /// Each packet takes its time.
    Slow { device: bool },
    /// The broker starts afresh.
    Restart,
    /// Old messages and old answers come once more.
    Echo,
    /// The device is killed, and started again on its files.
    Kill,
}

/// How long a packet takes on a slow line.
const SLOW: Duration = Duration::from_millis(2);

impl Fault {
    /// Any of them.
    pub fn draw(dice: &mut fastrand::Rng, kills: bool) -> Self {
        if kills && dice.u8(0..2) == 0 {
            return Self::Kill;
        }
        let device = dice.bool();
        match dice.u8(0..10) {
            0 | 1 => Self::Cut {
                device,
                goodbye: dice.bool(),
            },
            2 => Self::Away { device },
            3 => Self::HalfOpen { device },
            4 | 5 => Self::Loses {
                device,
                from: if dice.bool() {
                    Sender::Program
                } else {
                    Sender::Broker
                },
            },
            6 => Self::Held { device },
            7 => Self::Slow { device },
            8 => Self::Restart,
            _ => Self::Echo,
        }
    }

    /// Whether it happens to the device's line, and not to the server's.
    pub fn is_of_the_device(self) -> bool {
        match self {
            Self::Cut { device, .. }
            | Self::Away { device }
            | Self::HalfOpen { device }
            | Self::Loses { device, .. }
            | Self::Held { device }
            | Self::Slow { device } => device,
            Self::Restart | Self::Echo | Self::Kill => true,
        }
    }

    /// It happens to this program's line.
    pub fn begins(self, actor: &Actor) {
        match self {
            Self::Cut { goodbye: true, .. } => actor.cut_with_goodbye(),
            Self::Cut { .. } => actor.cut(),
            Self::Away { .. } => actor.take_down(),
            Self::HalfOpen { .. } => {
                actor.breaks().push(actor.record.len());
                actor.line.half_open();
            }
            Self::Loses { from, .. } => actor.line.lose(from),
            Self::Held { .. } => actor.line.hold(),
            Self::Slow { .. } => actor.line.delay(SLOW),
            Self::Restart | Self::Echo | Self::Kill => {}
        }
    }

    /// It is over. Says whether the program has to connect anew.
    pub fn ends(self, actor: &Actor) -> bool {
        match self {
            Self::Cut { .. } => true,
            Self::Away { .. } => {
                actor.line.up();
                true
            }
            Self::HalfOpen { .. } => {
                actor.cut();
                true
            }
            Self::Slow { .. } => {
                actor.line.delay(Duration::ZERO);
                false
            }
            _ => {
                actor.line.up();
                false
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = if self.is_of_the_device() {
            "the device's line"
        } else {
            "the server's line"
        };
        match self {
            Self::Cut { goodbye: true, .. } => write!(f, "{whose} was cut, with a goodbye"),
            Self::Cut { .. } => write!(f, "{whose} was cut"),
            Self::Away { .. } => write!(f, "{whose} was down for a while"),
            Self::HalfOpen { .. } => write!(f, "{whose} was half open"),
            Self::Loses { from, .. } => {
                let what = match from {
                    Sender::Program => "what the program sends",
                    Sender::Broker => "what the broker sends",
                };
                write!(f, "{whose} has lost {what}")
            }
            Self::Held { .. } => write!(f, "{whose} was held for a while"),
            Self::Slow { .. } => write!(f, "{whose} was slow"),
            Self::Restart => f.write_str("the broker was restarted"),
            Self::Echo => f.write_str("old messages and old answers came once more"),
            Self::Kill => f.write_str("the device was killed and started again"),
        }
    }
}
