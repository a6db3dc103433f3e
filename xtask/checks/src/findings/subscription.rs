//! The program subscribes: once after every CONNACK, to exactly its topic.

use std::collections::HashSet;

use arena::record::Missed;
use arena::wire::SubscribeReasonCode;
use rumqttc::mqttbytes::v4;

use super::introduction::arrive;
use super::{missed, payload};
use crate::actor::{Actor, PROMPT};
use crate::queries;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// It subscribes to its topic and nothing else.
pub const SUBSCRIBES: &str = "subscribes";
/// It says on standard error that the broker refuses the subscription.
pub const SAYS_REFUSAL: &str = "says-refusal";

/// As often in one connection somebody may subscribe who means it well.
const OFTEN: usize = 3;

/// Waits from `start` on until the broker has answered a SUBSCRIBE, and looks at what it was for.
///
/// # Errors
/// When none comes, it is refused, or its topic filter is not `<id>/<kind>`.
pub async fn subscribed(actor: &Actor, start: usize, kind: &str) -> Result<(), Finding> {
    subscribed_to(actor, start, &[kind]).await
}

/// Waits until the program is online and hears what is told, in a scene that is about something else.
///
/// # Errors
/// [`Stop::Program`] when it does not subscribe as it should: that is told elsewhere.
pub async fn listens(stage: &mut Stage, actor: &Actor, kind: &str) -> Result<(), Stop> {
    arrive(stage, actor).await?;
    let subscription = subscribed(actor, 0, kind).await;
    subscription.map_err(|_| Stop::Program)
}

/// As [`subscribed`], where there are several topics: with one SUBSCRIBE, or with one for each.
///
/// # Errors
/// When one is missing, one is refused, or there is another.
pub async fn subscribed_to(actor: &Actor, start: usize, kinds: &[&str]) -> Result<(), Finding> {
    let topics: Vec<String> = kinds
        .iter()
        .map(|kind| format!("{}/{kind}", actor.id))
        .collect();
    let expected = format!("a SUBSCRIBE to {}", topics.join(" and to "));
    let answered = actor.drive(start, PROMPT, |entries| {
        let answers = entries.iter().filter_map(queries::suback);
        let codes: Vec<_> = answers.flat_map(|answer| &answer.return_codes).collect();
        (codes.len() >= kinds.len()).then(|| codes.into_iter().cloned().collect::<Vec<_>>())
    });
    let answer = match answered.await {
        Ok(answer) => answer,
        Err(why) => {
            // Who drowns in their own subscriptions sees no answer.
            not_again_and_again(actor, 1)?;
            nothing_but(actor, start, kinds)?;
            return Err(unsubscribed(actor, start, &expected, &why));
        }
    };
    if answer.contains(&SubscribeReasonCode::Failure) {
        return Err(Finding::new(
            expected,
            "a SUBSCRIBE that the broker refused",
        ));
    }
    nothing_but(actor, start, kinds)
}

/// Looks at all that was subscribed to from `start` on.
///
/// # Errors
/// When there is a topic filter that is not `<id>/<kind>`, or the same one again and again.
pub fn nothing_else(actor: &Actor, start: usize, kind: &str) -> Result<(), Finding> {
    nothing_but(actor, start, &[kind])
}

