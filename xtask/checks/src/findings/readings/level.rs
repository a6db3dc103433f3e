//! Whether each level that is told is the one that the sensor has just given.

use std::collections::HashMap;

use arena::record::{Entry, Event};
use rumqttc::QoS;

use super::{AT_ONCE, Told, looks};
use crate::queries::Pacing;
use crate::sheet::Finding;

/// A reading older than this when it is told is not the one that was just taken, in seconds.
const FRESH: f64 = 0.7;

/// The same for who sleeps by the machine's clock, which stretches under load.
const FRESH_IN_REAL_TIME: f64 = 2.5;

/// Looks at all that was told.
pub fn judge(entries: &[Entry], told: &[Told]) -> Result<(), Finding> {
    let levels: Vec<u64> = told.iter().filter_map(|told| told.light).collect();
    let pacing = Pacing::of(entries);
    let at_once = |pair: &&[Told]| pacing.between(pair[0].entry, pair[1].entry) < AT_ONCE;
    if let Some(pair) = told.windows(2).find(at_once) {
        return match (pair[0].light, pair[1].light) {
            (Some(level), Some(again)) if level == again => Err(twice(level)),
            // Of several at once some are old, and the pace tells why.
            _ => Ok(()),
        };
    }
    if let [first, _, _, ..] = levels.as_slice()
        && levels.iter().all(|level| level == first)
    {
        return Err(Finding::new(
            "the level that the sensor gave, another one at each look",
            format!("level {first} in every message"),
        ));
    }
    let found = told.iter().map(|told| just_taken(entries, told, pacing));
    let mut wrong: Vec<(Stale, Finding)> = found.filter_map(Result::err).collect();
    // What is calculated may be like an old one by chance.
    wrong.sort_by_key(|(stale, _)| *stale);
    wrong
        .into_iter()
        .next()
        .map_or(Ok(()), |(_, finding)| Err(finding))
}

fn twice(level: u64) -> Finding {
    Finding::new("each level told once", format!("level {level} told twice"))
        .hint("Each reading is one message. Is something published both in the loop and elsewhere?")
}

/// Whether a level was told more often than the sensor gave it. What has QoS 1 or 2 may have to be
/// sent again after an outage.
///
/// # Errors
/// Names the first such level.
pub fn more_often_than_seen(entries: &[Entry], told: &[Told]) -> Result<(), Finding> {
    let mut left: HashMap<u64, usize> = HashMap::new();
    for (level, _) in looks(entries) {
        *left.entry(level.into()).or_default() += 1;
    }
    let once = told
        .iter()
        .filter(|told| told.message.qos == QoS::AtMostOnce);
    for level in once.filter_map(|told| told.light) {
        // What the sensor never gave is told of elsewhere.
        let Some(left) = left.get_mut(&level) else {
            continue;
        };
        if *left == 0 {
            return Err(Finding::new(
                "each level told once",
                format!("level {level} told more often than the sensor gave it"),
            )
            .hint(
                "A reading is told when it was taken, and for no other reason: not once more when \
                 the broker is back, and not at Ctrl-C.",
            ));
        }
        *left -= 1;
    }
    Ok(())
}

/// What is wrong with a level, in the order of what says most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stale {
    /// The sensor never gave it.
    Invented,
    /// The sensor gave it some time ago.
    Old,
}

/// Whether the level is the one that the sensor gave when it was told.
fn just_taken(entries: &[Entry], told: &Told, pacing: Pacing) -> Result<(), (Stale, Finding)> {
    let Some(level) = told.light else {
        return Ok(());
    };
    let fresh = match pacing {
        Pacing::Virtual => FRESH,
        Pacing::Real => FRESH_IN_REAL_TIME,
    };
    let age = looks(entries)
        .filter(|(look, entry)| u64::from(*look) == level && entry.at <= told.entry.at)
        .map(|(_, entry)| pacing.between(entry, told.entry))
        .reduce(f64::min);
    match age {
        None => Err((
            Stale::Invented,
            Finding::new(
                "a level that the sensor gave",
                format!("level {level}, which the sensor never gave"),
            )
            .hint(
                "Publish the value that `light_level` has just returned, with nothing calculated: \
                 not in per cent, not rounded, in no type that it does not fit in.",
            ),
        )),
        Some(age) if age > fresh => Err((Stale::Old, stale(entries, told, level, age, pacing))),
        Some(_) => Ok(()),
    }
}

fn stale(entries: &[Entry], told: &Told, level: u64, age: f64, pacing: Pacing) -> Finding {
    let finding = Finding::new(
        "the level that the sensor has just given",
        format!("level {level}, which it gave {age:.1} s before"),
    );
    if was_held_up(entries, told, pacing) {
        return finding.hint(
            "The message waited for the event loop. That loop must never wait for anything but the \
             network: looking, and the pause between two looks, need a thread of their own.",
        );
    }
    finding.hint(
        "Publish the value that `light_level` has just returned, and not one of the round before. \
         And nothing may keep the event loop from sending it at once.",
    )
}

/// Whether the program said long before that it sends this.
fn was_held_up(entries: &[Entry], told: &Told, pacing: Pacing) -> bool {
    let payload = String::from_utf8_lossy(&told.message.payload);
    let says = |entry: &&Entry| match &entry.event {
        Event::Printed { text, .. } => text.contains(payload.as_ref()),
        _ => false,
    };
    let said = entries.iter().rev().find(says);
    said.is_some_and(|said| pacing.between(said, told.entry) > FRESH)
}
