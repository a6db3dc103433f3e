//! The program comes online: every step begins so.

use arena::record::{Entry, Event, Missed};
use arena::wire::{ConnectReturnCode, Packet};

use super::{Stop, client_name, missed};
use crate::actor::{Actor, PROMPT};
use crate::criterion::{Criterion, Finding, Sheet};
use crate::sightings;

/// The criteria of coming online.
pub struct Arrival {
    /// It connects at all.
    pub connects: &'static Criterion,
    /// Under its own name.
    pub name: &'static Criterion,
    /// As the contract says: MQTT 3.1.1 and a clean session.
    pub session: &'static Criterion,
}

impl Arrival {
    /// Waits until the broker has accepted the program, and looks at how it introduced itself.
    ///
    /// # Errors
    /// [`Stop::Program`] when it never comes online.
    pub async fn judge(&self, actor: &Actor, sheet: &mut Sheet) -> Result<(), Stop> {
        let accepted = actor.drive(0, PROMPT, |entries| {
            entries.iter().any(sightings::is_accepted).then_some(())
        });
        if let Err(why) = accepted.await {
            sheet.fail(self.connects, never_online(actor, &why));
            return Err(Stop::Program);
        }
        sheet.pass(self.connects);

        let expected = client_name(&actor.id, actor.role);
        actor.record.look(|entries| {
            let Some(connect) = sightings::connects(entries).next() else {
                return;
            };
            sheet.judge(self.name, name(&connect.client_id, &expected, &actor.id));
            sheet.judge(
                self.session,
                if connect.clean_session && connect.last_will.is_none() {
                    Ok(())
                } else {
                    Err(Finding::new(
                        "a CONNECT with clean session on and no will",
                        "a CONNECT that asks the broker to keep a session or a will",
                    ))
                },
            );
        });
        Ok(())
    }
}

fn name(actual: &str, expected: &str, id: &str) -> Result<(), Finding> {
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
    let suffix = expected.strip_prefix(id).unwrap_or(expected);
    Err(if actual.contains(id) {
        finding.hint(format!(
            "After the id comes exactly `{suffix}`, with nothing in between."
        ))
    } else if actual.ends_with(suffix) {
        finding.hint(
            "The name ends right, but your id is not in front. Take it from `settings.id`: two \
             learners with one name throw each other off the broker for ever.",
        )
    } else {
        finding
    })
}

fn never_online(actor: &Actor, why: &Missed) -> Finding {
    let expected = "a CONNECT, and the broker's CONNACK that accepts it";
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
        Sight::OtherVersion(level) => Finding::new(
            expected,
            format!("a CONNECT of protocol level {level}; MQTT 3.1.1 is level 4"),
        )
        .hint("Use `rumqttc::Client`, not the one in `rumqttc::v5`."),
        Sight::Silent => Finding::new(
            expected,
            "a TCP connection was opened, but no CONNECT came over it",
        ),
        Sight::Unpolled => Finding::new(
            expected,
            "the program runs but never opened a connection to NIGHTLIGHT_BROKER",
        )
        .hint(
            "`Client::new` only prepares the connection. Nothing happens until the program goes \
             round `for event in connection.iter()`.",
        ),
        Sight::Unanswered => Finding::new(expected, "a CONNECT, but no CONNACK came back"),
    }
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
            _ if sightings::connects(std::slice::from_ref(entry))
                .next()
                .is_some() =>
            {
                sight = Sight::Unanswered;
            }
            _ => {
                if let Some(code) = sightings::connack(entry) {
                    sight = Sight::Refused(code);
                }
            }
        }
    }
    sight
}
