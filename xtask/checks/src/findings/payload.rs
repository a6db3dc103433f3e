//! Topics and payloads as the course's contract wants them, and what is wrong with those that are
//! not.

use arena::record::Entry;
use serde_json::Value;

use crate::queries;
use crate::sheet::Finding;

/// The light level in a telemetry payload.
///
/// # Errors
/// Says what is wrong with it.
pub fn light(payload: &[u8]) -> Result<u64, Finding> {
    let value = member(payload, "light", r#"JSON like {"light":299}"#)?;
    match &value {
        Value::Number(number) if number.is_u64() => Ok(number.as_u64().unwrap_or_default()),
        Value::String(text) => Err(Finding::new(
            r#""light" with a number"#,
            format!(r#""light" with the text "{text}""#),
        )
        .hint("Give `json!` the number itself, not a `String` made of it.")),
        other => Err(Finding::new(
            r#""light" with a whole number"#,
            format!(r#""light" with {other}"#),
        )
        .hint(
            "A level is a whole number from 0 to 1023. Publish it as `light_level` returns it, \
             with nothing calculated.",
        )),
    }
}

/// The boolean in a command payload.
///
/// # Errors
/// Says what is wrong with it.
pub fn led_on(payload: &[u8]) -> Result<bool, Finding> {
    let value = member(payload, "led_on", r#"JSON like {"led_on":true}"#)?;
    match &value {
        Value::Bool(on) => Ok(*on),
        Value::String(text) => Err(Finding::new(
            r#""led_on" with true or false"#,
            format!(r#""led_on" with the text "{text}""#),
        )
        .hint(
            "In JSON `true` and `\"true\"` are different things. Give `json!` the `bool` itself, \
             not a `String` made of it.",
        )),
        other => Err(Finding::new(
            r#""led_on" with true or false"#,
            format!(r#""led_on" with {other}"#),
        )
        .hint("In JSON only true or false will do; give `json!` a `bool`, say `light < 300`.")),
    }
}

fn member(payload: &[u8], key: &str, expected: &str) -> Result<Value, Finding> {
    let shown = visible(&String::from_utf8_lossy(payload));
    let value: Value = serde_json::from_slice(payload).map_err(|error| {
        Finding::new(expected, format!("`{shown}`, which is not JSON: {error}")).hint(
            "Let `serde_json::json!` make the object and `to_string` the text: they get every \
             quote right.",
        )
    })?;
    if let Value::String(text) = &value
        && text.trim_start().starts_with('{')
    {
        return Err(Finding::new(
            expected,
            format!("`{shown}`, which is a text with JSON inside"),
        )
        .hint(
            "It was turned into text twice: what is sent is one JSON text with quotes in it, and \
             not an object. `to_string` once is enough.",
        ));
    }
    let Value::Object(mut members) = value else {
        return Err(Finding::new(
            expected,
            format!("`{shown}`, which is JSON but not an object"),
        )
        .hint(format!("An object has names in it, in braces: {expected}.")));
    };
    members.remove(key).ok_or_else(|| {
        let names: Vec<&str> = members.keys().map(String::as_str).collect();
        Finding::new(expected, format!("`{shown}`")).hint(match names.as_slice() {
            [] => format!("The object is empty; \"{key}\" belongs in it."),
            [name] => format!("The name must be \"{key}\", to the letter; here it is \"{name}\"."),
            names => format!(
                "The name \"{key}\" is missing; there is {}.",
                names.join(", ")
            ),
        })
    })
}

/// A text with all that nobody sees on a screen spelt out.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::new();
    for letter in text.chars() {
        if letter.is_control() || is_reordering(letter) {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// Marks that make the text around them read as something else.
fn is_reordering(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a topic (or topic filter) is the right one.
///
/// # Errors
/// Says what is wrong with it.
pub fn topic(actual: &str, id: &str, kind: &str) -> Result<(), Finding> {
    let expected = format!("{id}/{kind}");
    if actual == expected {
        return Ok(());
    }
    let finding = Finding::new(format!("topic {expected}"), format!("topic {actual}"));
    let other = match kind {
        "telemetry" => "commands",
        "commands" => "telemetry",
        _ => "",
    };
    if let Some(hint) = any_device(actual, id, kind) {
        return Err(finding.hint(hint));
    }
    Err(if actual.trim_start_matches('/') == expected {
        finding.hint(
            "A leading slash makes another topic: it begins with a level that has no name (MQTT \
             3.1.1, section 4.7).",
        )
    } else if actual.trim_end_matches('/') == expected {
        finding.hint(
            "A trailing slash makes another topic: it ends with a level that has no name (MQTT \
             3.1.1, section 4.7).",
        )
    } else if let Some(missing) = expected.strip_prefix(&format!("{actual}/")) {
        finding.hint(format!(
            "A level is missing at its end: the topic goes on with `/{missing}`."
        ))
    } else if actual.contains(['{', '}']) {
        finding.hint(
            "There is still a placeholder in it. `format!(\"{}/telemetry\", settings.id)` puts the \
             id in its place; a text alone does not.",
        )
    } else if actual == format!("{id}{kind}") {
        finding.hint("Between the id and the word belongs a slash.")
    } else if actual == format!("{kind}/{id}") {
        finding.hint("That is the wrong way round: first the id, then what the topic is for.")
    } else if actual.contains('*') {
        finding.hint(
            "A star is no wildcard in MQTT, it is a letter like any other. Name the one topic that \
             is meant.",
        )
    } else if let Some(hint) = devices(actual, id, kind) {
        finding.hint(hint)
    } else if actual.to_lowercase() == expected.to_lowercase() {
        finding.hint(
            "That is nearly it. Topics are compared letter by letter, capitals too: take the id as \
             it is.",
        )
    } else if is_cut_short(actual, id, kind) {
        finding.hint("The id is cut short: the whole id belongs in front, however long it is.")
    } else if actual.contains(['+', '#']) {
        finding
            .hint("A wildcard hears the messages of others too. Name the one topic that is meant.")
    } else if actual == format!("{id}/{other}") {
        finding.hint(
            "The two topics are swapped: telemetry goes from the device to the server, commands \
             from the server to the device.",
        )
    } else if front(actual, kind).is_some_and(|front| is_like(front, id)) {
        finding.hint(
            "That is nearly it, but not your id to the letter: leave nothing out of it, and change \
             nothing.",
        )
    } else if !actual.contains(id) {
        finding.hint(
            "Your id is not in it. Take it from `settings.id`; without it (or with another one on \
             one of the two sides) nothing arrives, and no error says so.",
        )
    } else if strsim::damerau_levenshtein(&actual.to_lowercase(), &expected.to_lowercase()) <= 3 {
        finding.hint("That is nearly it. Topics are compared letter by letter, capitals too.")
    } else {
        finding
    })
}

/// Whether nothing was told but below this id: there anything may be, elsewhere it disturbs others.
///
/// # Errors
/// Says what is wrong with the topic, held against `<id>/<kind>`.
pub fn foreign(entries: &[Entry], id: &str, kind: &str) -> Result<(), Finding> {
    let own = format!("{id}/");
    let mut topics = queries::published(entries).map(|message| message.topic.as_str());
    match topics.find(|topic| !topic.starts_with(&own)) {
        None => Ok(()),
        Some(foreign) => topic(foreign, id, kind),
    }
}

/// What to try where a topic belongs to one of several devices, and its name is not in it.
fn devices(actual: &str, id: &str, kind: &str) -> Option<&'static str> {
    let (name, last) = kind.strip_prefix("devices/")?.split_once('/')?;
    let below = actual.strip_prefix(id)?.strip_prefix('/')?;
    if below == last {
        Some(
            "That topic is the same for all devices. Each has one of its own: between the id and \
             the last word stand `devices` and the device's name.",
        )
    } else if below == format!("{name}/{last}") {
        Some("Before the device's name belongs one more level, `devices`.")
    } else if below == format!("devices/{last}") {
        Some("The device's name is missing: it is a level of its own, after `devices`.")
    } else {
        None
    }
}

/// What to try where a filter has to match the topics of all devices, and does not, or matches more.
fn any_device(actual: &str, id: &str, kind: &str) -> Option<&'static str> {
    let last = kind.strip_prefix("devices/+/")?;
    let below = actual.strip_prefix(id)?.strip_prefix('/')?;
    if below.contains('*') {
        Some(
            "A star is no wildcard in MQTT, it is a letter like any other. For one level it is `+`.",
        )
    } else if below.contains('#') {
        Some(
            "`#` stands for all levels from there on, and brings more than the readings: commands, \
             too. One `+`, for the one level that differs, is enough.",
        )
    } else if below.contains('+') {
        Some(
            "`+` stands for one level. Only the device's name differs from device to device: it \
             takes that place, and the other levels are written out.",
        )
    } else if below == last {
        Some(
            "On that topic nobody tells anything any more: each device has one of its own now. A \
             filter with a wildcard for the name hears them all.",
        )
    } else if below.starts_with("devices/") {
        Some("That is one device. A filter with a wildcard for the name hears them all.")
    } else {
        None
    }
}

fn is_cut_short(actual: &str, id: &str, kind: &str) -> bool {
    front(actual, kind)
        .is_some_and(|front| !front.is_empty() && front != id && id.starts_with(front))
}

/// What stands where the id belongs.
fn front<'a>(actual: &'a str, kind: &str) -> Option<&'a str> {
    actual.strip_suffix(kind)?.strip_suffix('/')
}

/// Whether a text is made from the id, but is not it: more than half of it is as it should be.
pub(super) fn is_like(actual: &str, id: &str) -> bool {
    actual != id && strsim::normalized_damerau_levenshtein(actual, id) > 0.5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_payloads_in_any_spelling() {
        assert_eq!(light(br#"{"light":299}"#), Ok(299));
        assert_eq!(light(br#" {"unit": "lux", "light": 0} "#), Ok(0));
        assert_eq!(led_on(br#"{ "led_on" : false }"#), Ok(false));
    }

    #[test]
    fn nothing_that_acts_is_left_in_what_is_shown() {
        assert_eq!(visible("a\u{1b}[2J\n"), "a\\u{1b}[2J\\n");
        assert_eq!(visible("\u{202e}Zoë\u{2066}"), "\\u{202e}Zoë\\u{2066}");
    }

    #[test]
    fn wrong_payloads_say_what_is_wrong() {
        let hint = |payload: &[u8]| light(payload).unwrap_err().hint.unwrap_or_default();
        assert!(hint(b"light: 3").contains("json!"));
        assert!(hint(b"300").contains("object"));
        assert!(hint(br#""{\"light\":5}""#).contains("twice"));
        assert!(hint(br#"{"lumens":5}"#).contains("\"lumens\""));
        assert!(hint(br#"{"light":"5"}"#).contains("String"));
        assert!(light(br#"{"light":3.5}"#).is_err());
        assert!(light(b"\xff\xfe").is_err());
        assert!(led_on(br#"{"led_on":"true"}"#).is_err());
        assert!(led_on(br#"{"led_on":1}"#).is_err());
    }

    #[test]
    fn wrong_topics_say_what_is_wrong() {
        let hint = |actual: &str| topic(actual, "ab12", "telemetry").unwrap_err().hint;
        assert!(topic("ab12/telemetry", "ab12", "telemetry").is_ok());
        assert!(hint("/ab12/telemetry").unwrap().contains("slash"));
        assert!(hint("ab12/commands").unwrap().contains("swapped"));
        assert!(hint("telemetry").unwrap().contains("id"));
        assert!(hint("ab12/#").unwrap().contains("wildcard"));
        assert!(hint("ab12/telemtry").unwrap().contains("nearly"));
        assert!(hint("AB12/telemetry").unwrap().contains("capitals"));
        assert!(hint("ab/telemetry").unwrap().contains("whole id"));
        assert!(hint("ab2/telemetry").unwrap().contains("to the letter"));
        assert!(hint("ab12/*").unwrap().contains("star"));
        assert!(hint("ab12/something/else").is_none());
    }
}
