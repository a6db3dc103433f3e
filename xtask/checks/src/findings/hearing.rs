//! A server hears readings and prints them: here printing is the task itself.

mod unprinted;

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use arena::patience::Metronome;
use arena::peer::Peer;
use arena::record::{Entry, Missed, Stream};

use super::shown::{Form, number, numbers};
use super::{missed, rush};
use crate::actor::{Actor, PROMPT};
use crate::queries;
use crate::sheet::Finding;
use crate::stage::Stop;

pub use unprinted::{Unprinted, unprinted};

/// It prints what it is told.
pub const PRINTS: &str = "prints";

/// What to try when a message came in and nothing was printed.
const UNPRINTED: &str = "Find the light level in the payload of each `Packet::Publish` that comes \
                         in, and print it with `println!`.";

/// Readings as devices of all kinds write them: spaces mean nothing in JSON, nor does the order, and
/// there may be more than was asked for.
pub const SPELLINGS: [&str; 7] = [
    r#"{"light":LEVEL}"#,
    r#"{"light": LEVEL}"#,
    r#" { "light" : LEVEL } "#,
    r#"{"unit":"none","light":LEVEL,"place":{"room":"light well"}}"#,
    "{\n  \"battery\": [3, 2],\n  \"light\":\tLEVEL\n}\n",
    r#"{"note":"the light: 5","light":LEVEL}"#,
    r#"{"light":LEVEL,"lights":7,"at":1764173593}"#,
];

/// The reading number `number` of a level, spelt in another way than the one before.
pub fn spelt(number: usize, level: u16) -> String {
    SPELLINGS[number % SPELLINGS.len()].replace("LEVEL", &level.to_string())
}

/// Tells one reading and waits until it is printed. Returns how.
///
/// # Errors
/// The inner one says what was printed instead.
pub async fn hears(
    server: &Actor,
    device: &Peer,
    topic: &str,
    payload: String,
    level: u16,
) -> Result<Result<Form, Finding>, Stop> {
    let start = server.record.len();
    device.publish(topic, payload.clone()).await?;
    let heard = server.record.when(start, PROMPT, |entries| {
        let mut printed = queries::printed(entries);
        printed.find_map(|(stream, line)| Form::of(stream, line, level))
    });
    Ok(heard.await.map_err(|why| {
        let expected =
            format!("a line with the light level {level} in it, which came as `{payload}`");
        let finding = missed(&server.record, expected, &why);
        let delivered = server
            .record
            .look(|entries| entries[start..].iter().any(queries::is_delivery));
        match why {
            Missed::TimeUp(_) if finding.hint.is_none() && delivered => Finding {
                actual: format!("the message came in; {}", finding.actual),
                ..finding
            }
            .hint(UNPRINTED),
            _ => finding,
        }
    }))
}

/// Tells all of them at once, and not one by one as the broker happens to pass them on.
///
/// # Errors
/// When the broker does not deliver them.
pub async fn all_at_once(
    server: &Actor,
    device: &Peer,
    topic: &str,
    levels: &[u16],
) -> anyhow::Result<()> {
    let payloads: Vec<String> = levels.iter().map(|level| spelt(0, *level)).collect();
    all_at_once_of(server, device, topic, &payloads).await
}

/// As [`all_at_once`], with any payloads.
///
/// # Errors
/// When the broker does not deliver them.
pub async fn all_at_once_of(
    server: &Actor,
    device: &Peer,
    topic: &str,
    payloads: &[String],
) -> anyhow::Result<()> {
    let start = server.record.len();
    server.line.hold();
    for payload in payloads {
        device.publish(topic, payload.clone()).await?;
    }
    server.comes_all_at_once(payloads.len(), start).await
}

/// Tells all of these at once and waits until they are printed, in whatever order.
///
/// # Errors
/// The inner one says how many were.
pub async fn hears_all(
    server: &Actor,
    device: &Peer,
    topic: &str,
    levels: &[u16],
) -> Result<Result<(), Finding>, Stop> {
    let start = server.record.len();
    let metronome = Metronome::start();
    all_at_once(server, device, topic, levels).await?;
    let count = |entries: &[Entry]| {
        let lines = queries::printed(entries).map(|(_, line)| line);
        let shown: HashSet<u64> = lines.flat_map(numbers).map(|(_, _, it)| it).collect();
        let is_shown = |level: &&u16| shown.contains(&u64::from(**level));
        levels.iter().filter(is_shown).count()
    };
    let all = server.record.when(start, PROMPT, |entries| {
        (count(entries) == levels.len()).then_some(())
    });
    let expected = format!("{} readings that came all at once, printed", levels.len());
    let Err(why) = all.await else {
        let done = server
            .record
            .look(|entries| first_shown(&entries[start..], levels));
        return rush::at_once(&expected, &done, &metronome);
    };
    let silent =
        Some("Every reading is printed, however many come at once, the hundredth as the first.");
    let finding = rush::too_few(server, start, &why, expected, silent, count).await;
    Ok(Err(finding))
}

/// When each of these levels was first printed, in order.
fn first_shown(entries: &[Entry], levels: &[u16]) -> Vec<Instant> {
    let mut wanted: HashSet<u64> = levels.iter().map(|level| u64::from(*level)).collect();
    let mut done = Vec::new();
    for entry in entries {
        for (_, line) in queries::printed(std::slice::from_ref(entry)) {
            let news = numbers(line).filter(|(_, _, level)| wanted.remove(level));
            done.extend(news.map(|_| entry.at));
        }
    }
    done
}

/// Whether each of these levels, told so many times, was printed no more often.
///
/// # Errors
/// Names the line that came twice.
pub fn once_each(server: &Actor, told: &HashMap<u16, usize>) -> Result<(), Finding> {
    server.record.look(|entries| {
        let mut lines: HashMap<(bool, &str), usize> = HashMap::new();
        for (stream, line) in queries::printed(entries) {
            *lines.entry((stream == Stream::Err, line)).or_default() += 1;
        }
        let doubled = lines.iter().find(|((_, line), times)| {
            let most = told
                .iter()
                .filter(|(level, _)| number(line, u64::from(**level)).is_some())
                .map(|(_, told)| *told)
                .max();
            most.is_some_and(|told| **times > told)
        });
        match doubled {
            None => Ok(()),
            Some(((_, line), times)) => Err(Finding::new(
                "each reading printed once",
                format!("the line `{line}` {times} times"),
            )
            .hint(
                "Each reading is printed once. Is it handled in two places, or does the message \
                 come twice?",
            )),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_json_with_the_level() {
        for number in 0..SPELLINGS.len() {
            let reading: serde_json::Value = serde_json::from_str(&spelt(number, 437)).unwrap();
            assert_eq!(reading["light"].as_u64(), Some(437));
        }
    }
}
