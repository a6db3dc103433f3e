//! A program's connections to the broker: whether it has one, and why the last one ended.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use arena::record::Sender;
use arena::wire::ConnectReturnCode;
use rumqttc::mqttbytes::v4;

use super::{good, waiting};
use crate::feed::State;
use crate::packet::refusal;

/// A connection that ends sooner after the CONNACK than this, and the next one too, does not end
/// by chance.
const BRIEF: Duration = Duration::from_secs(3);

/// How often in a row that has to happen.
const AGAIN: u32 = 2;

/// rumqttc ends the connection at a packet that is longer, unless `set_max_packet_size` allows it.
const LONGEST: usize = 10 * 1024;

/// What is known of one program's connections.
#[derive(Debug)]
pub(super) struct Connections {
    /// Where the program's sources are, as shown to people.
    source: String,
    /// The client names under which it asked to be let in, by connection.
    names: BTreeMap<u32, String>,
    /// The connection on which the broker has accepted it.
    accepted: Option<Accepted>,
    /// How many in a row have ended soon after that, with nobody to say why.
    brief: u32,
}

#[derive(Debug)]
struct Accepted {
    link: u32,
    since: Instant,
    /// What was seen on it last that may end it.
    parting: Option<Parting>,
}

#[derive(Clone, Copy, Debug)]
enum Parting {
    /// The program said goodbye.
    Goodbye,
    /// The broker did. MQTT 3.1.1 knows no such packet, but ours sends one to whom it throws out.
    ThrownOut,
    /// A packet of so many bytes came for the program.
    TooLong(usize),
}

impl Connections {
    /// None yet.
    pub(super) fn new(source: String) -> Self {
        Self {
            source,
            names: BTreeMap::new(),
            accepted: None,
            brief: 0,
        }
    }

    /// After a packet, if that changes how things are.
    pub(super) fn after_packet(
        &mut self,
        at: Instant,
        link: u32,
        from: Sender,
        packet: &v4::Packet,
        length: usize,
    ) -> Option<State> {
        match packet {
            v4::Packet::Connect(connect) => {
                self.names.insert(link, connect.client_id.clone());
            }
            v4::Packet::ConnAck(answer) if answer.code == ConnectReturnCode::Success => {
                self.accepted = Some(Accepted {
                    link,
                    since: at,
                    parting: None,
                });
                let name = self.name(link);
                let detail = format!("The broker knows it as {name} ({}).", self.source);
                return Some(good("connected", detail));
            }
            v4::Packet::ConnAck(answer) => {
                let reason = refusal(answer.code).unwrap_or_default();
                return Some(waiting("refused", format!("The broker says: {reason}.")));
            }
            _ => {
                let accepted = self.accepted.as_mut().filter(|it| it.link == link)?;
                accepted.parting = match (packet, from) {
                    (v4::Packet::Disconnect, Sender::Program) => Some(Parting::Goodbye),
                    (v4::Packet::Disconnect, Sender::Broker) => Some(Parting::ThrownOut),
                    (_, Sender::Broker) if length > LONGEST => Some(Parting::TooLong(length)),
                    _ => accepted.parting,
                };
            }
        }
        None
    }

