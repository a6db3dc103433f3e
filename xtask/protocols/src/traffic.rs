//! What has passed, in both directions.

use std::ops::{Add, Sub};

/// What has passed in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Bytes that the protocol has sent, its encryption included: what TCP or UDP carries.
    pub bytes: u64,
    /// TCP segments or UDP datagrams, those included that only acknowledge, or open and close a
    /// connection. Where the system does not tell, as many as were seen to carry something: at
    /// least so many.
    pub packets: u64,
}

/// What has passed in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// From the device.
    pub up: Flow,
    /// To the device.
    pub down: Flow,
}

/// The same for one message, on average over many.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Average {
    /// Bytes from the device.
    pub up: f64,
    /// Bytes to the device.
    pub down: f64,
    /// Packets from the device.
    pub packets_up: f64,
    /// Packets to the device.
    pub packets_down: f64,
}

impl Traffic {
    /// What each of `messages` has cost. None at all cost nothing.
    pub fn each_of(self, messages: usize) -> Average {
        let each = |sum: u64| sum as f64 / messages.max(1) as f64;
        Average {
            up: each(self.up.bytes),
            down: each(self.down.bytes),
            packets_up: each(self.up.packets),
            packets_down: each(self.down.packets),
        }
    }
}

impl Average {
    /// With so many bytes of headers on each packet.
    pub fn on_the_wire(&self, header: u64) -> (f64, f64) {
        let header = header as f64;
        (
            self.up + header * self.packets_up,
            self.down + header * self.packets_down,
        )
    }

    /// Packets in both directions.
    pub fn packets(&self) -> f64 {
        self.packets_up + self.packets_down
    }
}

impl Add for Flow {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            bytes: self.bytes + other.bytes,
            packets: self.packets + other.packets,
        }
    }
}

/// What has come since.
impl Sub for Flow {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_sub(before.bytes),
            packets: self.packets.saturating_sub(before.packets),
        }
    }
}

impl Add for Traffic {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            up: self.up + other.up,
            down: self.down + other.down,
        }
    }
}

/// What has come since.
impl Sub for Traffic {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            up: self.up - before.up,
            down: self.down - before.down,
        }
    }
}
