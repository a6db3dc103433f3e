//! Questions to a record: what crossed the line, what happened on the board.

use arena::record::{End, Entry, Event, Sender, Stream};
use arena::wire::{ConnectReturnCode, Packet, SubscribeReasonCode};
use rumqttc::mqttbytes::v4;

/// A packet the program sent.
pub fn sent(entry: &Entry) -> Option<&v4::Packet> {
    packet(entry, Sender::Program)
}

/// A packet the broker sent.
pub fn received(entry: &Entry) -> Option<&v4::Packet> {
    packet(entry, Sender::Broker)
}

fn packet(entry: &Entry, sender: Sender) -> Option<&v4::Packet> {
    match &entry.event {
        Event::Packet {
            from,
            packet: Packet::V4(packet),
            ..
        } if *from == sender => Some(packet),
        _ => None,
    }
}

/// All CONNECTs of the program.
pub fn connects(entries: &[Entry]) -> impl Iterator<Item = &v4::Connect> {
    entries.iter().filter_map(|entry| match sent(entry)? {
        v4::Packet::Connect(connect) => Some(connect),
        _ => None,
    })
}

/// The broker's answer to a CONNECT.
pub fn connack(entry: &Entry) -> Option<ConnectReturnCode> {
    match received(entry)? {
        v4::Packet::ConnAck(answer) => Some(answer.code),
        _ => None,
    }
}

/// Whether the broker has accepted the program here.
pub fn is_accepted(entry: &Entry) -> bool {
    connack(entry) == Some(ConnectReturnCode::Success)
}

/// Whether the broker has refused the program here.
pub fn is_refused(entry: &Entry) -> bool {
    connack(entry).is_some_and(|code| code != ConnectReturnCode::Success)
}

/// How often the two ends of a connection have not agreed on how to talk.
pub fn failed_links(entries: &[Entry]) -> usize {
    let failed = |entry: &&Entry| matches!(entry.event, Event::LinkFailed { .. });
    entries.iter().filter(failed).count()
}

/// A message the program published.
pub fn publish(entry: &Entry) -> Option<&v4::Publish> {
    match sent(entry)? {
        v4::Packet::Publish(publish) => Some(publish),
        _ => None,
    }
}

/// All messages the program published.
pub fn published(entries: &[Entry]) -> impl Iterator<Item = &v4::Publish> {
    entries.iter().filter_map(publish)
}

/// The broker's answer to a SUBSCRIBE.
pub fn suback(entry: &Entry) -> Option<&v4::SubAck> {
    match received(entry)? {
        v4::Packet::SubAck(answer) => Some(answer),
        _ => None,
    }
}

/// Whether the broker refuses a subscription here (MQTT 3.1.1, section 3.9.3).
pub fn refuses_subscription(entry: &Entry) -> bool {
    let codes = suback(entry).map(|answer| &answer.return_codes);
    codes.is_some_and(|codes| codes.contains(&SubscribeReasonCode::Failure))
}

/// Whether the broker says here that it has a message of the program.
pub fn is_puback(entry: &Entry) -> bool {
    matches!(received(entry), Some(v4::Packet::PubAck(_)))
}

/// Whether a message was delivered to the program here.
pub fn is_delivery(entry: &Entry) -> bool {
    matches!(received(entry), Some(v4::Packet::Publish(_)))
}

/// All topic filters the program subscribed to.
pub fn filters(entries: &[Entry]) -> impl Iterator<Item = &str> {
    entries
        .iter()
        .filter_map(|entry| match sent(entry)? {
            v4::Packet::Subscribe(subscribe) => Some(subscribe),
            _ => None,
        })
        .flat_map(|subscribe| subscribe.filters.iter().map(|filter| filter.path.as_str()))
}

/// All that the LED was told.
pub fn leds(entries: &[Entry]) -> impl Iterator<Item = bool> {
    entries.iter().filter_map(|entry| match entry.event {
        Event::Led(on) => Some(on),
        _ => None,
    })
}

/// What the LED was last told.
pub fn led(entries: &[Entry]) -> Option<bool> {
    entries.iter().rev().find_map(|entry| match entry.event {
        Event::Led(on) => Some(on),
        _ => None,
    })
}

