//! Packets as lines.

use arena::record::Sender;
use arena::wire::{ConnectReturnCode, Packet, QoS, SubscribeReasonCode};
use course::Detail;
use course::wording::counted;
use rumqttc::mqttbytes::v4;
use serde_json::Value;

use super::names::Names;
use crate::findings::payload::visible;

/// Writes packets down.
pub(super) struct Packets<'a> {
    names: &'a Names<'a>,
    shows: &'a [Detail],
    /// The packet identifiers so far, by who chose them: they are told by their order, as their
    /// numbers are free choice (MQTT 3.1.1, section 2.3.1).
    numbered: Vec<(Sender, u16)>,
}

impl<'a> Packets<'a> {
    pub fn new(names: &'a Names<'a>, shows: &'a [Detail]) -> Self {
        Self {
            names,
            shows,
            numbered: Vec::new(),
        }
    }

    /// A packet, unless it says nothing that is shown. `no_publish` leaves out messages.
    pub fn line(&mut self, from: Sender, packet: &Packet, no_publish: bool) -> Option<String> {
        let arrow = match from {
            Sender::Program => "->",
            Sender::Broker => "<-",
        };
        let what = match packet {
            Packet::V4(v4::Packet::Publish(_)) if no_publish => return None,
            Packet::V4(packet) => self.v4(from, packet)?,
            Packet::OtherVersion { level } => format!("CONNECT of protocol level {level}"),
            Packet::Undecoded { first, length } => {
                let bytes = counted(*length, "byte that is", "bytes that are");
                format!("{bytes} no MQTT 3.1.1 packet, the first is {first:#04x}")
            }
            Packet::Cut { first, length } => {
                format!("the first {length} bytes of a packet, the first is {first:#04x}")
            }
        };
        Some(format!("{arrow} {what}"))
    }

    fn shows(&self, detail: Detail) -> bool {
        self.shows.contains(&detail)
    }

    fn v4(&mut self, from: Sender, packet: &v4::Packet) -> Option<String> {
        let answered = match from {
            Sender::Program => Sender::Broker,
            Sender::Broker => Sender::Program,
        };
        Some(match packet {
            v4::Packet::Connect(connect) => self.connect(connect),
            v4::Packet::ConnAck(answer) => match answer.code {
                ConnectReturnCode::Success if self.shows(Detail::Sessions) => {
                    let present = if answer.session_present { "" } else { "no " };
                    format!("CONNACK accepted, {present}session present")
                }
                ConnectReturnCode::Success => "CONNACK accepted".to_owned(),
                code => format!("CONNACK refused: {code:?}"),
            },
            v4::Packet::Subscribe(subscribe) => {
                let filters = subscribe.filters.iter();
                let filters =
                    filters.map(|filter| self.names.hide(&filter.path) + &self.quality(filter.qos));
                let filters = filters.collect::<Vec<_>>().join(", ");
                format!("SUBSCRIBE {filters}{}", self.number(from, subscribe.pkid))
            }
            // A granted subscription says nothing new, and may cross with a message.
            v4::Packet::SubAck(answer) => {
                let refused = answer.return_codes.contains(&SubscribeReasonCode::Failure);
                if !refused && !self.shows(Detail::Acknowledgements) {
                    return None;
                }
                let outcome = if refused { "refused" } else { "granted" };
                format!("SUBACK {outcome}{}", self.number(answered, answer.pkid))
            }
            v4::Packet::Publish(publish) => self.publish(from, publish),
            v4::Packet::Unsubscribe(unsubscribe) => format!(
                "UNSUBSCRIBE {}{}",
                self.names.hide(&unsubscribe.topics.join(", ")),
                self.number(from, unsubscribe.pkid)
            ),
            v4::Packet::UnsubAck(answer) => self.answer("UNSUBACK", answered, answer.pkid)?,
            v4::Packet::PubAck(answer) => self.answer("PUBACK", answered, answer.pkid)?,
            v4::Packet::PubRec(answer) => self.answer("PUBREC", answered, answer.pkid)?,
            v4::Packet::PubRel(answer) => self.answer("PUBREL", from, answer.pkid)?,
            v4::Packet::PubComp(answer) => self.answer("PUBCOMP", answered, answer.pkid)?,
            v4::Packet::Disconnect => "DISCONNECT".to_owned(),
            v4::Packet::PingReq | v4::Packet::PingResp => return None,
        })
    }

