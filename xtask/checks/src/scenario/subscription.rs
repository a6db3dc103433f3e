//! The program subscribes: on every CONNACK, to exactly its topic.

use arena::record::Missed;
use arena::wire::SubscribeReasonCode;
use rumqttc::mqttbytes::v4;

use super::{missed, payload};
use crate::actor::{Actor, PROMPT};
use crate::queries;
use crate::sheet::Finding;

/// Waits from `start` on until the broker has answered a SUBSCRIBE, and looks at what it was for.
///
/// # Errors
/// When none comes, it is refused, or its topic filter is not `<id>/<kind>`.
pub async fn subscribed(actor: &Actor, start: usize, kind: &str) -> Result<(), Finding> {
    let expected = format!("a SUBSCRIBE to {}/{kind}", actor.id);
    let answered = actor.drive(start, PROMPT, |entries| {
        entries
            .iter()
            .find_map(|entry| match queries::received(entry)? {
                v4::Packet::SubAck(answer) => Some(answer.return_codes.clone()),
                _ => None,
            })
    });
    let answer = answered
        .await
        .map_err(|why| unsubscribed(actor, start, &expected, &why))?;
    if answer.contains(&SubscribeReasonCode::Failure) {
        return Err(Finding::new(
            expected,
            "a SUBSCRIBE that the broker refused",
        ));
    }
    nothing_else(actor, start, kind)
}

/// Looks at all that was subscribed to from `start` on.
///
/// # Errors
/// When there is a topic filter that is not `<id>/<kind>`.
pub fn nothing_else(actor: &Actor, start: usize, kind: &str) -> Result<(), Finding> {
    let expected = format!("{}/{kind}", actor.id);
    actor.record.look(|entries| {
        let filters = || queries::filters(&entries[start..]);
        for filter in filters() {
            let found = payload::topic(filter, &actor.id, kind);
            found.map_err(|finding| {
                if filters().any(|filter| filter == expected) {
                    finding.hint(format!(
                        "It subscribes to {expected}, and to {filter} too. What it does not need \
                         only gets in its way: nothing else, please."
                    ))
                } else {
                    finding
                }
            })?;
        }
        Ok(())
    })
}

fn unsubscribed(actor: &Actor, start: usize, expected: &str, why: &Missed) -> Finding {
    let finding = missed(&actor.record, expected, why);
    let before = actor
        .record
        .look(|entries| queries::filters(&entries[..start]).count());
    if finding.hint.is_none() && before > 0 {
        return finding.hint(
            "It subscribed once, at its start. With a clean session the broker forgets a \
             subscription when the line is lost: subscribe after every CONNACK.",
        );
    }
    finding
}
