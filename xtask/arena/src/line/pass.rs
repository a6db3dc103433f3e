//! Passes on what one end of a connection sends.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rumqttc::mqttbytes::v4;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::Instant;

use super::relay::Relay;
use super::state::Flow;
use super::withheld::{Answer, Withheld};
use crate::record::{Event, Flood, Sender, longest_name};
use crate::wire::{Frame, Framer, LONGEST_WHOLE, Packet};

/// How many packets a held line keeps for one side before it stops to read more.
const MOST_HELD: usize = 1_000;

/// How many bytes of them.
const MOST_BYTES_HELD: usize = 1 << 20;

/// A late answer waits in naps: on a machine so busy that each takes longer, the program that waits
/// for it is slow too, and is not to be spared the wait.
const NAP: Duration = Duration::from_millis(10);

/// One direction of one connection.
pub(super) struct Passage<'a> {
    relay: &'a Relay,
    link: u32,
    sender: Sender,
    framer: Framer,
    /// Under way, each with the moment when it is due.
    waiting: VecDeque<(Instant, Frame)>,
    withheld: Withheld,
    /// What the broker's answer to a CONNECT still has to wait.
    late: Duration,
    bytes_waiting: usize,
    /// There is nobody at the other end any more.
    leads_nowhere: bool,
    /// The sender has said its last word.
    ends_here: bool,
}

impl<'a> Passage<'a> {
    pub(super) fn new(relay: &'a Relay, link: u32, sender: Sender) -> Self {
        Self {
            relay,
            link,
            sender,
            framer: Framer::default(),
            waiting: VecDeque::new(),
            withheld: Withheld::new(sender, &relay.state.borrow()),
            late: Duration::ZERO,
            bytes_waiting: 0,
            leads_nowhere: false,
            ends_here: false,
        }
    }

    /// Whether the line has said the sender's last word for it.
    pub(super) fn ends_here(&self) -> bool {
        self.ends_here
    }

    /// Goes on to read, and loses what comes, until the sender is done.
    pub(super) async fn lose_all(&mut self, from: &mut (impl AsyncRead + Unpin)) {
        self.leads_nowhere = true;
        self.pass(from, &mut tokio::io::sink()).await;
    }

    /// Until the sender is done or the receiver is gone: returns who it was that ended it.
    pub(super) async fn pass(
        &mut self,
        from: &mut (impl AsyncRead + Unpin),
        to: &mut (impl AsyncWrite + Unpin),
    ) -> Sender {
        let mut states = self.relay.state.clone();
        let mut chunk = vec![0; 16 * 1024];
        let mut ended = false;
        loop {
            let state = *states.borrow_and_update();
            let flows = state.flow != Flow::Held;
            if flows {
                let lost = self.leads_nowhere || state.loses(self.sender);
                if self.deliver(to, lost).await.is_err() {
                    return self.sender.other();
                }
                if self.ends_here {
                    return self.sender;
                }
                if ended && self.waiting.is_empty() {
                    return self.sender;
                }
            }
            if self.sender == Sender::Broker {
                self.relay.held.send_replace(self.waiting.len());
            }
            if self.sender == state.withholds.map_or(Sender::Broker, Answer::sender) {
                self.relay.withheld.send_replace(self.withheld.len());
            }
            let due = self.waiting.front().map(|(due, _)| *due);
            let due = due.filter(|_| flows);
            let kept = self.waiting.len() + self.withheld.len();
            let room = kept < MOST_HELD && self.bytes_waiting < MOST_BYTES_HELD;
            tokio::select! {
                read = from.read(&mut chunk), if !ended && room => {
                    let due = Instant::now() + state.delay;
                    match read {
                        Ok(length @ 1..) => {
                            self.framer.feed(&chunk[..length]);
                            while let Some(frame) = self.framer.next_frame() {
                                self.wait(due, frame);
                            }
                        }
                        Ok(0) | Err(_) => {
                            ended = true;
                            if let Some(half) = self.framer.rest() {
                                self.wait(due, half);
                            }
                        }
                    }
                }
                changed = states.changed() => if changed.is_err() {
                    return self.sender;
                },
                () = tokio::time::sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
            }
        }
    }

    fn wait(&mut self, due: Instant, frame: Frame) {
        if is_welcome(&frame) {
            self.late += self.relay.state.borrow().late;
        }
        self.bytes_waiting += frame.bytes.len();
        self.waiting.push_back((due, frame));
    }

    /// Records what is due and passes it on, in as few pieces as it came.
    async fn deliver(&mut self, to: &mut (impl AsyncWrite + Unpin), lost: bool) -> io::Result<()> {
        let now = Instant::now();
        let state = *self.relay.state.borrow();
        let mut bytes = Vec::new();
        while let Some(frame) = self.withheld.let_go(&state) {
            self.take(frame, lost, &mut bytes);
        }
        while self.waiting.front().is_some_and(|(due, _)| *due <= now) {
            if let Some((due, frame)) = self.waiting.front_mut()
                && is_welcome(frame)
                && !self.late.is_zero()
            {
                let nap = self.late.min(NAP);
                self.late -= nap;
                *due = now + nap;
                break;
            }
            let Some((_, mut frame)) = self.waiting.pop_front() else {
                break;
            };
            self.bytes_waiting -= frame.bytes.len();
            let is_answer = matches!(&frame.packet, Some(Packet::V4(v4::Packet::SubAck(_))));
            if state.refuses && is_answer {
                frame = frame.refused();
            }
            let refusal = state.turns_away.filter(|_| is_welcome(&frame));
            if let Some(code) = refusal {
                frame = frame.turned_away(code);
            }
            if let Some(frame) = self.withheld.pass(&state, frame) {
                self.take(frame, lost, &mut bytes);
            }
            if refusal.is_some() {
                self.ends_here = true;
                break;
            }
        }
        self.pay(bytes.len());
        if self.relay.record.flooded().is_some() {
            return Err(io::Error::other("what may cross the line is spent"));
        }
        if lost || bytes.is_empty() {
            return Ok(());
        }
        to.write_all(&bytes).await?;
        to.flush().await
    }

    fn take(&self, frame: Frame, lost: bool, bytes: &mut Vec<u8>) {
        if let Some(packet) = frame.packet {
            self.record(packet, frame.length, lost);
        }
        bytes.extend_from_slice(&frame.bytes);
    }

    fn record(&self, packet: Packet, length: usize, lost: bool) {
        let (link, from) = (self.link, self.sender);
        let is_message = matches!(&packet, Packet::V4(_));
        let name = longest_name(&packet);
        let budget = self.relay.record.budget();
        self.relay.push(if lost {
            Event::Lost {
                link,
                from,
                packet,
                length,
            }
        } else {
            Event::Packet {
                link,
                from,
                packet,
                length,
            }
        });
        let is_too_long = length > LONGEST_WHOLE && !is_message;
        // What the broker sends was somebody else's doing.
        let is_its_own = self.sender == Sender::Program;
        if is_too_long || is_its_own && length > budget.packet {
            self.relay.flood(Flood::Packet(length));
        }
        if is_its_own && name > budget.name {
            self.relay.flood(Flood::Name(name));
        }
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

fn is_welcome(frame: &Frame) -> bool {
    matches!(frame.packet, Some(Packet::V4(v4::Packet::ConnAck(_))))
}
