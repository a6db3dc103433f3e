//! Messages that are no readings, and what a program that hears readings makes of them.

use arena::record::{Entry, Missed};

use super::missed;
use super::shown::{Form, number};
use crate::actor::{Actor, PROMPT};
use crate::queries;
use crate::sheet::Finding;

/// It reports a message that it cannot read, goes on, and prints nothing that looks like a reading.
pub const SURVIVES: &str = "survives-bad-payload";

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
    br#"{"sensor":{"light":412}}"#,
    br#"{"Light":412}"#,
    br#"{"light_level":412}"#,
    br#"[{"light":412}]"#,
    br#"{"light":412} and more"#,
    b"{'light':412}",
    br#"{"light":412"#,
    br#""light 412""#,
    b"light: 412",
    b"[1,2]",
    b"412",
    b"null",
    b"",
    b"\xff\xfe",
];

/// Numbers that no sensor gives. They may be taken at their word or refused, but not for another
/// number: cut to 16 or 32 bits, each of them is a dark evening.
pub const TOO_LARGE: &[(&str, u64)] = &[
    (r#"{"light":65636}"#, 65_636),
    (r#"{"light":4294967396}"#, 4_294_967_396),
];

/// What was printed for a payload that is no reading, when it looks like one. `meant` is the number
/// in it, if it may be taken at its word.
pub fn taken_for_a_reading(
    entries: &[Entry],
    form: &Form,
    next_level: u16,
    payload: &[u8],
    meant: Option<u64>,
) -> Result<(), Finding> {
    let shown = String::from_utf8_lossy(payload);
    let mut printed = queries::printed(entries);
    let is_known = |line: &str| {
        let known = [Some(u64::from(next_level)), meant];
        known
            .into_iter()
            .flatten()
            .any(|known| number(line, known).is_some())
    };
    let false_one = printed.find(|(stream, line)| form.fits(*stream, line) && !is_known(line));
    match (false_one, meant) {
        (None, _) => Ok(()),
        (Some((_, line)), Some(meant)) => Err(Finding::new(
            format!("no other number than {meant} for the payload `{shown}`"),
            format!("the line `{line}`"),
        )
        .hint(
            "With `as` a number that is too large for its new type silently becomes another one. \
             Keep the `u64`, or let `u16::try_from` find out that it does not fit.",
        )),
        (Some((_, line)), None) => Err(Finding::new(
            format!("no reading for the payload `{shown}`"),
            format!("the line `{line}`"),
        )
        .hint(
            "What is no reading is reported on standard error, and not printed as if it were a \
             light level: no number may be made up for it.",
        )),
    }
}

/// Whether a payload that cannot be read was reported on standard error, in whatever words. `since`
/// is where in the record it came, and `next_levels` are the good ones after it.
///
/// # Errors
/// When the program kept silent.
pub async fn reports(
    actor: &Actor,
    since: usize,
    payload: &[u8],
    next_levels: &[u16],
) -> Result<(), Finding> {
    // To some an empty message is none.
    if payload.is_empty() {
        return Ok(());
    }
    let is_other = |line: &str| {
        let mut known = next_levels.iter();
        !known.any(|level| number(line, (*level).into()).is_some())
    };
    let reported = actor.record.when(since, PROMPT, |entries| {
        let mut errors = queries::errors(entries);
        errors.any(is_other).then_some(())
    });
    let reported = reported.await;
    let shown = String::from_utf8_lossy(payload);
    let expected = format!("a line on standard error about the payload `{shown}`");
    let Err(why) = reported else {
        // A panic's own words are no report.
        return match actor.record.look(queries::panic) {
            None => Ok(()),
            Some(_) => Err(missed(&actor.record, expected, &Missed::TimeUp(PROMPT))),
        };
    };
    Err(match why {
        Missed::TimeUp(_) => Finding::new(expected, "not a word about it there").hint(
            "A message that cannot be read is reported with `eprintln!`: what is wrong with it, in \
             words. Who passes over it in silence, or speaks of it on standard output, will search \
             for long when nothing works.",
        ),
        why => missed(&actor.record, expected, &why),
    })
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
        rests_on_order: finding.rests_on_order,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_unreadable_payload_has_a_level() {
        for payload in UNREADABLE {
            let reading = serde_json::from_slice::<serde_json::Value>(payload);
            let level = reading.ok().and_then(|reading| reading["light"].as_u64());
            assert_eq!(level, None);
        }
        for (payload, meant) in TOO_LARGE {
            let reading: serde_json::Value = serde_json::from_str(payload).unwrap();
            assert_eq!(reading["light"].as_u64(), Some(*meant));
        }
    }
}