    /// After the end of a connection, if it was the one that counts. `by` is who ended it.
    pub(super) fn after_end(
        &mut self,
        at: Instant,
        link: u32,
        by: Option<Sender>,
    ) -> Option<State> {
        let name = self.name(link);
        self.names.remove(&link);
        let ended = self.accepted.take_if(|accepted| accepted.link == link)?;
        let is_brief = at.saturating_duration_since(ended.since) < BRIEF;
        self.brief = match ended.parting {
            // Who hangs up by itself has no rival.
            None if is_brief && by == Some(Sender::Broker) => self.brief + 1,
            _ => 0,
        };
        Some(match ended.parting {
            Some(Parting::ThrownOut) => waiting(
                "thrown out",
                format!(
                    "Another client has your name, {name}, and the broker keeps only the last one \
                     that came. End the other program, or choose another id."
                ),
            ),
            Some(Parting::TooLong(length)) => waiting(
                "not connected",
                format!(
                    "It was sent a packet of {length} bytes, and its connection has ended. rumqttc \
                     takes none above {LONGEST} bytes: `set_max_packet_size` allows more."
                ),
            ),
            None if self.brief >= AGAIN => waiting(
                "not connected",
                format!(
                    "Its connection ends each time soon after the broker has accepted it. If \
                     another client has your name, {name}, the two throw each other out: end the \
                     other program, or choose another id."
                ),
            ),
            None if by == Some(Sender::Program) => waiting(
                "not connected",
                "It runs, but it has ended its connection to the broker, without a goodbye.",
            ),
            Some(Parting::Goodbye) | None => waiting(
                "not connected",
                "It runs, but its connection to the broker has ended.",
            ),
        })
    }

    /// The line is down: that is why connections end.
    pub(super) fn line_is_down(&mut self) {
        self.brief = 0;
    }

    /// The program has ended.
    pub(super) fn forget(&mut self) {
        *self = Self::new(std::mem::take(&mut self.source));
    }

    fn name(&self, link: u32) -> String {
        self.names.get(&link).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said at the end of each of these connections, which last so long.
    fn told(
        lives: &[Duration],
        last: Option<(Sender, v4::Packet, usize)>,
        by: Sender,
    ) -> Vec<String> {
        let mut connections = Connections::new(String::new());
        let mut at = Instant::now();
        let mut told = Vec::new();
        for (link, life) in (1..).zip(lives) {
            let connect = v4::Packet::Connect(v4::Connect::new("me"));
            connections.after_packet(at, link, Sender::Program, &connect, 14);
            let accepted = v4::ConnAck::new(ConnectReturnCode::Success, false);
            let accepted = v4::Packet::ConnAck(accepted);
            let state = connections.after_packet(at, link, Sender::Broker, &accepted, 4);
            assert!(state.unwrap().detail.contains("as me"));
            at += *life;
            if let Some((from, packet, length)) = &last {
                connections.after_packet(at, link, *from, packet, *length);
            }
            told.push(connections.after_end(at, link, Some(by)).unwrap().detail);
        }
        told
    }

    const SOON: Duration = Duration::from_millis(900);
    const LATE: Duration = Duration::from_secs(60);
    const NAME: &str = "another client has your name, me";

    #[test]
    fn who_is_closed_out_again_and_again_may_have_a_twin() {
        let words = told(&[LATE, SOON, SOON, LATE], None, Sender::Broker);
        let named: Vec<bool> = words.iter().map(|words| words.contains(NAME)).collect();
        assert_eq!(named, [false, false, true, false], "{words:?}");
        let goodbye = (Sender::Program, v4::Packet::Disconnect, 2);
        let words = told(&[SOON, SOON, SOON], Some(goodbye), Sender::Broker).concat();
        assert!(!words.contains(NAME), "{words}");
        let words = told(&[SOON, SOON, SOON], None, Sender::Program).concat();
        assert!(!words.contains(NAME), "{words}");
        assert!(words.contains("it has ended its connection"), "{words}");
    }

    #[test]
    fn who_is_thrown_out_has_a_twin() {
        let words = told(
            &[LATE],
            Some((Sender::Broker, v4::Packet::Disconnect, 2)),
            Sender::Broker,
        )
        .concat();
        assert!(
            words.starts_with("Another client has your name, me"),
            "{words}"
        );
    }

    #[test]
    fn a_packet_that_is_too_long_for_rumqttc_is_named() {
        let ping = v4::Packet::PingResp;
        let words = |length| {
            let last = Some((Sender::Broker, ping.clone(), length));
            told(&[LATE], last, Sender::Program).concat()
        };
        assert!(words(LONGEST + 1).contains("set_max_packet_size"));
        assert!(!words(LONGEST).contains("set_max_packet_size"));
    }
}
