//! Passes on what one end of a connection sends.

use std::io;
use std::sync::atomic::Ordering;

use rumqttc::mqttbytes::v4;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::Flow;
use super::relay::Relay;
use crate::record::{Event, Flood, Sender};
use crate::wire::{Frame, Framer, LONGEST_WHOLE, Packet};

/// How many packets a held line keeps for one side before it stops to read more.
const MOST_HELD: usize = 1_000;

/// How many bytes of them.
const MOST_BYTES_HELD: usize = 1 << 20;

/// One direction of one connection.
pub(super) struct Passage<'a> {
    relay: &'a Relay,
    link: u32,
    sender: Sender,
    framer: Framer,
    held: Vec<Frame>,
    bytes_held: usize,
}

impl<'a> Passage<'a> {
    pub(super) fn new(relay: &'a Relay, link: u32, sender: Sender) -> Self {
        Self {
            relay,
            link,
            sender,
            framer: Framer::default(),
            held: Vec::new(),
            bytes_held: 0,
        }
    }

    /// Until the sender is done or the receiver is gone.
    pub(super) async fn pass(mut self, from: &mut OwnedReadHalf, to: &mut OwnedWriteHalf) {
        let mut state = self.relay.state.clone();
        let mut chunk = vec![0; 16 * 1024];
        let mut ended = false;
        loop {
            let flows = state.borrow_and_update().flow != Flow::Held;
            if flows {
                let delivered = self.deliver(to).await;
                if delivered.is_err() || ended {
                    return;
                }
            }
            if self.sender == Sender::Broker {
                self.relay.held.send_replace(self.held.len());
            }
            let room = self.held.len() < MOST_HELD && self.bytes_held < MOST_BYTES_HELD;
            tokio::select! {
                read = from.read(&mut chunk), if !ended && room => match read {
                    Ok(length @ 1..) => {
                        acknowledge(from);
                        self.framer.feed(&chunk[..length]);
                        while let Some(frame) = self.framer.next_frame() {
                            self.hold(frame);
                        }
                    }
                    Ok(0) | Err(_) => {
                        ended = true;
                        if let Some(half) = self.framer.rest() {
                            self.hold(half);
                        }
                    }
                },
                changed = state.changed() => if changed.is_err() {
                    return;
                },
            }
        }
    }

    fn hold(&mut self, frame: Frame) {
        self.bytes_held += frame.bytes.len();
        self.held.push(frame);
    }

    /// Records what has come and passes it on, in as few pieces as it came.
    async fn deliver(&mut self, to: &mut OwnedWriteHalf) -> io::Result<()> {
        self.bytes_held = 0;
        let state = *self.relay.state.borrow();
        let mut bytes = Vec::new();
        for mut frame in self.held.drain(..) {
            match &frame.packet {
                Some(Packet::V4(v4::Packet::ConnAck(_))) if !state.late.is_zero() => {
                    tokio::time::sleep(state.late).await;
                }
                Some(Packet::V4(v4::Packet::SubAck(_))) if state.refuses => {
                    frame = frame.refused();
                }
                _ => {}
            }
            let length = frame.length;
            if let Some(packet) = frame.packet {
                let is_message = matches!(&packet, Packet::V4(_));
                self.relay.push(Event::Packet {
                    link: self.link,
                    from: self.sender,
                    packet,
                    length,
                });
                if length > LONGEST_WHOLE && !is_message {
                    self.relay.flood(Flood::Packet(length));
                }
            }
            bytes.extend_from_slice(&frame.bytes);
        }
        self.pay(bytes.len());
        if self.relay.record.flooded().is_some() {
            return Err(io::Error::other("what may cross the line is spent"));
        }
        to.write_all(&bytes).await
    }

    /// Counts the bytes before they cross, so that no more than the budget ever do.
    fn pay(&self, bytes: usize) {
        let bytes = bytes as u64;
        let crossed = &self.relay.crossed;
        let (crossed, flood): (_, fn(u64) -> Flood) = match self.sender {
            Sender::Program => (&crossed.program, Flood::Sent),
            Sender::Broker => (&crossed.broker, Flood::Received),
        };
        let budget = self.relay.record.budget().crossed;
        if crossed.fetch_add(bytes, Ordering::Relaxed) + bytes > budget {
            self.relay.flood(flood(budget));
        }
    }
}

/// Acknowledges what was read at once. A program that writes two small packets keeps the second
/// until the first is acknowledged, and the system puts that off for 40 ms where nobody answers.
#[cfg(target_os = "linux")]
fn acknowledge(from: &OwnedReadHalf) {
    // The system forgets it again, hence after each read. Refused, it only costs time.
    let _ = from.as_ref().set_quickack(true);
}

#[cfg(not(target_os = "linux"))]
fn acknowledge(_: &OwnedReadHalf) {}
