//! What was seen instead, in words.

use std::time::Duration;

use arena::record::{Entry, Event};
use arena::wire::Packet;
use checks::sheet::Finding;
use course::DEVICE_NAME;
use rumqttc::mqttbytes::v4::Publish;

use crate::desk::Seen;

/// A page from which no CONNECT came.
pub fn silent(entries: &[Entry], seen: &Seen) -> Finding {
    let version = entries.iter().find_map(|entry| match &entry.event {
        Event::Packet {
            packet: Packet::OtherVersion { level },
            ..
        } => Some(*level),
        _ => None,
    });
    let expected = "a CONNECT to the broker in the page's address";
    if let Some(level) = version {
        return Finding::new(expected, format!("a CONNECT with protocol level {level}")).hint(
            "MQTT 3.1.1 is level 4. MQTT.js takes it unless `protocolVersion` says otherwise.",
        );
    }
    let finding = Finding::new(expected, with_error("none", seen));
    match seen.error.as_deref() {
        Some(error) if error.contains("mqtt is not defined") => finding.hint(
            "The library is not there: `<script src=\"http://127.0.0.1:8083/mqtt.min.js\">` comes \
             before the script that uses it.",
        ),
        Some(_) => finding.hint(
            "A script of the page stops at that error. The browser's console, F12, says on which line.",
        ),
        None if !entries.is_empty() => finding.hint(
            "Something was dialled, and said nothing of MQTT. Does the URL begin with `ws://`, as \
             `broker` does?",
        ),
        None => finding,
    }
}

/// What it saw, and what went wrong in the page, if something did.
fn with_error(saw: &str, seen: &Seen) -> String {
    match &seen.error {
        Some(error) => format!("{saw}; in the page: {error}"),
        None => saw.to_owned(),
    }
}

/// The name of its client.
pub fn name(name: &str, id: &str) -> Result<(), Finding> {
    let finding = Finding::new(
        format!("a client name that begins with {id}, and goes on"),
        format!("`{name}`"),
    );
    let programs = course::steps().iter().flat_map(|step| &step.programs);
    let mut others = programs.map(|program| program.client_name_as(DEVICE_NAME, id));
    if others.any(|other| other == name) {
        return Err(finding.hint(
            "That is the name of a program of the steps. A broker ends the older of two connections \
             with one name, so they would throw each other out.",
        ));
    }
    match name.strip_prefix(id) {
        Some("") => Err(finding.hint("Only the id: say after it which of your clients this is.")),
        Some(_) => Ok(()),
        None => Err(finding),
    }
}

/// What it subscribed to.
pub fn filters(filters: &[&str], id: &str, seen: &Seen) -> Result<(), Finding> {
    let topic = format!("{id}/telemetry");
    let expected = format!("a SUBSCRIBE to {topic}");
    let Some(odd) = filters.iter().find(|filter| **filter != topic) else {
        return match filters.is_empty() {
            true => Err(Finding::new(expected, with_error("none", seen))),
            false => Ok(()),
        };
    };
    let finding = Finding::new(expected, format!("one to {odd}"));
    Err(if odd.contains('#') || odd.contains('+') {
        finding.hint(
            "A wildcard hears what is meant for others, too: your own commands come back to you. One \
             topic is enough here.",
        )
    } else if odd.contains("${") {
        finding.hint("`${id}` is filled in between backticks, not between quotation marks.")
    } else {
        finding
    })
}

/// A level that did not appear.
pub fn unshown(level: u16, seen: &Seen) -> Finding {
    let expected = format!("#light shows {level} after {{\"light\":{level}}}");
    let Some(light) = &seen.light else {
        return Finding::new(expected, "there is no element `light`")
            .hint("What is shown stands in `<output id=\"light\">`.");
    };
    let finding = Finding::new(expected, with_error(&format!("it shows `{light}`"), seen));
    if light.contains("[object") {
        return finding.hint("That is the whole object, or its bytes. The level is its `light`.");
    }
    finding
}

/// The same, after something that is no reading.
pub fn after(payload: &str, finding: Finding) -> Finding {
    let what = match payload {
        "" => "an empty payload".to_owned(),
        payload => format!("the payload `{payload}`"),
    };
    Finding::new(
        format!("after {what}, {}", finding.expected),
        finding.actual,
    )
}

/// A page that did not come back.
pub fn away(limit: Duration) -> Finding {
    let expected = "another CONNECT after the connection was cut";
    Finding::new(expected, format!("none within {} s", limit.as_secs())).hint(
        "MQTT.js dials again by itself, unless `reconnectPeriod` is 0 or the page calls \
         `client.end()`.",
    )
}

/// Messages that nobody asked for, the first of them.
pub fn unasked(first: &Publish, many: usize) -> Finding {
    let payload = String::from_utf8_lossy(&first.payload);
    let saw = format!(
        "{many} PUBLISHes without one, as `{payload}` to {}",
        first.topic
    );
    Finding::new("a PUBLISH after a click, and none without", saw)
}
