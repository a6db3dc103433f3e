//! The packets of a run as a capture that Wireshark and tshark open.
//!
//! The arena sees MQTT packets, not segments. Around each stands here a TCP segment between two
//! made-up ports, so that a dissector takes it for what it was: no handshake, acknowledgement or
//! checksum in a capture was ever on a wire. Passwords are blotted out.

mod segment;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use arena::broker::MQTT_PORT;
use arena::record::{Event, Record, Sender};
use arena::wire::Packet;
use bytes::BytesMut;
use rumqttc::mqttbytes::v4;

use segment::{Flags, Flow, Frame};

/// Bytes of a capture where nobody says otherwise; what comes later is left out.
const ROOM: usize = 64 << 20;

/// The first made-up port. Each connection has one of its own.
const FIRST_PORT: u16 = 40_000;

/// Everything that crossed the lines of a run.
#[derive(Debug)]
pub struct Capture {
    began: (Instant, SystemTime),
    taken: Mutex<Taken>,
}

#[derive(Debug)]
struct Taken {
    frames: Vec<(Instant, Frame)>,
    connections: u16,
    /// What was seen takes so many bytes of a file.
    bytes: usize,
    room: usize,
}

impl Default for Capture {
    fn default() -> Self {
        Self::with_room(ROOM)
    }
}

impl Capture {
    /// One that is written as a file of so many bytes at most; what comes later is left out.
    pub fn with_room(room: usize) -> Self {
        Self {
            began: (Instant::now(), SystemTime::now()),
            taken: Mutex::new(Taken {
                frames: Vec::new(),
                connections: 0,
                bytes: segment::HEAD,
                room,
            }),
        }
    }

    /// Adds all that crossed one program's line.
    pub fn take(&self, record: &Record) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let mut links = BTreeMap::new();
        for entry in record.freeze().iter() {
            match &entry.event {
                Event::Dialled { link, accepted } => {
                    let mut flow = taken.connection();
                    taken.add(entry.at, flow.frame(Sender::Program, Flags::SYN, &[]));
                    let answer = if *accepted {
                        Flags::SYN_ACK
                    } else {
                        Flags::RESET
                    };
                    taken.add(entry.at, flow.frame(Sender::Broker, answer, &[]));
                    links.insert(*link, flow);
                }
                Event::HungUp { link, .. } => {
                    if let Some(mut flow) = links.remove(link) {
                        taken.add(entry.at, flow.frame(Sender::Program, Flags::END, &[]));
                    }
                }
                Event::Packet {
                    link,
                    from,
                    packet,
                    length,
                } => {
                    if let Some(flow) = links.get_mut(link) {
                        taken.packet(entry.at, flow, *from, packet, *length);
                    }
                }
                _ => {}
            }
        }
    }

    /// Writes it down, in the format that tcpdump has made common.
    ///
    /// # Errors
    /// When the file does not take it.
    pub fn write(&self, file: &mut impl Write) -> io::Result<()> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let mut frames: Vec<&(Instant, Frame)> = taken.frames.iter().collect();
        // Lines were read one after the other.
        frames.sort_by_key(|(at, _)| *at);
        segment::write_head(file)?;
        let (began, clock) = self.began;
        for (at, frame) in frames {
            let since = at.saturating_duration_since(began);
            let at = (clock + since).duration_since(SystemTime::UNIX_EPOCH);
            frame.write(at.unwrap_or_default(), file)?;
        }
        Ok(())
    }
}

impl Taken {
    fn connection(&mut self) -> Flow {
        self.connections = self.connections.wrapping_add(1);
        let port = FIRST_PORT.wrapping_add(self.connections % (u16::MAX - FIRST_PORT));
        Flow::new(port, MQTT_PORT)
    }

    fn packet(&mut self, at: Instant, flow: &mut Flow, from: Sender, packet: &Packet, all: usize) {
        let known = encoded(packet, all).unwrap_or_default();
        if !known.is_empty() {
            self.add(at, flow.frame(from, Flags::DATA, &known));
        }
        // What is not known has still been sent: the next packet stands behind it.
        flow.skip(from, all.saturating_sub(known.len()));
    }

