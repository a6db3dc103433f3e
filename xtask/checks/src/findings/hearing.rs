//! A server hears readings and prints them: here printing is the task itself.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use anyhow::Context;
use arena::peer::Peer;
use arena::record::{Entry, Missed, Stream};

use super::missed;
use super::shown::{Form, number, numbers};
use crate::actor::{Actor, PROMPT};
use crate::queries;
use crate::sheet::Finding;
use crate::stage::Stop;

/// It prints what it is told.
pub const PRINTS: &str = "prints";

/// What to try when a message came in and nothing was printed.
const UNPRINTED: &str = "Find the light level in the payload of each `Packet::Publish` that comes \
                         in, and print it with `println!`.";

/// How long a reading in another spelling is waited for.
const SECOND_THOUGHTS: Duration = Duration::from_millis(300);

/// Readings as devices of all kinds write them: spaces mean nothing in JSON, nor does the order, and
/// there may be more than was asked for.
const SPELLINGS: [&str; 7] = [
    r#"{"light":LEVEL}"#,
    r#"{"light": LEVEL}"#,
    r#" { "light" : LEVEL } "#,
    r#"{"unit":"none","light":LEVEL,"place":{"room":"light well"}}"#,
    "{\n  \"battery\": [3, 2],\n  \"light\":\tLEVEL\n}\n",
    r#"{"note":"the light: 5","light":LEVEL}"#,
    r#"{"light":LEVEL,"lights":7,"at":1764173593}"#,
];

/// How many more levels a program is told that has missed one.
const PROBES: u16 = 3;

/// A program that has done its work on a message does nothing for so long.
const CALM: Duration = Duration::from_millis(50);

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

/// What a server that has not printed the first reading, a `level`, is told: perhaps it can read
/// others, or is behind.
///
/// # Errors
/// When the arena does not work.
pub async fn reads_no_json(
    server: &Actor,
    device: &Peer,
    topic: &str,
    finding: Finding,
    level: u16,
) -> Result<Finding, Stop> {
    if finding.hint.as_deref() != Some(UNPRINTED) {
        return Ok(finding);
    }
    let mut before = level;
    for number in 1..SPELLINGS.len() {
        let other = if before < 500 { before + 7 } else { before - 7 };
        match shown_soon(server, device, topic, number, other, before).await? {
            Some(shown) if shown == before => {
                return Ok(finding.hint(
                    "It prints a reading only when the next one is there. Print each when it comes \
                     in, and the value of this message, not one that was kept from before.",
                ));
            }
            Some(_) => {
                return Ok(finding.hint(
                    "It prints readings that are spelt otherwise. Read the payload as JSON, and do \
                     not cut the text: spaces, order and other names in it mean nothing.",
                ));
            }
            None => before = other,
        }
    }
    Ok(finding)
}

/// Tells a level and waits a little: whether it is printed, or the one before.
async fn shown_soon(
    server: &Actor,
    device: &Peer,
    topic: &str,
    spelling: usize,
    level: u16,
    before: u16,
) -> Result<Option<u16>, Stop> {
    let start = server.record.len();
    device.publish(topic, spelt(spelling, level)).await?;
    let shown = server.record.when(start, SECOND_THOUGHTS, |entries| {
        let mut printed = queries::printed(entries);
        printed.find_map(|(_, line)| {
            let known = |level: &u16| number(line, (*level).into()).is_some();
            [level, before].into_iter().find(known)
        })
    });
    Ok(shown.await.ok())
}

/// What a server that has printed so many readings is told when it misses one, a `level` that came
/// for the first time or once more: what was it about this one?
///
/// # Errors
/// When the arena does not work.
pub async fn fell_silent(
    server: &Actor,
    device: &Peer,
    topic: &str,
    finding: Finding,
    heard_before: usize,
    (level, same_again): (u16, bool),
) -> Result<Finding, Stop> {
    let came_in = match finding.hint.as_deref() {
        None => false,
        Some(UNPRINTED) => true,
        Some(_) => return Ok(finding),
    };
    let mut goes_on = false;
    for probe in 1..=PROBES {
        let other = if level < 500 {
            level + probe
        } else {
            level - probe
        };
        let shown = shown_soon(server, device, topic, 0, other, other).await?;
        goes_on |= shown.is_some();
        // Whatever else a message makes it do, this is the time for it.
        server.calm(CALM).await;
    }
    if !came_in {
        return Ok(finding.hint(
            "The message did not even come in: after the readings before, it no longer had its \
             connection, or its subscription.",
        ));
    }
    Ok(match (goes_on, same_again) {
        (true, true) => finding.hint(
            "It printed this level when it came the first time. Every reading is printed, also \
             when it says the same as the one before.",
        ),
        (true, false) => finding.hint(
            "It prints others. Read the payload as JSON: spaces, order and other names in it mean \
             nothing. And every reading is printed, whatever it says.",
        ),
        (false, _) => finding.hint(format!(
            "It printed {heard_before} of the levels and then fell silent. Every reading is \
             printed, the hundredth as the first; and inside the event loop nothing may wait for \
             anything but the network."
        )),
    })
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
    server.line.hold();
    for level in levels {
        device.publish(topic, spelt(0, *level)).await?;
    }
    let all_there = tokio::time::timeout(PROMPT, server.line.holds(levels.len())).await;
    server.line.up();
    all_there.context("the broker did not deliver a burst of messages")
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
    let Err(why) = all.await else {
        return Ok(Ok(()));
    };
    let shown = server.record.look(|entries| count(&entries[start..]));
    let more = server.record.when(start, PROMPT, |entries| {
        (count(entries) > shown).then_some(())
    });
    let goes_on = more.await.is_ok();
    let expected = format!("{} readings that came all at once, printed", levels.len());
    let finding = missed(&server.record, expected, &why);
    if finding.hint.is_some() {
        return Ok(Err(finding));
    }
    let seconds = PROMPT.as_secs();
    Ok(Err(if goes_on {
        Finding {
            actual: format!("{shown} of them after {seconds} s, and slowly more"),
            ..finding
        }
        .hint(
            "Something in the event loop waits at each message. Nothing in there may wait for \
             anything but the network: while it waits, nobody is heard.",
        )
    } else {
        Finding {
            actual: format!("{shown} of them, then silence"),
            ..finding
        }
        .hint("Every reading is printed, however many come at once, the hundredth as the first.")
    }))
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
