//! How often a program connects, and whether it had to.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use arena::record::{Entry, Event, Sender};
use arena::wire::Packet;
use rumqttc::mqttbytes::v4;

use crate::actor::Actor;
use crate::queries;
use crate::sheet::Finding;

/// The fewest connections too many that show that a program does not keep the first one.
const TOO_MANY: usize = 2;

/// The fewest CONNECTs given up that show that a program does not wait for the answer.
const GIVEN_UP: usize = 3;

/// Who has waited so long has given the broker time enough.
const LONG: Duration = Duration::from_secs(2);

/// Whether the program hung up again and again before the broker's answer was there.
pub fn waits_for_the_answer(actor: &Actor) -> Result<(), Finding> {
    let breaks = actor.breaks().clone();
    let times = actor.record.look(|entries| hung_up(entries, &breaks));
    if times < GIVEN_UP {
        return Ok(());
    }
    Err(given_up(times))
}

/// So many CONNECTs had no answer yet when the next one came.
pub fn given_up(times: usize) -> Finding {
    Finding::new(
        super::ONLINE,
        format!("{times} CONNECTs, each given up before the broker's answer was there"),
    )
    .hint(
        "On a slow line the answer takes a while. `recv_timeout` with less time than that begins \
         anew each time and never comes online: go round `connection.iter()`, or give it a second \
         and more.",
    )
}

/// How many connections the program ended between its CONNECT and the answer.
pub fn hung_up(entries: &[Entry], breaks: &[usize]) -> usize {
    let mut asked: HashMap<u32, (usize, Instant)> = HashMap::new();
    let mut times = 0;
    for (place, entry) in entries.iter().enumerate() {
        match &entry.event {
            Event::Packet {
                link,
                from: Sender::Program,
                packet: Packet::V4(v4::Packet::Connect(_)),
                ..
            } => drop(asked.insert(*link, (place, entry.at))),
            Event::Packet {
                link,
                packet: Packet::V4(v4::Packet::ConnAck(_)),
                ..
            } => drop(asked.remove(link)),
            // A connection that we ended, because there were too many, was not given up.
            Event::HungUp { link, by: None } => drop(asked.remove(link)),
            Event::HungUp { link, .. } => {
                let in_vain = |(asked, at): (usize, Instant)| {
                    let whole = !breaks.iter().any(|cut| (asked..=place).contains(cut));
                    whole && entry.at.saturating_duration_since(at) < LONG
                };
                times += usize::from(asked.remove(link).is_some_and(in_vain));
            }
            _ => {}
        }
    }
    times
}

/// Whether the program connected anew, under the same name, though nobody had broken the line.
pub fn stays(actor: &Actor) -> Result<(), Finding> {
    let breaks = actor.breaks().clone();
    let lives = actor.record.look(lives);
    let whole = |pair: &&[usize]| !breaks.iter().any(|cut| (pair[0]..=pair[1]).contains(cut));
    let unasked = |lives: &Vec<usize>| lives.windows(2).filter(whole).count();
    let unasked = lives.values().map(unasked).max().unwrap_or_default();
    if unasked < TOO_MANY {
        return Ok(());
    }
    Err(Finding::new(
        "one connection that stays open",
        format!("{unasked} new connections while the line was whole"),
    )
    .hint(
        "A client connects once, before the loop, and its connection stays open: everything it \
         has to say goes over that one. `connection.iter()` connects again by itself when the line \
         was lost, and only then.",
    ))
}

/// Where the broker accepted the program, for each of its names.
fn lives(entries: &[Entry]) -> HashMap<String, Vec<usize>> {
    let mut names: HashMap<u32, &str> = HashMap::new();
    let mut lives: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, entry) in entries.iter().enumerate() {
        match &entry.event {
            Event::Packet {
                link,
                packet: Packet::V4(v4::Packet::Connect(connect)),
                ..
            } => drop(names.insert(*link, &connect.client_id)),
            Event::Packet { link, .. } if queries::is_accepted(entry) => {
                let name = names.get(link).copied().unwrap_or_default();
                lives.entry(name.to_owned()).or_default().push(place);
            }
            _ => {}
        }
    }
    lives
}

