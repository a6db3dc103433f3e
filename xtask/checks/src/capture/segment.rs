//! TCP segments over IPv4, and the file that they stand in.

use std::io::{self, Write};
use std::time::Duration;

use arena::record::Sender;

/// The most bytes of one segment: an IPv4 packet has at most 65,535, headers included (RFC 791).
pub(super) const LONGEST: usize = 60_000;

/// Bytes before the first frame of a file, and before each frame.
pub(super) const HEAD: usize = 24;
const FRAME_HEAD: usize = 16;

/// IPv4 and TCP, both without options (RFC 791, RFC 9293).
const HEADERS: usize = 20 + 20;
const TCP: u8 = 6;
const LOOPBACK: [u8; 4] = [127, 0, 0, 1];
/// A packet begins with its IP header: LINKTYPE_RAW of the pcap format.
const RAW_IP: u32 = 101;

/// TCP's control bits (RFC 9293, section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flags(u8);

impl Flags {
    pub const SYN: Self = Self(0x02);
    pub const SYN_ACK: Self = Self(0x12);
    pub const RESET: Self = Self(0x14);
    pub const DATA: Self = Self(0x18);
    pub const END: Self = Self(0x11);

    /// SYN and FIN take a place in the order of bytes.
    fn counts(self) -> bool {
        self.0 & 0x03 != 0
    }
}

/// One connection: who has sent how many bytes.
#[derive(Debug)]
pub(super) struct Flow {
    ports: [u16; 2],
    next: [u32; 2],
}

impl Flow {
    pub fn new(program: u16, broker: u16) -> Self {
        Self {
            ports: [program, broker],
            next: [0, 0],
        }
    }

    pub fn frame(&mut self, from: Sender, flags: Flags, payload: &[u8]) -> Frame {
        let (own, other) = sides(from);
        let mut bytes = Vec::with_capacity(HEADERS + payload.len());
        let length = u16::try_from(HEADERS + payload.len()).unwrap_or(u16::MAX);
        bytes.extend([0x45, 0]);
        bytes.extend(length.to_be_bytes());
        bytes.extend([0, 0, 0x40, 0, 64, TCP, 0, 0]);
        bytes.extend(LOOPBACK);
        bytes.extend(LOOPBACK);
        let sum = checksum(&bytes);
        bytes[10..12].copy_from_slice(&sum.to_be_bytes());

        bytes.extend(self.ports[own].to_be_bytes());
        bytes.extend(self.ports[other].to_be_bytes());
        bytes.extend(self.next[own].to_be_bytes());
        let acknowledged = match flags {
            Flags::SYN => 0,
            _ => self.next[other],
        };
        bytes.extend(acknowledged.to_be_bytes());
        // Five words of header, the bits, a window, and no checksum, as where the card adds it.
        bytes.extend([0x50, flags.0, 0xff, 0xff, 0, 0, 0, 0]);
        bytes.extend(payload);
        self.skip(from, payload.len() + usize::from(flags.counts()));
        Frame(bytes)
    }

    /// So many bytes were sent that no frame has.
    pub fn skip(&mut self, from: Sender, bytes: usize) {
        let (own, _) = sides(from);
        // Numbers begin again after 2^32 (RFC 9293, section 3.4).
        let bytes = (bytes as u64 & u64::from(u32::MAX)) as u32;
        self.next[own] = self.next[own].wrapping_add(bytes);
    }
}

fn sides(from: Sender) -> (usize, usize) {
    match from {
        Sender::Program => (0, 1),
        Sender::Broker => (1, 0),
    }
}

/// The ones' complement of the ones' complement sum (RFC 1071).
fn checksum(header: &[u8]) -> u16 {
    let words = header
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0)));
    let sum: u32 = words.sum();
    let sum = (sum & 0xffff) + (sum >> 16);
    let sum = (sum & 0xffff) + (sum >> 16);
    !(sum as u16)
}

/// A segment in its packet.
#[derive(Debug)]
pub(super) struct Frame(Vec<u8>);

impl Frame {
    /// How many bytes of a file it takes.
    pub fn length(&self) -> usize {
        FRAME_HEAD + self.0.len()
    }

    /// Writes it down, seen `at` so long after 1970 began.
    pub fn write(&self, at: Duration, file: &mut impl Write) -> io::Result<()> {
        let seconds = u32::try_from(at.as_secs()).unwrap_or(u32::MAX);
        let length = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        for number in [seconds, at.subsec_micros(), length, length] {
            file.write_all(&number.to_le_bytes())?;
        }
        file.write_all(&self.0)
    }
}

/// What stands at the beginning of the file.
pub(super) fn write_head(file: &mut impl Write) -> io::Result<()> {
    // The magic number of microseconds, version 2.4, no time zone, no precision, and the longest.
    file.write_all(&0xa1b2_c3d4_u32.to_le_bytes())?;
    file.write_all(&2_u16.to_le_bytes())?;
    file.write_all(&4_u16.to_le_bytes())?;
    for number in [0, 0, 65_535, RAW_IP] {
        file.write_all(&u32::to_le_bytes(number))?;
    }
    Ok(())
}
