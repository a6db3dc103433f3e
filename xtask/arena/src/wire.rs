//! MQTT packets out of a stream of bytes, however it was cut.

use bytes::{Bytes, BytesMut};
use rumqttc::mqttbytes::v4;

pub use rumqttc::mqttbytes::QoS;
pub use rumqttc::mqttbytes::v4::{ConnectReturnCode, SubscribeReasonCode};

/// A frame larger than this is passed on but not decoded: 1 MiB, far above anything in the lessons.
const LARGEST_FRAME: usize = 1 << 20;

/// One packet as it crossed the line.
#[derive(Clone, Debug)]
pub enum Packet {
    /// An MQTT 3.1.1 packet.
    V4(v4::Packet),
    /// A CONNECT of another protocol level than 4 (MQTT 3.1.1, section 3.1.2.2); 5 is MQTT 5.
    OtherVersion {
        /// The level byte.
        level: u8,
    },
    /// Bytes that are no MQTT 3.1.1 packet.
    Undecoded {
        /// The first byte, which names the packet's type (section 2.2.1).
        first: u8,
        /// How many bytes the frame has.
        length: usize,
    },
}

/// Cuts one direction of a connection into frames.
#[derive(Debug, Default)]
pub struct Framer {
    buffer: BytesMut,
    /// Once the bytes make no sense as MQTT, everything is passed on as it comes.
    lost: bool,
}

/// One frame's bytes and what they mean.
#[derive(Debug)]
pub struct Frame {
    /// Exactly as received.
    pub bytes: Bytes,
    /// Decoded.
    pub packet: Packet,
}

impl Framer {
    /// Takes in received bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame, or nothing while it is incomplete.
    pub fn next_frame(&mut self) -> Option<Frame> {
        if self.buffer.is_empty() {
            return None;
        }
        if self.lost {
            return Some(self.raw());
        }
        match frame_length(&self.buffer) {
            Length::Incomplete => None,
            Length::Known(length) if length <= LARGEST_FRAME => {
                if self.buffer.len() < length {
                    return None;
                }
                let bytes = self.buffer.split_to(length).freeze();
                let packet = decode(&bytes);
                Some(Frame { bytes, packet })
            }
            Length::Known(_) | Length::Malformed => {
                self.lost = true;
                Some(self.raw())
            }
        }
    }

    fn raw(&mut self) -> Frame {
        let bytes = self.buffer.split().freeze();
        let packet = undecoded(&bytes);
        Frame { bytes, packet }
    }
}

enum Length {
    Incomplete,
    Known(usize),
    Malformed,
}

/// Fixed header and "remaining length", seven bits a byte, at most four bytes (section 2.2.3).
fn frame_length(buffer: &[u8]) -> Length {
    let mut remaining = 0;
    for (place, byte) in buffer.iter().skip(1).take(4).enumerate() {
        remaining |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Length::Known(2 + place + remaining);
        }
    }
    if buffer.len() > 4 {
        Length::Malformed
    } else {
        Length::Incomplete
    }
}

fn decode(frame: &Bytes) -> Packet {
    if let Some(level) = connect_level(frame)
        && level != 4
    {
        return Packet::OtherVersion { level };
    }
    let mut copy = BytesMut::from(frame.as_ref());
    match v4::Packet::read(&mut copy, LARGEST_FRAME) {
        Ok(packet) => Packet::V4(packet),
        Err(_) => undecoded(frame),
    }
}

fn undecoded(bytes: &Bytes) -> Packet {
    Packet::Undecoded {
        first: bytes.first().copied().unwrap_or_default(),
        length: bytes.len(),
    }
}

/// The protocol level of a CONNECT: it follows the protocol's name, which is two length bytes and
/// the name itself (section 3.1.2.1).
fn connect_level(frame: &[u8]) -> Option<u8> {
    if frame.first()? >> 4 != 1 {
        return None;
    }
    let header = 1
        + frame
            .iter()
            .skip(1)
            .take_while(|byte| *byte & 0x80 != 0)
            .count()
        + 1;
    let name = frame.get(header..header + 2)?;
    let name_length = usize::from(u16::from_be_bytes([name[0], name[1]]));
    frame.get(header + 2 + name_length).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let mut bytes = BytesMut::new();
        v4::Connect::new("abcnightlight_client")
            .write(&mut bytes)
            .unwrap();
        let mut long = v4::Publish::new("abc/telemetry", QoS::AtLeastOnce, vec![b'x'; 300]);
        long.pkid = 7;
        long.write(&mut bytes).unwrap();
        v4::PingReq.write(&mut bytes).unwrap();
        bytes.to_vec()
    }

    fn names(framer: &mut Framer) -> Vec<String> {
        std::iter::from_fn(|| framer.next_frame())
            .map(|frame| match frame.packet {
                Packet::V4(packet) => format!("{packet:?}")
                    .split(['(', ' '])
                    .next()
                    .unwrap()
                    .to_owned(),
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn any_cut_gives_the_same_packets() {
        let bytes = sample();
        for size in 1..=bytes.len() {
            let mut framer = Framer::default();
            let mut seen = Vec::new();
            for piece in bytes.chunks(size) {
                framer.feed(piece);
                seen.extend(names(&mut framer));
            }
            assert_eq!(
                seen,
                ["Connect", "Publish", "PingReq"],
                "in pieces of {size}"
            );
        }
    }

    #[test]
    fn what_goes_in_comes_out_to_the_byte() {
        let mut bytes = sample();
        bytes.extend([0x30, 0xff, 0xff, 0xff, 0xff, 1, 2, 3]);
        let mut framer = Framer::default();
        framer.feed(&bytes);
        let out: Vec<u8> = std::iter::from_fn(|| framer.next_frame())
            .flat_map(|frame| frame.bytes)
            .collect();
        assert_eq!(out, bytes);
    }

    #[test]
    fn another_protocol_version_is_named() {
        let mut framer = Framer::default();
        framer.feed(&[
            0x10, 0x0d, 0, 4, b'M', b'Q', b'T', b'T', 5, 2, 0, 60, 0, 0, 0,
        ]);
        let frame = framer.next_frame().unwrap();
        assert!(
            matches!(frame.packet, Packet::OtherVersion { level: 5 }),
            "{frame:?}"
        );
    }
}
