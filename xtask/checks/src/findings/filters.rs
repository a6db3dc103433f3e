//! A program that subscribes to more than one topic filter, some with wildcards.

use arena::record::Missed;
use arena::wire::SubscribeReasonCode;
use rumqttc::QoS;
use rumqttc::mqttbytes::v4;

use super::payload;
use super::subscription::{not_again_and_again, unsubscribed};
use crate::actor::{Actor, PROMPT};
use crate::queries;
use crate::sheet::Finding;

/// A topic filter below the id, and the least quality of service that is asked for.
pub type Wanted = (&'static str, QoS);

/// Waits from `start` on until the broker has answered for all of these, and looks at what else was
/// subscribed to.
///
/// # Errors
/// When one does not come, is refused, or asks for less.
pub async fn subscribed(actor: &Actor, start: usize, wanted: &[Wanted]) -> Result<(), Finding> {
    let answered = actor.drive(start, PROMPT, |entries| {
        let answers = entries.iter().filter_map(queries::suback);
        let codes: Vec<_> = answers
            .flat_map(|answer| answer.return_codes.iter().copied())
            .collect();
        (codes.len() >= wanted.len()).then_some(codes)
    });
    let codes = match answered.await {
        Ok(codes) => codes,
        Err(why) => {
            not_again_and_again(actor, wanted.len())?;
            nothing_but(actor, start, wanted)?;
            return Err(missing(actor, start, wanted, &why));
        }
    };
    if codes.contains(&SubscribeReasonCode::Failure) {
        return Err(Finding::new(
            expected(actor, wanted),
            "a SUBSCRIBE that the broker refused",
        ));
    }
    nothing_but(actor, start, wanted)?;
    if let Some(one) = absent(actor, start, wanted) {
        return Err(missing_one(actor, one));
    }
    qualities(actor, start, wanted)
}

/// Looks at all that was subscribed to from `start` on.
///
/// # Errors
/// When there is another topic filter than these, or one of them again and again.
pub fn nothing_but(actor: &Actor, start: usize, wanted: &[Wanted]) -> Result<(), Finding> {
    let odd = actor.record.look(|entries| {
        let mut filters = queries::filters(&entries[start..]);
        let odd = filters.find(|filter| !wanted.iter().any(|it| is(actor, it, filter)));
        odd.map(str::to_owned)
    });
    match odd {
        None => not_again_and_again(actor, wanted.len()),
        Some(odd) => Err(wrong(actor, wanted, &odd)),
    }
}

fn is(actor: &Actor, (kind, _): &Wanted, filter: &str) -> bool {
    filter
        .strip_prefix(&actor.id)
        .and_then(|rest| rest.strip_prefix('/'))
        == Some(*kind)
}

fn expected(actor: &Actor, wanted: &[Wanted]) -> String {
    let all = wanted
        .iter()
        .map(|(kind, _)| format!("{}/{kind}", actor.id));
    format!("SUBSCRIBEs to {}", all.collect::<Vec<_>>().join(" and "))
}

/// What is wrong with a topic filter: held against the one that it is most like.
fn wrong(actor: &Actor, wanted: &[Wanted], odd: &str) -> Finding {
    let finding = Finding::new(expected(actor, wanted), format!("a SUBSCRIBE to {odd}"));
    if odd.contains('#') {
        return finding.hint(
            "`#` hears everything below, however many levels there are: also what is meant for \
             others. `+` stands for exactly one level.",
        );
    }
    if odd.contains('*') {
        return finding.hint(
            "A star is no wildcard in MQTT, it is a letter like any other: nothing arrives. One \
             level of any name is `+`.",
        );
    }
    let likeness =
        |kind: &str| strsim::normalized_levenshtein(&format!("{}/{kind}", actor.id), odd);
    let nearest = wanted
        .iter()
        .max_by(|one, other| likeness(one.0).total_cmp(&likeness(other.0)));
    let kind = nearest.map_or("", |(kind, _)| kind);
    if kind.contains('+') && odd.starts_with(&format!("{}/telemetry/", actor.id)) {
        return finding.hint(
            "Whatever is measured, today and tomorrow: the last level is a wildcard, `+`, and not \
             the name of one measure.",
        );
    }
    if odd.contains('+') {
        return finding.hint(
            "That wildcard hears more than is asked for. `+` stands for the one level that names \
             the measure, and for nothing else.",
        );
    }
    match payload::topic(odd, &actor.id, kind) {
        Err(Finding {
            hint: Some(hint), ..
        }) => finding.hint(hint),
        _ => finding,
    }
}

fn absent<'a>(actor: &Actor, start: usize, wanted: &'a [Wanted]) -> Option<&'a Wanted> {
    wanted.iter().find(|it| {
        actor.record.look(|entries| {
            !queries::filters(&entries[start..]).any(|filter| is(actor, it, filter))
        })
    })
}

fn missing_one(actor: &Actor, (kind, _): &Wanted) -> Finding {
    Finding::new(
        format!("a SUBSCRIBE to {}/{kind}", actor.id),
        "none to that topic",
    )
}

fn missing(actor: &Actor, start: usize, wanted: &[Wanted], why: &Missed) -> Finding {
    let finding = unsubscribed(actor, start, &expected(actor, wanted), why);
    match absent(actor, start, wanted) {
        Some(one) if finding.hint.is_none() && wanted.iter().any(|it| it != one) => {
            let others = actor
                .record
                .look(|entries| queries::filters(&entries[start..]).count());
            if others == 0 {
                finding
            } else {
                missing_one(actor, one)
            }
        }
        _ => finding,
    }
}

/// Whether each asks for as much as it should.
fn qualities(actor: &Actor, start: usize, wanted: &[Wanted]) -> Result<(), Finding> {
    let asked: Vec<(String, QoS)> = actor.record.look(|entries| {
        let subscribes = entries[start..]
            .iter()
            .filter_map(|entry| match queries::sent(entry)? {
                v4::Packet::Subscribe(subscribe) => Some(subscribe.filters.iter()),
                _ => None,
            });
        subscribes
            .flatten()
            .map(|filter| (filter.path.clone(), filter.qos))
            .collect()
    });
    for (kind, least) in wanted {
        let low = asked
            .iter()
            .find(|(path, qos)| is(actor, &(*kind, *least), path) && (*qos as u8) < *least as u8);
        if let Some((path, qos)) = low {
            return Err(Finding::new(
                format!("a SUBSCRIBE to {path} with QoS {}", *least as u8),
                format!("with QoS {}", *qos as u8),
            )
            .hint(
                "A message arrives with the lower of two qualities: the one it was published with, \
                 and the one you subscribe with. What must not get lost is subscribed with QoS 1, \
                 too: `QoS::AtLeastOnce`.",
            ));
        }
    }
    Ok(())
}
