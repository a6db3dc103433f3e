//! The program comes online: every step begins so, and each CONNECT is looked at.

use std::collections::{HashMap, HashSet};

use arena::record::{Entry, Event, Missed, Sender};
use arena::wire::{ConnectReturnCode, Packet};
use rumqttc::mqttbytes::v4;

use super::{missed, payload};
use crate::actor::{Actor, PROMPT};
use crate::queries;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// It connects, and keeps the connection.
pub const CONNECTS: &str = "connects";
/// Under the name that the course gives it.
pub const NAME: &str = "client-name";
/// Each time with a clean session.
pub const SESSION: &str = "clean-session";

/// The fewest connections too many that show that a program does not keep the first one.
const TOO_MANY: usize = 2;

/// Waits until the broker has accepted the program.
///
/// # Errors
/// [`Stop::Program`] when it never comes online.
pub async fn arrive(stage: &mut Stage, actor: &Actor) -> Result<(), Stop> {
    let accepted = actor.drive(0, PROMPT, |entries| {
        entries.iter().any(queries::is_accepted).then_some(())
    });
    let arrived = accepted.await.map_err(|why| never_online(actor, &why));
    stage.insist(actor, CONNECTS, arrived)
}

/// Looks back at a whole scene: how the program introduced itself, the first time and later, and
/// whether anything but a broken line made it connect again.
pub fn look_back(stage: &mut Stage, actor: &Actor) {
    let (connects, level, twins) = actor.record.look(|entries| {
        let connects: Vec<v4::Connect> = queries::connects(entries).cloned().collect();
        (connects, other_version(entries), take_over(entries))
    });
    if let Some(level) = level {
        stage.fail(actor, CONNECTS, speaks_other_version(level));
    }
    for connect in &connects {
        stage.judge(actor, NAME, name(&connect.client_id, actor));
        stage.judge(actor, SESSION, session(connect));
    }
    if let Some(name) = twins {
        stage.fail(actor, NAME, twice(&name));
        // What gets lost in a take-over is chance.
        stage.explains_all(actor, NAME);
    } else {
        stage.judge_seen(actor, CONNECTS, stays(actor));
    }
}

/// What the lesson's programs print when the broker has accepted them.
const CLAIM: &str = "mqtt connected";

/// Looks at a program that was never online: it has no reason to say that it is. In which words it
/// says so later is free.
pub fn claims_nothing(stage: &mut Stage, actor: &Actor) {
    let claimed = actor.record.look(|entries| {
        queries::printed(entries).any(|(_, line)| line.to_lowercase().contains(CLAIM))
    });
    if claimed {
        let finding = Finding::new(
            "\"MQTT connected!\" when the broker has accepted the program",
            "these words while there was no broker",
        );
        let hint = "`Client::new` connects nothing yet. Only the CONNACK says that the broker has \
                    accepted the program: print it in its arm.";
        stage.fail(actor, CONNECTS, finding.hint(hint));
    }
}