    fn add(&mut self, at: Instant, frame: Frame) {
        self.bytes += frame.length();
        if self.bytes <= self.room {
            self.frames.push((at, frame));
        }
    }
}

/// A packet's bytes, or the first of them: the record keeps only the beginning of a long payload.
/// None where it keeps less than that.
fn encoded(packet: &Packet, all: usize) -> Option<Vec<u8>> {
    let Packet::V4(packet) = packet else {
        return None;
    };
    let mut bytes = BytesMut::new();
    match packet {
        v4::Packet::Connect(connect) => {
            let mut connect = connect.clone();
            if let Some(login) = &mut connect.login {
                login.password = "*".repeat(login.password.len());
            }
            connect.write(&mut bytes).ok()?;
        }
        other => {
            other.write(&mut bytes, usize::MAX).ok()?;
        }
    }
    let mut bytes = if bytes.len() < all {
        beginning(&bytes, all)?
    } else {
        bytes.to_vec()
    };
    bytes.truncate(segment::LONGEST);
    Some(bytes)
}

/// The same packet as the beginning of one that has so many bytes in `all`: its length stands after
/// the first byte, seven bits a byte, the lowest first (MQTT 3.1.1, section 2.2.3).
fn beginning(short: &[u8], all: usize) -> Option<Vec<u8>> {
    let goes_on = |byte: &&u8| **byte & 0x80 != 0;
    let body = 2 + short.get(1..)?.iter().take_while(goes_on).count();
    let digits = |length: usize| (1..=4).find(|digits| length >> (7 * digits) == 0);
    let rest = (1..=4).find_map(|width| {
        let rest = all.checked_sub(1 + width)?;
        (digits(rest) == Some(width)).then_some(rest)
    })?;
    let width = digits(rest)?;
    let mut bytes = vec![*short.first()?];
    for digit in 0..width {
        let more = if digit + 1 < width { 0x80 } else { 0 };
        bytes.push(more | (rest >> (7 * digit) & 0x7f) as u8);
    }
    bytes.extend(short.get(body..)?);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rumqttc::mqttbytes::QoS;

    use super::*;

    #[test]
    fn a_long_message_says_how_long_it_was() {
        for all in [100, 300, 20_000, 3_000_000] {
            let mut publish = v4::Publish::new("t", QoS::AtMostOnce, vec![7; 50]);
            let mut bytes = BytesMut::new();
            publish.payload = vec![7; all].into();
            publish.write(&mut bytes).unwrap();
            let (head, length) = (bytes[..4].to_vec(), bytes.len());
            publish.payload = vec![7; 50].into();
            let known = encoded(&Packet::V4(v4::Packet::Publish(publish)), length).unwrap();
            assert_eq!(known[..4], head, "{all}");
            assert!(known.len() < 64, "{}", known.len());
        }
    }

    #[test]
    fn a_file_has_an_end() {
        let record = Record::default();
        record.push(
            Duration::ZERO,
            Event::Dialled {
                link: 1,
                accepted: true,
            },
        );
        for _ in 0..100 {
            let publish = v4::Publish::new("t", QoS::AtMostOnce, vec![7; 50]);
            record.push(
                Duration::ZERO,
                Event::Packet {
                    link: 1,
                    from: Sender::Program,
                    packet: Packet::V4(v4::Packet::Publish(publish)),
                    length: 55,
                },
            );
        }
        let written = |capture: Capture| {
            capture.take(&record);
            let mut file = Vec::new();
            capture.write(&mut file).unwrap();
            file
        };
        let whole = written(Capture::default());
        for room in [0, 24, 25, 1_000, whole.len() - 1, whole.len()] {
            let file = written(Capture::with_room(room));
            assert!(file.len() <= room.max(24), "{room}: {}", file.len());
            assert!(file.len() + 120 > room, "{room}: {}", file.len());
        }
    }

    #[test]
    fn a_password_is_blotted_out() {
        let mut connect = v4::Connect::new("c");
        connect.set_login("ada", "secret");
        let packet = Packet::V4(v4::Packet::Connect(connect));
        let bytes = encoded(&packet, 0).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains("ada") && text.contains("******"), "{text}");
        assert!(!text.contains("secret"), "{text}");
    }
}
