//! A device tells its light level: what it publishes, held against what the sensor gave and when.

mod level;
mod pace;

use std::time::Duration;

use arena::record::{Entry, Event, Missed};
use rumqttc::mqttbytes::v4::Publish;

use super::{missed, payload};
use crate::actor::Actor;
use crate::queries;
use crate::sheet::Finding;
use crate::stage::Stage;

/// It publishes at all.
pub const PUBLISHES: &str = "publishes";
/// On the topic for telemetry.
pub const TOPIC: &str = "topic";
/// JSON with a whole number.
pub const PAYLOAD: &str = "payload";
/// The level that the sensor has just given.
pub const LEVEL: &str = "level";
/// Every five seconds.
pub const PACE: &str = "pace";
/// Not retained.
pub const NOT_RETAINED: &str = "not-retained";
/// All of that together, where it is an earlier step's task.
pub const TELLS: &str = "tells";

/// How long a message may take when the program has gone its rounds and none has come.
const PATIENCE_FOR_MESSAGES: Duration = Duration::from_secs(2);

/// An outbox that is being emptied is not silent for so long.
const QUIET: Duration = Duration::from_millis(20);

/// How long what was looked at last may take to be told, on a machine that is busy.
const LATE: Duration = Duration::from_millis(300);

/// So many messages elsewhere, and none where it belongs: it will not come.
const ELSEWHERE: usize = 3;

/// A reading that was published.
struct Told<'a> {
    entry: &'a Entry,
    message: &'a Publish,
    light: Option<u64>,
}

/// Waits for one more message from `start` on, and returns the place after it.
///
/// # Errors
/// Names the rule that is broken by what was seen instead: [`PUBLISHES`] or [`TOPIC`].
pub async fn one_more(actor: &Actor, start: usize) -> Result<usize, (&'static str, Finding)> {
    let wanted = telemetry(actor);
    let is_wanted = |entry: &Entry| queries::publish(entry).is_some_and(|it| it.topic == wanted);
    // Who has told here before tells elsewhere for other reasons.
    let knows = actor
        .record
        .look(|entries| entries[..start.min(entries.len())].iter().any(is_wanted));
    let come = actor.drive(start, PATIENCE_FOR_MESSAGES, |entries| {
        if let Some(place) = entries.iter().position(is_wanted) {
            return Some(Some(place + 1));
        }
        let foreign = queries::published(entries).filter(|message| !is_own(message, actor));
        (!knows && foreign.count() >= ELSEWHERE).then_some(None)
    });
    let why = match come.await {
        Ok(Some(after)) => return Ok(start + after),
        Ok(None) => Missed::TimeUp(PATIENCE_FOR_MESSAGES),
        Err(why) => why,
    };
    if !knows && let Some(finding) = elsewhere(actor, start, &wanted) {
        return Err((TOPIC, finding));
    }
    let expected = format!("a PUBLISH on {wanted}");
    Err((PUBLISHES, missed(&actor.record, expected, &why)))
}

/// It has gone silent after an outage, and this says why, if nothing does already.
pub fn silent_since(device: &Actor, place: usize, finding: Finding) -> Finding {
    let looks = |entry: &Entry| matches!(entry.event, Event::LightRead(_));
    let goes_on = device
        .record
        .look(|entries| entries[place.min(entries.len())..].iter().any(looks));
    if finding.hint.is_some() || !goes_on {
        return finding;
    }
    finding.hint(
        "It is online again and reads its sensor, and tells nothing. Whatever stopped the telling, \
         a flag like `online` perhaps, has to be as before at the next CONNACK.",
    )
}

/// A reading that went elsewhere. What else is told below one's own id is nobody's business.
fn elsewhere(actor: &Actor, start: usize, wanted: &str) -> Option<Finding> {
    let topic = actor.record.look(|entries| {
        let is_reading = |message: &&Publish| {
            let text = String::from_utf8_lossy(&message.payload);
            text.contains("light") || !is_own(message, actor) || is_nearly(&message.topic, wanted)
        };
        let readings = queries::published(&entries[start..]).filter(is_reading);
        readings.last().map(|message| message.topic.clone())
    })?;
    let found = payload::topic(&topic, &actor.id, &actor.telemetry());
    Some(match found {
        Err(finding) => finding,
        Ok(()) => Finding::new(format!("topic {wanted}"), topic),
    })
}

fn is_nearly(topic: &str, wanted: &str) -> bool {
    strsim::damerau_levenshtein(&topic.to_lowercase(), &wanted.to_lowercase()) <= 3
}