/// All lines the program printed.
pub fn printed(entries: &[Entry]) -> impl Iterator<Item = (Stream, &str)> {
    entries.iter().filter_map(|entry| match &entry.event {
        Event::Printed { stream, text } => Some((*stream, text.as_str())),
        _ => None,
    })
}

/// All lines with something in them that the program printed on standard error.
pub fn errors(entries: &[Entry]) -> impl Iterator<Item = &str> {
    let lines = printed(entries);
    let errors = lines.filter(|(stream, line)| *stream == Stream::Err && !line.trim().is_empty());
    errors.map(|(_, line)| line)
}

/// What the program printed last: the error that ended `main` if there is one, else the last line.
pub fn last_words(entries: &[Entry]) -> Option<String> {
    let errors: Vec<&str> = printed(entries)
        .filter(|(stream, _)| *stream == Stream::Err)
        .map(|(_, text)| text.trim())
        .collect();
    if let Some(error) = errors.iter().rposition(|line| line.starts_with("Error: ")) {
        // After an empty line follow the causes, which the first lines have said already.
        let words = errors[error..].iter().take_while(|line| !line.is_empty());
        return Some(words.copied().collect::<Vec<_>>().join(" "));
    }
    printed(entries)
        .last()
        .map(|(_, text)| text.trim().to_owned())
}

/// How the program ended, if it has.
pub fn end(entries: &[Entry]) -> Option<End> {
    entries.iter().rev().find_map(|entry| match &entry.event {
        Event::Ended(end) => Some(end.clone()),
        _ => None,
    })
}

/// Whether the program was ended because it printed or sent without end.
pub fn flooded(entries: &[Entry]) -> bool {
    entries
        .iter()
        .any(|entry| matches!(entry.event, Event::Ended(End::Flooded(_))))
}

/// The message and place of the program's first panic: std prints the place, then the message on
/// the next line.
pub fn panic(entries: &[Entry]) -> Option<String> {
    let mut lines = printed(entries).filter(|(stream, _)| *stream == Stream::Err);
    let place = lines.find_map(|(_, text)| panicked_at(text))?;
    let message = lines.next().map_or("", |(_, text)| text);
    Some(format!("{message} (at {place})"))
}

/// The place that the first line of a panic names.
pub fn panicked_at(line: &str) -> Option<&str> {
    let (_, place) = line.split_once("panicked at ")?;
    Some(place.trim_end_matches(':'))
}

/// So many waits for one look at the sensor are small pieces of one.
const PIECES: usize = 60;

/// Whether a round takes long to watch: the program sleeps in real time, or waits in so many small
/// pieces that each round is a long talk with the board. It is asked for fewer rounds.
pub fn goes_slowly(entries: &[Entry]) -> bool {
    let count = |is: fn(&Event) -> bool| entries.iter().filter(|entry| is(&entry.event)).count();
    let looks = count(|event| matches!(event, Event::LightRead(_)));
    let waits = count(|event| matches!(event, Event::WaitBegan(_)));
    waits == 0 || waits > PIECES * looks.max(1)
}

/// By which clock a program paces itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pacing {
    /// The board's virtual one, which is exact.
    Virtual,
    /// The machine's, which stretches under load.
    Real,
}

impl Pacing {
    /// A program that has ever waited on the board's clock goes by it.
    pub fn of(entries: &[Entry]) -> Self {
        let waits = |entry: &Entry| matches!(entry.event, Event::WaitBegan(_));
        if entries.iter().any(waits) {
            Self::Virtual
        } else {
            Self::Real
        }
    }

    /// How long the program meant to let pass between two entries, in seconds.
    pub fn between(self, earlier: &Entry, later: &Entry) -> f64 {
        let pause = match self {
            Self::Virtual => later.virtual_at.saturating_sub(earlier.virtual_at),
            Self::Real => later.at.saturating_duration_since(earlier.at),
        };
        pause.as_secs_f64()
    }

    /// Whether a pause of so many seconds is as long as asked, or a little longer: there is more in
    /// a round than the wait. A real one may be stretched.
    pub fn is(self, pause: f64, asked: f64) -> bool {
        let slack = match self {
            Self::Virtual => 0.1,
            Self::Real => 1.0,
        };
        (asked * 0.9..asked * (1.0 + slack) + 0.2).contains(&pause)
    }
}
