//! The program comes online: every step begins so.

use std::collections::HashMap;

use arena::record::{Entry, Event, Missed, Sender};
use arena::wire::{ConnectReturnCode, Packet};
use rumqttc::mqttbytes::v4;

use super::{Stop, missed};
use crate::actor::{Actor, PROMPT};
use crate::queries;
use crate::sheet::{Finding, Sheet};
use course::Program;

/// The criteria of coming online.
pub struct Arrival {
    /// It connects at all.
    pub connects: &'static str,
    /// Under its own name.
    pub name: &'static str,
    /// As the contract says: MQTT 3.1.1 and a clean session.
    pub session: &'static str,
}

impl Arrival {
    /// Waits until the broker has accepted the program, and looks at how it introduced itself.
    ///
    /// # Errors
    /// [`Stop::Program`] when it never comes online.
    pub async fn judge(&self, actor: &Actor, sheet: &mut Sheet) -> Result<(), Stop> {
        let accepted = actor.drive(0, PROMPT, |entries| {
            entries.iter().any(queries::is_accepted).then_some(())
        });
        if let Err(why) = accepted.await {
            sheet.fail(self.connects, never_online(actor, &why));
            return Err(Stop::Program);
        }
        sheet.pass(self.connects);

        actor.record.look(|entries| {
            if let Some(level) = other_version(entries) {
                sheet.fail(self.connects, speaks_other_version(level));
            }
            let Some(connect) = queries::connects(entries).next() else {
                return;
            };
            sheet.judge(
                self.name,
                name(&connect.client_id, &actor.id, actor.program),
            );
            sheet.judge(self.session, session(connect));
        });
        Ok(())
    }

    /// Looks back at a whole scene: a second client under the same name shows only in time.
    pub fn judge_alone(&self, actor: &Actor, sheet: &mut Sheet) {
        if let Some(name) = actor.record.look(take_over) {
            sheet.fail(
                self.name,
                Finding::new(
                    format!("one client called {name}"),
                    format!(
                        "a second CONNECT as {name} while the first was still connected: the \
                         broker throws the first one out (MQTT 3.1.1, section 3.1.4)"
                    ),
                )
                .hint(
                    "Two clients with the same name throw each other out for ever. One `Client` \
                     is enough for a program: `client.clone()` publishes from another thread.",
                ),
            );
            // What gets lost in a take-over is chance.
            sheet.explains_all(self.name);
        }
    }
}

fn session(connect: &v4::Connect) -> Result<(), Finding> {
    if !connect.clean_session {
        return Err(Finding::new(
            "a CONNECT with clean session on",
            "a CONNECT that asks the broker to keep a session",
        ));
    }
    if connect.last_will.is_some() {
        return Err(Finding::new(
            "a CONNECT without a will",
            "a CONNECT that leaves a will with the broker",
        )
        .hint("Nothing in the lesson needs a will: leave out `set_last_will`."));
    }
    Ok(())
}

/// The name under which a second connection was opened beside a living one.
fn take_over(entries: &[Entry]) -> Option<String> {
    let mut online: HashMap<u32, &str> = HashMap::new();
    for entry in entries {
        match &entry.event {
            Event::HungUp { link } => drop(online.remove(link)),
            Event::Packet {
                link,
                from: Sender::Program,
                packet: Packet::V4(v4::Packet::Connect(connect)),
                ..
            } => {
                let name = connect.client_id.as_str();
                if online.values().any(|known| *known == name) {
                    return Some(name.to_owned());
                }
                online.insert(*link, name);
            }
            _ => {}
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

fn name(actual: &str, id: &str, program: &Program) -> Result<(), Finding> {
    let expected = &program.client_name(id);
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
    let suffix = &program.client;
    let others = course::steps().iter().flat_map(|step| &step.programs);
    let mut others = others.filter(|other| other.client != program.client);
    Err(
        if let Some(other) = others.find(|other| actual == other.client_name(id)) {
            finding.hint(format!(
                "That is the name of the {}. No two clients may share one: the broker throws the \
                 first one out when the second comes.",
                other.id
            ))
        } else if actual.contains(id) {
            finding.hint(format!(
                "After the id comes exactly `{suffix}`, with nothing in between."
            ))
        } else if actual.ends_with(suffix) {
            finding.hint(
                "The name ends right, but your id is not in front. Take it from `settings.id`: \
                 two learners with one name throw each other off the broker for ever.",
            )
        } else {
            finding
        },
    )
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
        Sight::Unanswered => Finding::new(expected, "a CONNECT, but no CONNACK came back"),
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
    Unanswered,
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
                sight = Sight::Unanswered;
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
