//! The program comes online: every step begins so, and each CONNECT is looked at.

mod lives;
mod name;

use arena::record::{End, Entry, Event, Flood, Missed};
use arena::wire::{ConnectReturnCode, Packet};
use rumqttc::mqttbytes::v4;

use super::missed;
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
/// Or else with one that the broker keeps.
pub const KEPT: &str = "keeps-session";

/// After so many CONNECTs given up nobody waits for another.
const ENOUGH: usize = 12;

/// Waits until the broker has accepted the program.
///
/// # Errors
/// [`Stop::Program`] when it never comes online.
pub async fn arrive(stage: &mut Stage, actor: &Actor) -> Result<(), Stop> {
    let accepted = actor.drive(0, PROMPT, |entries| {
        let is_online = entries.iter().any(queries::is_accepted);
        // Who hangs up before the answer is there may go on so for ever.
        let gives_up = || lives::hung_up(entries, &[]) >= ENOUGH;
        let is_in_vain = is_in_vain(entries);
        (is_online || is_in_vain || gives_up()).then_some(is_in_vain)
    });
    let arrived = match accepted.await {
        Ok(false) => lives::waits_for_the_answer(actor),
        Ok(true) => Err(never_online(actor, &Missed::TimeUp(PROMPT))),
        Err(why) => Err(never_online(actor, &why)),
    };
    stage.insist(actor, CONNECTS, arrived)
}

/// Whether it has tried often enough to agree with the line on how to talk: nothing but the same will
/// come of it.
pub(super) fn is_in_vain(entries: &[Entry]) -> bool {
    queries::failed_links(entries) >= ENOUGH
}

/// Looks back at a whole scene: how the program introduced itself, the first time and later, and
/// whether anything but a broken line made it connect again.
pub fn look_back(stage: &mut Stage, actor: &Actor) {
    let (connects, level, twins) = actor.record.look(|entries| {
        let connects: Vec<v4::Connect> = queries::connects(entries).cloned().collect();
        (connects, other_version(entries), lives::take_over(entries))
    });
    if let Some(level) = level {
        stage.fail(actor, CONNECTS, speaks_other_version(level));
    }
    for connect in &connects {
        stage.judge(actor, NAME, name::judge(&connect.client_id, actor));
        if stage.asks(actor, KEPT) {
            stage.judge(actor, KEPT, kept_session(connect));
        } else {
            stage.judge(actor, SESSION, session(connect));
        }
    }
    if let Some(name) = twins {
        stage.fail(actor, NAME, lives::twice(&name));
        // What gets lost in a take-over is chance.
        stage.explains_all(actor, NAME);
    } else {
        stage.judge_seen(actor, CONNECTS, lives::waits_for_the_answer(actor));
        stage.judge_seen(actor, CONNECTS, lives::stays(actor));
    }
}

/// What the lesson's programs print when the broker has accepted them.
const CLAIM: &str = "mqtt connected";

/// How often it has said so.
fn claims(entries: &[Entry]) -> usize {
    let claims = |line: &str| line.to_lowercase().contains(CLAIM);
    let lines = queries::printed(entries).filter(|(_, line)| claims(line));
    lines.count()
}

/// Looks at a program that was never online: it has no reason to say that it is. In which words it
/// says so later is free.
pub fn claims_nothing(stage: &mut Stage, actor: &Actor) {
    if actor.record.look(claims) > 0 {
        stage.fail(actor, CONNECTS, claimed());
    }
}

/// Looks at a program that is offline since this place, and was online before. What it says of that
/// may come late: only whoever says so more often than it was accepted says it now.
pub(super) fn claims_no_more(stage: &mut Stage, actor: &Actor, since: usize) {
    let again = actor.record.look(|entries| {
        let accepted = entries.iter().filter(|entry| queries::is_accepted(entry));
        claims(&entries[since..]) > 0 && claims(entries) > accepted.count()
    });
    if again {
        stage.fail(actor, CONNECTS, claimed());
    }
}

fn claimed() -> Finding {
    Finding::new(
        "\"MQTT connected!\" when the broker has accepted the program",
        "these words while it had not, or no longer",
    )
    .hint(
        "Neither `Client::new` nor another turn of the event loop connects anything yet. Only the \
         CONNACK says that the broker has accepted the program: print it in its arm.",
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

fn kept_session(connect: &v4::Connect) -> Result<(), Finding> {
    if !connect.clean_session {
        return Ok(());
    }
    Err(Finding::new(
        "a CONNECT with clean session off",
        "a CONNECT with a clean session: the broker forgets all that this client has asked for as \
         soon as it is gone",
    ))
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

fn never_online(actor: &Actor, why: &Missed) -> Finding {
    let expected = ONLINE;
    if let Err(impatient) = lives::waits_for_the_answer(actor) {
        return impatient;
    }
    let sight = actor.record.look(furthest);
    let finding = missed(&actor.record, expected, why);
    if let (Sight::Unanswered(times @ 2..), Missed::Ended(End::Flooded(flood))) = (&sight, why)
        // Many at once are many clients.
        && !matches!(flood, Flood::ConnectionsAtOnce(_))
    {
        return lives::given_up(*times);
    }
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
        Sight::Unanswered(times) => lives::given_up(times),
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
