//! The meaning of one frame.

use bytes::{BufMut, BytesMut};
use rumqttc::mqttbytes::v4;

use super::{LONGEST_WHOLE, PAYLOAD_KEPT, Packet};

/// How long a frame is.
pub(super) enum Length {
    Incomplete,
    Known(usize),
    Malformed,
}

/// Fixed header and "remaining length", seven bits a byte, at most four bytes (section 2.2.3).
pub(super) fn frame_length(buffer: &[u8]) -> Length {
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

/// Decodes a frame that has `length` bytes, of which these are here. What comes out shares no
/// memory with them.
pub(super) fn decode(frame: &[u8], length: usize) -> Packet {
    if let Some(level) = connect_level(frame)
        && level != 4
    {
        return Packet::OtherVersion { level };
    }
    let mut copy = match shortened(frame, length) {
        Some(shortened) => shortened,
        None if frame.len() == length => BytesMut::from(frame),
        None => return undecoded(frame, length),
    };
    match v4::Packet::read(&mut copy, LONGEST_WHOLE) {
        Ok(packet) => Packet::V4(packet),
        Err(_) => undecoded(frame, length),
    }
}

fn undecoded(frame: &[u8], length: usize) -> Packet {
    let first = frame.first().copied().unwrap_or_default();
    Packet::Undecoded { first, length }
}

/// A PUBLISH with only the beginning of its payload, if it has more.
fn shortened(frame: &[u8], length: usize) -> Option<BytesMut> {
    let first = *frame.first()?;
    if first >> 4 != 3 {
        return None;
    }
    // Topic, and a packet id unless the QoS is 0 (section 3.3.2).
    let header = header_length(frame);
    let topic = frame.get(header..header + 2)?;
    let topic = usize::from(u16::from_be_bytes([topic[0], topic[1]]));
    let id = if first & 0b0110 == 0 { 0 } else { 2 };
    let kept = header + 2 + topic + id + PAYLOAD_KEPT;
    if length <= kept {
        return None;
    }
    let body = frame.get(header..kept)?;
    let mut shortened = BytesMut::with_capacity(5 + body.len());
    shortened.put_u8(first);
    let mut remaining = body.len();
    loop {
        // Seven bits a byte, so that the cast loses nothing.
        let byte = (remaining & 0x7f) as u8;
        remaining >>= 7;
        if remaining == 0 {
            shortened.put_u8(byte);
            break;
        }
        shortened.put_u8(byte | 0x80);
    }
    shortened.extend_from_slice(body);
    Some(shortened)
}

/// The fixed header's length: the type's byte, and those of the remaining length.
fn header_length(frame: &[u8]) -> usize {
    let more = frame.iter().skip(1).take_while(|byte| *byte & 0x80 != 0);
    1 + more.count() + 1
}

/// The protocol level of a CONNECT: it follows the protocol's name, which is two length bytes and
/// the name itself (section 3.1.2.1).
fn connect_level(frame: &[u8]) -> Option<u8> {
    if frame.first()? >> 4 != 1 {
        return None;
    }
    let header = header_length(frame);
    let name = frame.get(header..header + 2)?;
    let name_length = usize::from(u16::from_be_bytes([name[0], name[1]]));
    frame.get(header + 2 + name_length).copied()
}
