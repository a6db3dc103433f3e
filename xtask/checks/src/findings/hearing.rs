//! A server hears readings and prints them: here printing is the task itself.

use std::time::Duration;

use arena::peer::Peer;
use arena::record::{Entry, Missed, Stream};

use super::missed;
use crate::actor::{Actor, PROMPT};
use crate::queries;
use crate::sheet::Finding;
use crate::stage::Stop;

/// It prints what it is told.
pub const PRINTS: &str = "prints";
/// It goes on after a message that it cannot read, and prints nothing that looks like a reading.
pub const SURVIVES: &str = "survives-bad-payload";

/// What to try when a message came in and nothing was printed.
const UNPRINTED: &str = "Find the light level in the payload of each `Packet::Publish` that comes \
                         in, and print it with `println!`.";

/// How long a reading in another spelling is waited for.
const SECOND_THOUGHTS: Duration = Duration::from_millis(300);

/// Readings as devices of all kinds write them: spaces mean nothing in JSON, nor does the order, and
/// there may be more than was asked for.
const SPELLINGS: [&str; 6] = [
    r#"{"light":LEVEL}"#,
    r#"{"light": LEVEL}"#,
    r#" { "light" : LEVEL } "#,
    r#"{"unit":"none","light":LEVEL,"place":{"room":"light well"}}"#,
    "{\n  \"battery\": [3, 2],\n  \"light\":\tLEVEL\n}\n",
    r#"{"note":"the light: 5","light":LEVEL}"#,
];

/// The reading number `number` of a level, spelt in another way than the one before.
pub fn spelt(number: usize, level: u16) -> String {
    SPELLINGS[number % SPELLINGS.len()].replace("LEVEL", &level.to_string())
}

/// Payloads that no server can make sense of. They have numbers in them that must not be taken for
/// a light level.
pub const UNREADABLE: &[&[u8]] = &[
    b"not json",
    br#"{"lumens":5}"#,
    br#"{"light":"dark"}"#,
    br#"{"light":"412"}"#,
    br#"{"light":-5}"#,
    br#"{"light":299.5}"#,
    br#"{"light":18446744073709551616}"#,
    br#"{"light":null}"#,
    br#"{"light":true}"#,
    br#"{"light":[412]}"#,
    br#"{"light":{"light":412}}"#,
    br#"{"light":412"#,
    br#""light 412""#,
    b"light: 412",
    b"[1,2]",
    b"412",
    b"null",
    b"",
    b"\xff\xfe",
];

/// How the program shows a reading: what stands before the number and after it, and on which
/// stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    stream: Stream,
    before: String,
    after: String,
}

impl Form {
    fn of(stream: Stream, line: &str, level: u16) -> Option<Self> {
        let (start, end) = number(line, level)?;
        Some(Self {
            stream,
            before: line[..start].to_owned(),
            after: line[end..].to_owned(),
        })
    }