    fn connect(&self, connect: &v4::Connect) -> String {
        let session = if connect.clean_session {
            "clean session"
        } else {
            "session kept"
        };
        let will = connect.last_will.as_ref();
        let will = will.filter(|_| self.shows(Detail::Wills)).map(|will| {
            format!(
                ", will {} {}{}{}",
                self.names.hide(&will.topic),
                payload(&will.message),
                self.quality(will.qos),
                retained(will.retain)
            )
        });
        let will = will.unwrap_or_default();
        format!(
            "CONNECT {}, {session}{will}",
            self.names.hide(&connect.client_id)
        )
    }

    fn publish(&mut self, from: Sender, publish: &v4::Publish) -> String {
        let topic = self.names.hide(&publish.topic);
        let text = self.names.hide_levels(&payload(&publish.payload));
        let duplicate = if publish.dup && self.shows(Detail::Qos) {
            " (duplicate)"
        } else {
            ""
        };
        let number = match publish.qos {
            QoS::AtMostOnce => String::new(),
            _ => self.number(from, publish.pkid),
        };
        let (quality, retained) = (self.quality(publish.qos), retained(publish.retain));
        format!("PUBLISH {topic} {text}{quality}{retained}{duplicate}{number}")
    }

    fn quality(&self, qos: QoS) -> String {
        if self.shows(Detail::Qos) {
            format!(" QoS {}", qos as u8)
        } else {
            String::new()
        }
    }

    /// An answer to what is not shown says nothing.
    fn answer(&mut self, name: &str, chosen_by: Sender, id: u16) -> Option<String> {
        if !self.numbered.contains(&(chosen_by, id)) {
            return None;
        }
        let number = self.number(chosen_by, id);
        (!number.is_empty()).then(|| format!("{name}{number}"))
    }

    /// Which packet is meant, where that is shown.
    fn number(&mut self, chosen_by: Sender, id: u16) -> String {
        if !self.shows(Detail::Acknowledgements) {
            return String::new();
        }
        let known = self
            .numbered
            .iter()
            .position(|known| *known == (chosen_by, id));
        let place = known.unwrap_or_else(|| {
            self.numbered.push((chosen_by, id));
            self.numbered.len() - 1
        });
        format!(" #{}", place + 1)
    }
}

fn retained(retain: bool) -> &'static str {
    if retain { " (retained)" } else { "" }
}

/// JSON without its spacing, anything else as text.
fn payload(bytes: &[u8]) -> String {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => value.to_string(),
        Err(_) if bytes.is_empty() => "(empty)".to_owned(),
        Err(_) => visible(&String::from_utf8_lossy(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Sender::{Broker, Program};

    fn lines(shows: &[Detail]) -> Vec<String> {
        let names = Names::of("ab12", &[]);
        let mut packets = Packets::new(&names, shows);
        let mut connect = v4::Connect::new("ab12nightlight_client");
        connect.last_will = Some(v4::LastWill::new(
            "ab12/status",
            "offline",
            QoS::AtLeastOnce,
            true,
        ));
        let mut online = v4::Publish::new("ab12/status", QoS::AtLeastOnce, "online");
        (online.pkid, online.retain, online.dup) = (7, true, true);
        let all = [
            (Program, v4::Packet::Connect(connect)),
            (
                Broker,
                v4::Packet::ConnAck(v4::ConnAck::new(ConnectReturnCode::Success, true)),
            ),
            (Program, v4::Packet::Publish(online)),
            (Broker, v4::Packet::PubAck(v4::PubAck::new(7))),
            (Program, v4::Packet::PingReq),
        ];
        let mut line = |(from, packet)| packets.line(from, &Packet::V4(packet), false);
        all.into_iter().filter_map(&mut line).collect()
    }

    #[test]
    fn a_step_shows_what_it_asks_for() {
        assert_eq!(
            lines(&[]),
            [
                "-> CONNECT <id>nightlight_client, clean session",
                "<- CONNACK accepted",
                "-> PUBLISH <id>/status online (retained)",
            ]
        );
        let all = [
            Detail::Qos,
            Detail::Acknowledgements,
            Detail::Wills,
            Detail::Sessions,
        ];
        assert_eq!(
            lines(&all),
            [
                "-> CONNECT <id>nightlight_client, clean session, will <id>/status offline QoS 1 \
                 (retained)",
                "<- CONNACK accepted, session present",
                "-> PUBLISH <id>/status online QoS 1 (retained) (duplicate) #1",
                "<- PUBACK #1",
            ]
        );
    }
}