/// Two clients with one name.
pub fn twice(name: &str) -> Finding {
    Finding::new(
        format!("one client called {name}"),
        format!(
            "a second CONNECT as {name} while the first was still connected: the broker throws the \
             first one out (MQTT 3.1.1, section 3.1.4)"
        ),
    )
    .hint(
        "Two clients with the same name throw each other out for ever. One `Client` is enough for a \
         program: `client.clone()` publishes from another thread.",
    )
}

/// The name under which a second connection was opened beside a living one. One that hung up
/// before the broker's answer was there did not live: who does not wait for it opens the next.
pub fn take_over(entries: &[Entry]) -> Option<String> {
    // On a busy machine a connection's end is seen later than the next one's beginning. One that the
    // program itself ended was no rival, and neither was one that we cut.
    let ended = entries.iter().filter_map(|entry| match entry.event {
        Event::HungUp {
            link,
            by: Some(Sender::Program) | None,
        } => Some(link),
        _ => None,
    });
    let ended: HashSet<u32> = ended.collect();
    let mut names: HashMap<u32, &str> = HashMap::new();
    let mut answered: HashSet<u32> = HashSet::new();
    let mut rivalled: HashSet<u32> = HashSet::new();
    for entry in entries {
        match &entry.event {
            Event::HungUp { link, .. }
            | Event::Packet {
                link,
                packet: Packet::V4(v4::Packet::Disconnect),
                ..
            } => drop(names.remove(link)),
            // Who was refused has never lived.
            Event::Packet { link, .. } if queries::is_refused(entry) => drop(names.remove(link)),
            Event::Packet {
                link,
                packet: Packet::V4(v4::Packet::ConnAck(_)),
                ..
            } => drop(answered.insert(*link)),
            Event::Packet {
                link,
                from: Sender::Program,
                packet: Packet::V4(v4::Packet::Connect(connect)),
                ..
            } => {
                let name = connect.client_id.as_str();
                let rivals = names.iter().filter(|(_, known)| **known == name);
                let rivals = rivals.map(|(link, _)| *link);
                rivalled.extend(rivals.filter(|link| !ended.contains(link)));
                names.insert(*link, name);
            }
            _ => continue,
        }
        let mut links = rivalled.intersection(&answered);
        if let Some(name) = links.find_map(|link| names.get(link)) {
            return Some((*name).to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(event: Event) -> Entry {
        Entry {
            at: Instant::now(),
            virtual_at: Duration::ZERO,
            event,
        }
    }

    /// A CONNECT as `nightlight` over this connection, and the CONNACK that accepts it.
    fn comes_online(link: u32) -> [Entry; 2] {
        connects(link, rumqttc::ConnectReturnCode::Success)
    }

    /// The same with this answer.
    fn connects(link: u32, code: rumqttc::ConnectReturnCode) -> [Entry; 2] {
        let packet = |from, packet| {
            entry(Event::Packet {
                link,
                from,
                packet: Packet::V4(packet),
                length: 0,
            })
        };
        let connect = v4::Packet::Connect(v4::Connect::new("nightlight"));
        let answer = v4::ConnAck::new(code, false);
        [
            packet(Sender::Program, connect),
            packet(Sender::Broker, v4::Packet::ConnAck(answer)),
        ]
    }

    /// Two connections, and the end of the first, which is seen last.
    fn two(by: Option<Sender>) -> Option<String> {
        let end = entry(Event::HungUp { link: 1, by });
        let entries = [comes_online(1), comes_online(2)].concat();
        take_over(&[entries.as_slice(), &[end]].concat())
    }

    #[test]
    fn who_is_thrown_out_had_a_twin() {
        assert_eq!(two(Some(Sender::Broker)).as_deref(), Some("nightlight"));
    }

    #[test]
    fn who_was_refused_is_no_twin_of_its_next_attempt() {
        let refused = connects(1, rumqttc::ConnectReturnCode::NotAuthorized);
        let entries = [refused, comes_online(2)].concat();
        assert_eq!(take_over(&entries), None);
    }

    #[test]
    fn who_hung_up_has_no_twin_though_its_end_is_seen_late() {
        assert_eq!(two(Some(Sender::Program)), None);
    }

    #[test]
    fn whose_line_was_cut_has_no_twin() {
        assert_eq!(two(None), None);
    }
}