/// As [`nothing_else`], where there are several topics.
///
/// # Errors
/// When there is another topic filter, or the same ones again and again.
pub fn nothing_but(actor: &Actor, start: usize, kinds: &[&str]) -> Result<(), Finding> {
    actor.record.look(|entries| {
        let filters = || queries::filters(&entries[start..]);
        let expected = |kind: &str| format!("{}/{kind}", actor.id);
        let is_missing = |kind: &&str| !filters().any(|filter| filter == expected(kind));
        let missing = kinds.iter().copied().find(is_missing);
        for filter in filters() {
            if kinds.iter().any(|kind| filter == expected(kind)) {
                continue;
            }
            // It was to be the one that is missing, or else the last one.
            let kind = missing.or(kinds.last().copied()).unwrap_or_default();
            let expected = expected(kind);
            let found = payload::topic(filter, &actor.id, kind);
            found.map_err(|finding| {
                if missing.is_none() {
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
    })?;
    not_again_and_again(actor, 1)
}

/// In each connection once, or a few times, for so many topic filters.
pub(super) fn not_again_and_again(actor: &Actor, filters: usize) -> Result<(), Finding> {
    let most = actor.record.look(|entries| {
        let mut most = 0;
        let mut times = 0;
        for entry in entries {
            match queries::sent(entry) {
                Some(v4::Packet::Connect(_)) => times = 0,
                Some(v4::Packet::Subscribe(_)) => times += 1,
                _ => {}
            }
            most = most.max(times);
        }
        most
    });
    if most <= OFTEN * filters {
        return Ok(());
    }
    Err(Finding::new(
        "one SUBSCRIBE after each CONNACK",
        format!("{most} SUBSCRIBEs in one connection"),
    )
    .hint(
        "Subscribe once, in the arm of the CONNACK. At every event is too often: the answer to a \
         SUBSCRIBE is an event itself, and so it goes on without end.",
    ))
}

pub(super) fn unsubscribed(actor: &Actor, start: usize, expected: &str, why: &Missed) -> Finding {
    let finding = missed(&actor.record, expected, why);
    let (before, since) = actor.record.look(|entries| {
        let (before, since) = entries.split_at(start);
        [before, since]
            .map(|some| queries::filters(some).count())
            .into()
    });
    if finding.hint.is_none() && before > 0 && since == 0 {
        let so_far = match before {
            1 => "It subscribed once, at its start.",
            _ => "It subscribed before, and then no more.",
        };
        return finding.hint(format!(
            "{so_far} With a clean session the broker forgets a subscription when the line is lost: \
             subscribe after every CONNACK."
        ));
    }
    finding
}

/// Lets the broker refuse the subscription of a program that is about to come online from `start`
/// on, looks whether it says so on standard error, in whatever words, and then lets it subscribe
/// once more and be accepted. It may end at a refusal; else it has left when this returns. Nothing,
/// when it does not subscribe: it is told so elsewhere.
///
/// # Errors
/// The inner one says that it keeps silent, or says always the same.
pub async fn is_told_of_refusal(actor: &Actor, start: usize) -> Option<Result<(), Finding>> {
    let refused = match says_refusal(actor, start).await? {
        Ok(place) => place,
        Err(finding) => return Some(Err(finding)),
    };
    actor.line.refuse_subscriptions(false);
    if actor.has_ended() {
        return Some(Ok(()));
    }
    let cut = actor.record.len();
    actor.cut();
    let accepted = actor.drive(cut, PROMPT, |entries| {
        entries
            .iter()
            .position(|entry| queries::suback(entry).is_some())
    });
    let Ok(accepted) = accepted.await else {
        // Whether it subscribes again is asked elsewhere.
        return Some(Ok(()));
    };
    actor.settle().await;
    actor.leave().await;
    let always_said = actor.record.look(|entries| {
        let welcome: HashSet<&str> = queries::errors(&entries[cut + accepted..]).collect();
        queries::errors(&entries[refused..cut]).all(|line| welcome.contains(line))
    });
    Some(if always_said {
        Err(Finding::new(
            "a line on standard error that says that the broker refuses the subscription",
            "the same line whether the broker refuses it or not",
        ))
    } else {
        Ok(())
    })
}

/// Waits until the program has said something about a refusal, and returns where in the record
/// that was. Nothing, when it does not subscribe.
///
/// # Errors
/// The inner one, when it keeps silent.
pub async fn says_refusal(actor: &Actor, start: usize) -> Option<Result<usize, Finding>> {
    let expected = "a line on standard error that says that the broker refuses the subscription";
    let refused = actor.drive(start, PROMPT, |entries| {
        let is_answer = |entry| queries::suback(entry).is_some();
        entries.iter().position(is_answer)
    });
    let refused = start + refused.await.ok()?;
    let said = actor.record.when(refused, PROMPT, |entries| {
        queries::errors(entries).next().map(drop)
    });
    let said = said.await.map(|()| refused);
    Some(said.map_err(|why| match why {
        Missed::TimeUp(_) => Finding::new(expected, "not a word about it"),
        why => missed(&actor.record, expected, &why),
    }))
}
