//! MQTT packets out of a stream of bytes, however it was cut.

mod decode;

use bytes::{Bytes, BytesMut};
use rumqttc::mqttbytes::v4;

pub use rumqttc::mqttbytes::QoS;
pub use rumqttc::mqttbytes::v4::{ConnectReturnCode, SubscribeReasonCode};

use decode::{Length, decode, frame_length};

/// A longer packet is passed on in pieces and only its beginning is looked at: 128 KiB, room for
/// the longest topic (64 KiB) and for what is kept of a payload.
pub const LONGEST_WHOLE: usize = 128 << 10;

/// How much of a message's payload is kept: 16 KiB, more than rumqttc sends (10 KiB).
pub const PAYLOAD_KEPT: usize = 16 << 10;

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
    /// The beginning of a packet whose end never came: the connection ended before.
    Cut {
        /// The first byte, which names the packet's type (section 2.2.1).
        first: u8,
        /// How many bytes of it came.
        length: usize,
    },
}

/// Cuts one direction of a connection into frames.
#[derive(Debug, Default)]
pub struct Framer {
    buffer: BytesMut,
    /// Once the bytes make no sense as MQTT, everything is passed on as it comes.
    lost: bool,
    /// The long packet that is passed on in pieces.
    long: Option<Long>,
}

#[derive(Clone, Copy, Debug)]
struct Long {
    first: u8,
    passed: usize,
    left: usize,
}

/// One frame's bytes and what they mean.
#[derive(Debug)]
pub struct Frame {
    /// Exactly as received.
    pub bytes: Bytes,
    /// Decoded; nothing for the later pieces of a long packet.
    pub packet: Option<Packet>,
    /// How many bytes the whole packet has.
    pub length: usize,
}

impl Frame {
    /// The same SUBACK with a refusal of every subscription: after two bytes of header and two of
    /// packet identifier comes a return code for each (MQTT 3.1.1, section 3.9.3).
    pub fn refused(self) -> Self {
        self.filled_from(4, 0x80)
    }

    /// The same CONNACK with this return code: it is the last byte of four, and there is no session
    /// (MQTT 3.1.1, section 3.2.2).
    pub fn turned_away(self, code: ConnectReturnCode) -> Self {
        self.filled_from(2, 0).filled_from(3, code as u8)
    }

    fn filled_from(self, place: usize, byte: u8) -> Self {
        let mut bytes = BytesMut::from(self.bytes.as_ref());
        bytes.get_mut(place..).unwrap_or_default().fill(byte);
        let bytes = bytes.freeze();
        Self {
            packet: Some(decode(&bytes, self.length)),
            bytes,
            length: self.length,
        }
    }
}

impl Framer {
    /// Takes in received bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame or piece of a long one, or nothing while it is incomplete.
    pub fn next_frame(&mut self) -> Option<Frame> {
        if self.buffer.is_empty() {
            return None;
        }
        if self.lost {
            return Some(self.raw());
        }
        if let Some(long) = self.long {
            return Some(self.piece(long, None));
        }
        match frame_length(&self.buffer) {
            Length::Incomplete => None,
            Length::Known(length) if self.buffer.len() >= length.min(LONGEST_WHOLE) => {
                Some(self.frame(length))
            }
            Length::Known(_) => None,
            Length::Malformed => {
                self.lost = true;
                Some(self.raw())
            }
        }
    }

    /// What is left when the connection has ended: half a frame, if anything.
    pub fn rest(&mut self) -> Option<Frame> {
        let cut = |first, length| Packet::Cut { first, length };
        if let Some(long) = self.long.take() {
            let length = long.passed;
            return Some(Frame {
                bytes: Bytes::new(),
                packet: Some(cut(long.first, length)),
                length,
            });
        }
        let bytes = self.buffer.split().freeze();
        let (first, length) = (*bytes.first()?, bytes.len());
        Some(Frame {
            bytes,
            packet: Some(cut(first, length)),
            length,
        })
    }