/// Below one's own id anything may be told; elsewhere it disturbs others.
fn is_own(message: &Publish, actor: &Actor) -> bool {
    let kind = message.topic.strip_prefix(&actor.id);
    kind.is_some_and(|kind| kind.starts_with('/'))
}

fn telemetry(actor: &Actor) -> String {
    format!("{}/{}", actor.id, actor.telemetry())
}

/// Waits until the program has nothing more to tell of what it saw before it was online: that may
/// have waited in its outbox, and is told late. Returns where from on every reading counts.
pub async fn caught_up(actor: &Actor) -> usize {
    actor.settle().await;
    let topic = telemetry(actor);
    let told = actor.record.when(0, LATE, |entries| {
        let (level, look) = looks(entries).last()?;
        let told = told(entries, &topic);
        let of_it = |told: &&Told| told.light == Some(level.into()) && told.entry.at > look.at;
        told.iter().find(of_it).map(|_| ())
    });
    // Who looks more often than it tells has nothing to tell of that look.
    let _ = told.await;
    actor.calm(QUIET).await;
    actor.record.len()
}

/// Judges what was published while every message was waited for before time went on, from `since`
/// to `until`.
pub fn judge(stage: &mut Stage, actor: &Actor, since: usize, until: usize) {
    let found = actor.record.look(|entries| {
        let until = until.min(entries.len());
        let told: Vec<Told> = told(&entries[since.min(until)..until], &telemetry(actor));
        [
            (
                TOPIC,
                payload::foreign(entries, &actor.id, &actor.telemetry()),
            ),
            (PAYLOAD, payloads(&told)),
            (NOT_RETAINED, retained(&told)),
            (PACE, pace::judge(entries, &told)),
            (LEVEL, level::judge(&entries[..until], &told)),
        ]
    });
    for (rule, found) in found {
        if stage.asks(actor, TELLS) {
            stage.judge(actor, TELLS, found);
        } else {
            stage.judge(actor, rule, found);
        }
    }
}

/// Judges what can be judged of any message, whenever it came.
pub fn judge_each(stage: &mut Stage, actor: &Actor) {
    let found = actor.record.look(|entries| {
        let told: Vec<Told> = told(entries, &telemetry(actor));
        [
            (
                TOPIC,
                payload::foreign(entries, &actor.id, &actor.telemetry()),
            ),
            (PAYLOAD, payloads(&told)),
            (NOT_RETAINED, retained(&told)),
        ]
    });
    for (rule, found) in found {
        let rule = if stage.asks(actor, TELLS) {
            TELLS
        } else {
            rule
        };
        stage.judge_seen(actor, rule, found);
    }
}

/// Looks back at a whole scene, how the program left included: whom it has disturbed, and whether it
/// has told anything more than once.
pub fn look_back(stage: &mut Stage, actor: &Actor) {
    let rule = if stage.asks(actor, TELLS) {
        TELLS
    } else if stage.asks(actor, PUBLISHES) {
        TOPIC
    } else {
        return;
    };
    let (foreign, again) = actor.record.look(|entries| {
        let foreign = payload::foreign(entries, &actor.id, &actor.telemetry());
        let told = told(entries, &telemetry(actor));
        (foreign, level::more_often_than_seen(entries, &told))
    });
    stage.judge_seen(actor, rule, foreign);
    let rule = if rule == TELLS { TELLS } else { LEVEL };
    stage.judge_seen(actor, rule, again);
}

fn told<'a>(entries: &'a [Entry], topic: &str) -> Vec<Told<'a>> {
    let told = entries.iter().filter_map(|entry| {
        let message = queries::publish(entry).filter(|message| message.topic == topic)?;
        Some(Told {
            entry,
            message,
            light: payload::light(&message.payload).ok(),
        })
    });
    told.collect()
}

fn payloads(told: &[Told]) -> Result<(), Finding> {
    let mut payloads = told
        .iter()
        .map(|told| payload::light(&told.message.payload));
    payloads.find_map(Result::err).map_or(Ok(()), Err)
}

fn retained(told: &[Told]) -> Result<(), Finding> {
    if told.iter().any(|told| told.message.retain) {
        return Err(Finding::new(
            "a message that is not retained",
            "a retained message",
        )
        .hint(
            "The third argument of `try_publish` is `false`. A retained level would be given to \
             every later subscriber as if it were news.",
        ));
    }
    Ok(())
}

/// Messages that are not further apart left at once, in seconds.
const AT_ONCE: f64 = 0.2;

fn looks(entries: &[Entry]) -> impl Iterator<Item = (u16, &Entry)> {
    entries.iter().filter_map(|entry| match entry.event {
        Event::LightRead(level) => Some((level, entry)),
        _ => None,
    })
}
