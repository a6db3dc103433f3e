//! From the bytes that come to packets.

use embassy_net::tcp::TcpSocket;
use log::warn;
use mqttrs::{Packet, decode_slice};

use super::lost::Lost;

/// Room for a packet, in bytes. Commands are short.
const ROOM: usize = 1024;

/// Packets that have come, and the beginning of the next one.
pub struct Inbox {
    bytes: [u8; ROOM],
    filled: usize,
    /// As many bytes are still to come of a packet that there is no room for.
    passed_over: usize,
}

impl Inbox {
    /// Nothing yet.
    pub const fn new() -> Self {
        Self {
            bytes: [0; ROOM],
            filled: 0,
            passed_over: 0,
        }
    }

    /// Waits until a whole packet is there. Nothing is lost where that is given up.
    pub async fn arrived(&mut self, socket: &mut TcpSocket<'_>) -> Result<(), Lost> {
        loop {
            if self.has_packet()? {
                return Ok(());
            }
            match socket.read(&mut self.bytes[self.filled..]).await {
                Ok(0) => return Err(Lost::Closed),
                Ok(read) => self.filled += read,
                Err(error) => return Err(Lost::Broken(error)),
            }
        }
    }

    /// Whether the first packet is whole. Afterwards there is room for more, if it is not.
    fn has_packet(&mut self) -> Result<bool, Lost> {
        loop {
            let passed_over = self.passed_over.min(self.filled);
            self.passed_over -= passed_over;
            self.remove(passed_over);
            match length(&self.bytes[..self.filled])? {
                Some(length) if length > ROOM => {
                    warn!("Message ignored: {length} bytes are too long");
                    self.passed_over = length;
                }
                Some(length) => return Ok(length <= self.filled),
                None => return Ok(false),
            }
        }
    }

    /// Reads the first packet, and removes it.
    pub fn take<T>(&mut self, read: impl FnOnce(&Packet) -> T) -> Result<T, Lost> {
        let bytes = &self.bytes[..self.filled];
        let length = length(bytes)?.ok_or(Lost::Garbled)?;
        let whole = bytes.get(..length).ok_or(Lost::Garbled)?;
        let packet = decode_slice(whole).map_err(|_| Lost::Garbled)?;
        let read = read(&packet.ok_or(Lost::Garbled)?);
        self.remove(length);
        Ok(read)
    }

    fn remove(&mut self, count: usize) {
        self.bytes.copy_within(count..self.filled, 0);
        self.filled -= count;
    }
}

/// How long the first packet is, once that has come (MQTT 3.1.1, section 2.2.3).
fn length(bytes: &[u8]) -> Result<Option<usize>, Lost> {
    let mut rest = 0;
    for place in 0..4 {
        let Some(byte) = bytes.get(1 + place) else {
            return Ok(None);
        };
        rest |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Ok(Some(2 + place + rest));
        }
    }
    Err(Lost::Garbled)
}