    /// Whether a line shows something in the place of a level.
    fn fits(&self, stream: Stream, line: &str) -> bool {
        let inside = line
            .strip_prefix(self.before.as_str())
            .and_then(|rest| rest.strip_suffix(self.after.as_str()));
        // Without any words around it, every line would fit; a level is a number.
        let bare = self.before.trim().is_empty() && self.after.trim().is_empty();
        self.stream == stream
            && inside.is_some_and(|inside| !bare || inside.trim().parse::<f64>().is_ok())
    }
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

/// What a server that has not printed the first reading is told: perhaps it can read others.
///
/// # Errors
/// When the arena does not work.
pub async fn reads_no_json(
    server: &Actor,
    device: &Peer,
    topic: &str,
    finding: Finding,
) -> Result<Finding, Stop> {
    const LEVEL: u16 = 437;
    if finding.hint.as_deref() != Some(UNPRINTED) {
        return Ok(finding);
    }
    for number in 1..SPELLINGS.len() {
        let start = server.record.len();
        device.publish(topic, spelt(number, LEVEL)).await?;
        let heard = server.record.when(start, SECOND_THOUGHTS, |entries| {
            let mut printed = queries::printed(entries);
            printed.find_map(|(stream, line)| Form::of(stream, line, LEVEL))
        });
        if heard.await.is_ok() {
            return Ok(finding.hint(
                "It prints the same reading when that is spelt otherwise. Read the payload as JSON, \
                 and do not cut the text: spaces, order and other names in it mean nothing.",
            ));
        }
    }
    Ok(finding)
}

/// What a server that has printed so many readings is told when it misses one.
pub fn fell_silent(finding: Finding, heard_before: usize, same_again: bool) -> Finding {
    let own = finding.hint.as_deref();
    if heard_before == 0 || own.is_some_and(|hint| hint != UNPRINTED) {
        return finding;
    }
    if same_again {
        return finding.hint(
            "It printed this level when it came the first time. Every reading is printed, also \
             when it says the same as the one before.",
        );
    }
    finding.hint(format!(
        "It printed {heard_before} of the levels and then fell silent. Is the payload read as JSON? \
         Spaces, order and other names in it mean nothing. And inside the event loop nothing may \
         wait for anything but the network."
    ))
}

/// What was printed for a payload that is no reading, when it looks like one.
pub fn taken_for_a_reading(
    entries: &[Entry],
    form: &Form,
    next_level: u16,
    payload: &[u8],
) -> Result<(), Finding> {
    let shown = String::from_utf8_lossy(payload);
    let mut printed = queries::printed(entries);
    let false_one = printed
        .find(|(stream, line)| form.fits(*stream, line) && number(line, next_level).is_none());
    match false_one {
        None => Ok(()),
        Some((_, line)) => Err(Finding::new(
            format!("no reading for the payload `{shown}`"),
            format!("the line `{line}`"),
        )
        .hint(
            "What is no reading is reported on standard error, and not printed as if it were a \
             light level: no number may be made up for it.",
        )),
    }
}

/// What was wrong with the program after it met a payload it cannot read.
pub fn after_bad(actor: &Actor, finding: Finding, payload: &[u8]) -> Finding {
    let shown = String::from_utf8_lossy(payload);
    // Where it panicked is worth a hint of its own; what else went wrong, the criterion tells.
    let panicked = actor.record.look(queries::panic).is_some();
    Finding {
        expected: format!("after the payload `{shown}`: {}", finding.expected),
        actual: finding.actual,
        hint: finding.hint.filter(|_| panicked),
    }
}

/// Where the line has this number in it, as a number of its own, with zeros in front or without.
fn number(line: &str, level: u16) -> Option<(usize, usize)> {
    let mut start = 0;
    while let Some(first) = line[start..].find(|letter: char| letter.is_ascii_digit()) {
        let first = start + first;
        let end = line[first..]
            .find(|letter: char| !letter.is_ascii_digit())
            .map_or(line.len(), |length| first + length);
        let is_other = line[..first].ends_with(['-', '.']) && first > 0 && {
            let before = &line[..first - 1];
            line[..first].ends_with('-') || before.ends_with(|c: char| c.is_ascii_digit())
        };
        if !is_other && line[first..end].parse() == Ok(level) {
            return Some((first, end));
        }
        start = end;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(line: &str, level: u16) -> bool {
        number(line, level).is_some()
    }

    #[test]
    fn a_level_counts_only_as_a_number_of_its_own() {
        assert!(names("Message received: {\"light\":437}", 437));
        assert!(names("437", 437));
        assert!(names("level 0437.", 437), "zeros in front");
        assert!(names("light:   437", 437), "spaces in front");
        assert!(!names("1437 or 4370", 437));
        assert!(!names("-437", 437));
        assert!(!names("1.437", 437));
    }

    #[test]
    fn what_stands_in_the_place_of_a_level_looks_like_one() {
        let form = Form::of(Stream::Out, "Light level: 437", 437).unwrap();
        assert!(form.fits(Stream::Out, "Light level: 0"));
        assert!(form.fits(Stream::Out, "Light level: not json"));
        assert!(!form.fits(Stream::Out, "Message ignored: it is not JSON"));
        assert!(!form.fits(Stream::Err, "Light level: 0"));
        let bare = Form::of(Stream::Err, "437", 437).unwrap();
        assert!(bare.fits(Stream::Err, "0"));
        assert!(!bare.fits(Stream::Err, "it is not JSON"));
    }

    #[test]
    fn every_spelling_is_json_with_the_level() {
        for number in 0..SPELLINGS.len() {
            let reading: serde_json::Value = serde_json::from_str(&spelt(number, 437)).unwrap();
            assert_eq!(reading["light"].as_u64(), Some(437));
        }
        for payload in UNREADABLE {
            let reading = serde_json::from_slice::<serde_json::Value>(payload);
            let level = reading.ok().and_then(|reading| reading["light"].as_u64());
            assert_eq!(level, None);
        }
    }
}