    fn frame(&mut self, length: usize) -> Frame {
        let whole = length.min(self.buffer.len());
        let packet = decode(&self.buffer[..whole], length);
        if whole < length {
            let long = Long {
                first: self.buffer[0],
                passed: 0,
                left: length,
            };
            return self.piece(long, Some(packet));
        }
        Frame {
            bytes: self.buffer.split_to(length).freeze(),
            packet: Some(packet),
            length,
        }
    }

    fn piece(&mut self, mut long: Long, packet: Option<Packet>) -> Frame {
        let bytes = self.buffer.split_to(long.left.min(self.buffer.len()));
        long.left -= bytes.len();
        long.passed += bytes.len();
        self.long = (long.left > 0).then_some(long);
        Frame {
            bytes: bytes.freeze(),
            packet,
            length: long.passed + long.left,
        }
    }

    fn raw(&mut self) -> Frame {
        let bytes = self.buffer.split().freeze();
        let (first, length) = (bytes.first().copied().unwrap_or_default(), bytes.len());
        Frame {
            bytes,
            packet: Some(Packet::Undecoded { first, length }),
            length,
        }
    }
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
            .filter_map(|frame| frame.packet)
            .map(|packet| match packet {
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
            matches!(frame.packet, Some(Packet::OtherVersion { level: 5 })),
            "{frame:?}"
        );
    }

    /// A message with a payload of this many bytes.
    fn message(payload: usize) -> Vec<u8> {
        let mut bytes = BytesMut::new();
        let mut message = v4::Publish::new("abc/telemetry", QoS::AtLeastOnce, vec![b'x'; payload]);
        message.pkid = 7;
        message.write(&mut bytes).unwrap();
        bytes.to_vec()
    }

    #[test]
    fn of_a_long_payload_the_beginning_is_kept_and_all_of_it_is_passed_on() {
        for payload in [PAYLOAD_KEPT, PAYLOAD_KEPT + 1, LONGEST_WHOLE, 5 << 20] {
            let mut bytes = message(payload);
            let length = bytes.len();
            bytes.extend([0xc0, 0]);
            let mut framer = Framer::default();
            let mut passed = Vec::new();
            let mut packets = Vec::new();
            for chunk in bytes.chunks(10_000) {
                framer.feed(chunk);
                while let Some(frame) = framer.next_frame() {
                    passed.extend_from_slice(&frame.bytes);
                    packets.extend(frame.packet.map(|packet| (packet, frame.length)));
                    assert!(framer.buffer.len() <= LONGEST_WHOLE);
                }
            }
            assert_eq!(passed, bytes, "{payload}");
            let [(Packet::V4(v4::Packet::Publish(kept)), whole), (after, _)] = packets.as_slice()
            else {
                panic!("{packets:?}");
            };
            assert_eq!((kept.topic.as_str(), kept.pkid), ("abc/telemetry", 7));
            assert_eq!(kept.payload.len(), payload.min(PAYLOAD_KEPT));
            assert_eq!(*whole, length);
            assert!(matches!(after, Packet::V4(v4::Packet::PingReq)));
        }
    }

    #[test]
    fn half_a_frame_is_left_over() {
        let long = message(LONGEST_WHOLE);
        for sent in [1, 2, 100, LONGEST_WHOLE, long.len() - 1] {
            let mut framer = Framer::default();
            framer.feed(&long[..sent]);
            let mut passed = 0;
            while let Some(frame) = framer.next_frame() {
                passed += frame.bytes.len();
            }
            let rest = framer.rest().unwrap();
            assert_eq!(passed + rest.bytes.len(), sent);
            assert!(
                matches!(rest.packet, Some(Packet::Cut { first: 0x32, length }) if length == sent),
                "{rest:?}"
            );
        }
        let mut framer = Framer::default();
        framer.feed(&long);
        while framer.next_frame().is_some() {}
        assert!(framer.rest().is_none());
    }
}