/// Whether the program connected anew, under the same name, though nobody had broken the line.
fn stays(actor: &Actor) -> Result<(), Finding> {
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

fn twice(name: &str) -> Finding {
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

fn session(connect: &v4::Connect) -> Result<(), Finding> {
    if connect.clean_session {
        return Ok(());
    }
    Err(Finding::new(
        "a CONNECT with clean session on",
        "a CONNECT that asks the broker to keep a session",
    ))
}

/// The name under which a second connection was opened beside a living one. One that hung up
/// before the broker's answer was there did not live: who does not wait for it opens the next.
fn take_over(entries: &[Entry]) -> Option<String> {
    let mut names: HashMap<u32, &str> = HashMap::new();
    let mut answered: HashSet<u32> = HashSet::new();
    let mut rivalled: HashSet<u32> = HashSet::new();
    for entry in entries {
        match &entry.event {
            Event::HungUp { link } => drop(names.remove(link)),
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
                rivalled.extend(rivals.map(|(link, _)| *link));
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

fn other_version(entries: &[Entry]) -> Option<u8> {
    entries.iter().find_map(|entry| match &entry.event {
        Event::Packet {
            packet: Packet::OtherVersion { level },
            ..
        } => Some(*level),
        _ => None,
    })
}

fn speaks_other_version(level: u8) -> Finding {
    Finding::new(
        ONLINE,
        format!("a CONNECT of protocol level {level}; MQTT 3.1.1 is level 4"),
    )
    .hint("Use `rumqttc::Client`, not the one in `rumqttc::v5`.")
}

const ONLINE: &str = "a CONNECT, and the broker's CONNACK that accepts it";

fn name(actual: &str, actor: &Actor) -> Result<(), Finding> {
    let (program, id) = (actor.program, actor.id.as_str());
    let expected = &program.client_name_as(&actor.device, id);
    if actual == expected {
        return Ok(());
    }
    let finding = Finding::new(
        format!("client name {expected}"),
        if actual.is_empty() {
            "a CONNECT with no client name".to_owned()
        } else {
            format!("client name {actual}")
        },
    );
    if is_of_no_device(actual, actor) {
        return Err(finding.hint(
            "The device's own name is missing at its end. With more than one device, all of them \
             would have the same client name, and throw each other off the broker for ever: take \
             it from `settings.device`.",
        ));
    }
    let suffix = expected.strip_prefix(id).unwrap_or_default();
    let others = course::steps().iter().flat_map(|step| &step.programs);
    let mut others = others.filter(|other| other.client != program.client);
    let front = actual.strip_suffix(suffix);
    Err(
        if let Some(other) = others.find(|other| actual == other.client_name(id)) {
            finding.hint(format!(
                "That is the name of the {}. No two clients may share one: the broker throws the \
                 first one out when the second comes.",
                other.id
            ))
        } else if actual.to_lowercase() == expected.to_lowercase() {
            finding.hint(
                "That is nearly it. Names are compared letter by letter, capitals too: take the id \
                 as it is.",
            )
        } else if !actual.is_empty() && expected.starts_with(actual) {
            finding.hint(
                "The name is cut short. All of it is needed, however long it is: brokers of today \
                 take client names of more than 23 characters.",
            )
        } else if actual == format!("{suffix}{id}") {
            finding.hint(format!(
                "That is the wrong way round: first the id, then `{suffix}`."
            ))
        } else if front.is_some_and(|front| !front.is_empty() && id.starts_with(front)) {
            finding.hint(
                "The id is cut short. The whole id belongs in front, however long it is: brokers \
                 of today take client names of more than 23 characters.",
            )
        } else if actual.starts_with(expected.as_str()) {
            finding.hint(format!(
                "After the id comes exactly `{suffix}`, each time, and nothing behind it. Who comes \
                 back under the same name takes their own place again, and one `Client` is enough \
                 for a program."
            ))
        } else if actual.contains(id) {
            finding.hint(format!(
                "After the id comes exactly `{suffix}`, with nothing in between."
            ))
        } else if front.is_some_and(|front| payload::is_like(front, id)) {
            finding.hint(
                "That is nearly it, but not your id to the letter: leave nothing out of it, and \
                 change nothing.",
            )
        } else if actual.ends_with(suffix) {
            finding.hint(
                "The name ends right, but your id is not in front. Take it from `settings.id`: two \
                 learners with one name throw each other off the broker for ever.",
            )
        } else {
            finding
        },
    )
}

/// Whether it is the name that all devices would have.
fn is_of_no_device(actual: &str, actor: &Actor) -> bool {
    let all = actor.program.client_name_as("", &actor.id);
    actor.is_named() && actual.trim_end_matches('_') == all.trim_end_matches('_')
}

fn never_online(actor: &Actor, why: &Missed) -> Finding {
    let expected = ONLINE;
    let sight = actor.record.look(furthest);
    let finding = missed(&actor.record, expected, why);
    if finding.hint.is_some() {
        return finding;
    }
    match sight {
        Sight::Refused(code) => Finding::new(
            expected,
            format!("the broker refused the CONNECT: {code:?}"),
        ),
        Sight::OtherVersion(level) => speaks_other_version(level),
        Sight::Silent => Finding::new(
            expected,
            "a TCP connection was opened, but no CONNECT came over it",
        ),
        Sight::Unpolled => Finding::new(
            expected,
            "the program runs but never opened a connection to NIGHTLIGHT_BROKER",
        )
        .hint(if actor.record.look(looks_at_its_sensor) {
            "`Client::new` only prepares the connection. Nothing happens until the program goes \
             round `for event in connection.iter()`. A loop over the sensor that runs in `main` \
             before it needs a thread of its own: `main` never comes to the event loop. And host \
             and port come from `settings.broker`."
        } else {
            "`Client::new` only prepares the connection. Nothing happens until the program goes \
             round `for event in connection.iter()`. Host and port come from `settings.broker`."
        }),
        Sight::Unanswered(1) => Finding::new(expected, "a CONNECT, but no CONNACK came back"),
        Sight::Unanswered(times) => Finding::new(
            expected,
            format!("{times} CONNECTs, each given up before the broker's answer was there"),
        )
        .hint(
            "On a slow line the answer takes a while. `recv_timeout` with less time than that \
             begins anew each time and never comes online: go round `connection.iter()`, or give \
             it a second and more.",
        ),
    }
}

fn looks_at_its_sensor(entries: &[Entry]) -> bool {
    entries
        .iter()
        .any(|entry| matches!(entry.event, Event::LightRead(_)))
}

/// How far the program got.
enum Sight {
    Unpolled,
    Silent,
    OtherVersion(u8),
    Unanswered(usize),
    Refused(ConnectReturnCode),
}

fn furthest(entries: &[Entry]) -> Sight {
    let mut sight = Sight::Unpolled;
    for entry in entries {
        match &entry.event {
            Event::Dialled { .. } if matches!(sight, Sight::Unpolled) => sight = Sight::Silent,
            Event::Packet {
                packet: Packet::OtherVersion { level },
                ..
            } => {
                sight = Sight::OtherVersion(*level);
            }
            _ if queries::connects(std::slice::from_ref(entry))
                .next()
                .is_some() =>
            {
                sight = match sight {
                    Sight::Unanswered(times) => Sight::Unanswered(times + 1),
                    _ => Sight::Unanswered(1),
                };
            }
            _ => {
                if let Some(code) = queries::connack(entry) {
                    sight = Sight::Refused(code);
                }
            }
        }
    }
    sight
}
