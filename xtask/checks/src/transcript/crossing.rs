//! Packets that cross on their way, in an order that is chance.

use std::collections::HashSet;

use arena::record::Sender;
use arena::wire::Packet;
use rumqttc::mqttbytes::v4;

use super::Line;

/// What the program has said itself, and hears because it has subscribed to it.
#[derive(Default)]
pub(super) struct Echoes(HashSet<(String, Vec<u8>)>);

impl Echoes {
    /// Whether this is one. Packets are given in their order.
    pub fn is_one(&mut self, from: Sender, packet: &Packet) -> bool {
        let Packet::V4(v4::Packet::Publish(message)) = packet else {
            return false;
        };
        let said = (message.topic.clone(), message.payload.to_vec());
        match from {
            Sender::Program => {
                self.0.insert(said);
                false
            }
            Sender::Broker => !message.retain && self.0.contains(&said),
        }
    }
}

/// Adds a line. An answer of one of these kinds is put beside what it answers, and left out where
/// that is not shown. It counts as seen when that was.
pub(super) fn put(lines: &mut Vec<Line>, (at, line): Line, answers: &[&str]) {
    let beside = |lines: &mut Vec<Line>, place: usize, line| {
        let (at, _) = lines[place];
        lines.insert(place + 1, (at, line));
    };
    let Some(number) = answered(&line, answers) else {
        // Searched only for what may belong there: a program that floods has tens of thousands of lines.
        let may_belong = is_kept(&line) && !answers.is_empty();
        let mut others = lines.iter();
        let place = may_belong
            .then(|| others.rposition(|(_, other)| other.contains(" SUBACK ")))
            .flatten();
        match place {
            Some(place) => beside(lines, place, line),
            None => lines.push((at, line)),
        }
        return;
    };
    let end = format!(" #{number}");
    let asks = |other: &str| other.ends_with(&end) && answered(other, answers).is_none();
    if let Some(place) = lines.iter().rposition(|(_, other)| asks(other)) {
        beside(lines, place, line);
    }
}

/// What the broker has kept comes with the answer to a subscription.
fn is_kept(line: &str) -> bool {
    line.starts_with("<- PUBLISH ") && line.contains(" (retained)")
}

/// The number of what such a line answers.
fn answered<'a>(line: &'a str, answers: &[&str]) -> Option<&'a str> {
    let (name, number) = line.rsplit_once(" #")?;
    // After the arrow.
    let name = name.get(3..)?;
    let mut answers = answers.iter();
    answers
        .any(|answer| name.starts_with(answer))
        .then_some(number)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn an_answer_stands_beside_what_it_answers() {
        let mut lines = Vec::new();
        let at = Instant::now();
        for line in [
            "-> SUBSCRIBE a QoS 0 #1",
            "-> PUBLISH a x QoS 1 #2",
            "<- SUBACK granted #1",
            "<- PUBACK #3",
            "<- PUBLISH a old QoS 0 (retained)",
            "-> DISCONNECT",
            "<- PUBACK #2",
        ] {
            put(&mut lines, (at, line.to_owned()), &["SUBACK", "PUBACK"]);
        }
        let texts: Vec<_> = lines.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "-> SUBSCRIBE a QoS 0 #1",
                "<- SUBACK granted #1",
                "<- PUBLISH a old QoS 0 (retained)",
                "-> PUBLISH a x QoS 1 #2",
                "<- PUBACK #2",
                "-> DISCONNECT",
            ]
        );
    }
}
