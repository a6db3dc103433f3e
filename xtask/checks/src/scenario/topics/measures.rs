//! The monitor shows measures of any name, and what comes by the wildcard that is none.

use std::time::Duration;

use arena::peer::Peer;
use arena::record::{Entry, Missed, Stream};
use course::MONITOR;

use super::monitor::{FIRST_LEVEL, SHOWS, SURVIVES, WANTED};
use crate::actor::{Actor, PROMPT};
use crate::findings::filters::{nothing_but, subscribed};
use crate::findings::introduction::arrive;
use crate::findings::missed;
use crate::findings::shown::Form;
use crate::findings::subscription::SUBSCRIBES;
use crate::findings::unreadable::{UNREADABLE, after_bad, reports, taken_for_a_reading};
use crate::queries;
use crate::scenario::connect::SLOW_ANSWER;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// What devices measure, in the words of those who build them.
const NAMES: [&str; 8] = [
    "light",
    "temperature",
    "humidity",
    "co2",
    "Wind",
    "soil_moisture",
    "noise-level",
    "größe",
];

/// How many measures the transcript shows.
const SHOWN: usize = SHOWN_NUMBERS.len();

/// Their numbers, and what else is in the payload.
const SHOWN_NUMBERS: [(u16, u32); 5] = [
    (298, 20_001),
    (21, 30_077),
    (48, 40_002),
    (12, 50_090),
    (6, 60_003),
];

/// How long a line is waited for that may not come.
const SECOND_THOUGHTS: Duration = Duration::from_millis(300);

/// Measures of all names and numbers, and then what is none.
pub(super) async fn measures(stage: &mut Stage) -> Result<(), Stop> {
    let device = stage.peer().await?;
    let monitor = stage.prepare(MONITOR, &[]).await?;
    monitor.redact(|redaction| redaction.uncrossed());
    monitor.line.answer_late(SLOW_ANSWER);
    stage.start(&monitor).await?;
    arrive(stage, &monitor).await?;
    let subscription = subscribed(&monitor, 0, &WANTED).await;
    stage.insist(&monitor, SUBSCRIBES, subscription)?;
    let told = all(stage, &monitor, &device).await;
    stage.judge_seen(&monitor, SUBSCRIBES, nothing_but(&monitor, 0, &WANTED));
    told
}

async fn all(stage: &mut Stage, monitor: &Actor, device: &Peer) -> Result<(), Stop> {
    let many = format!("m{}", stage.dice.u32(100..1000));
    let mut names: Vec<&str> = NAMES.into_iter().chain([many.as_str()]).collect();
    stage.dice.shuffle(&mut names[SHOWN..]);
    for (round, name) in names.iter().enumerate() {
        let (value, other) = numbers(stage, round);
        let measure = Measure {
            topic: stage.topic(&format!("telemetry/{name}")),
            payload: spelt(round, name, &value, other),
            name,
            value,
        };
        if round == SHOWN {
            let rest = monitor.record.len()..usize::MAX;
            monitor.redact(|redaction| redaction.leave_out(rest));
        }
        let start = monitor.record.len();
        let shown = shows(monitor, device, &measure).await?;
        stage.insist(monitor, SHOWS, shown)?;
        let alone = monitor
            .record
            .look(|entries| only(&entries[start..], &measure, other));
        stage.insist(monitor, SHOWS, alone)?;
    }
    bad_payloads(stage, monitor, device).await?;
    bad_names(stage, monitor, device).await?;
    deeper(stage, monitor, device).await
}

/// One measure that is told.
struct Measure<'a> {
    topic: String,
    payload: String,
    name: &'a str,
    value: String,
}

/// The number of a measure, and another one in its payload. Some are whole, some have a point or a
/// minus: JSON numbers that everybody writes alike. Those on the transcript are not chance.
fn numbers(stage: &mut Stage, round: usize) -> (String, u32) {
    let (whole, other) = match SHOWN_NUMBERS.get(round) {
        Some((whole, other)) => (*whole, *other),
        None => (stage.dice.u16(2..1000), stage.dice.u32(20_000..90_000)),
    };
    let number = match round % 4 {
        1 => format!("{whole}.5"),
        2 => whole.to_string(),
        3 => format!("-{whole}.25"),
        _ => (whole + 1).to_string(),
    };
    (number, other)
}

/// With other names beside it, some of them measures elsewhere.
fn spelt(round: usize, name: &str, value: &str, other: u32) -> String {
    match round % 4 {
        0 => format!(r#"{{"{name}":{value}}}"#),
        1 => format!(r#"{{"battery":{other}, "{name}" : {value}}}"#),
        2 => format!(r#"{{"{name}":{value},"unit":"none","raw":{other}}}"#),
        _ => format!("{{\n \"at\": {other},\n \"{name}\":\t{value}\n}}\n"),
    }
}

/// Tells it and waits until it is printed.
async fn shows(
    monitor: &Actor,
    device: &Peer,
    measure: &Measure<'_>,
) -> Result<Result<(), Finding>, Stop> {
    let start = monitor.record.len();
    device
        .publish(&measure.topic, measure.payload.clone())
        .await?;
    let shown = monitor.record.when(start, PROMPT, |entries| {
        queries::printed(entries)
            .any(|(_, line)| says(line, measure.name, &measure.value))
            .then_some(())
    });
    let Err(why) = shown.await else {
        return Ok(Ok(()));
    };
    let expected = format!(
        "a line `{} {}` for the payload `{}` on {}",
        measure.name,
        measure.value,
        measure.payload.escape_debug(),
        measure.topic
    );
    let finding = missed(&monitor.record, expected, &why);
    let (came, number_alone) = monitor.record.look(|entries| {
        let since = &entries[start..];
        let mut printed = queries::printed(since);
        let alone = printed.any(|(_, line)| tokens(line).any(|it| is(it, &measure.value)));
        (since.iter().any(queries::is_delivery), alone)
    });
    if finding.hint.is_some() {
        return Ok(Err(finding));
    }
    Ok(Err(if number_alone {
        finding.hint(
            "The number is there, the name is not: it is the last level of `message.topic`, \
             `rsplit_once('/')`.",
        )
    } else if came && measure.name != "light" {
        finding.hint(
            "Any measure is shown, not only the light: the name that the topic ends with is also \
             the name of the number in the payload, with or without a point or a minus.",
        )
    } else {
        finding
    }))
}

/// Words and numbers of a line.
fn tokens(line: &str) -> impl Iterator<Item = &str> {
    line.split(|letter: char| letter.is_whitespace() || r#":=,;"'(){}[]<>|`"#.contains(letter))
        .filter(|token| !token.is_empty())
}

fn is(token: &str, value: &str) -> bool {
    let token = token.trim_end_matches('.');
    match (token.parse::<f64>(), value.parse::<f64>()) {
        (Ok(token), Ok(value)) => (token - value).abs() < 1e-9,
        _ => false,
    }
}

/// Whether a line says this measure: its name, and then its number.
fn says(line: &str, name: &str, value: &str) -> bool {
    let mut after = tokens(line).skip_while(|token| *token != name).skip(1);
    after.any(|token| is(token, value))
}

/// Whether nothing else of the payload was printed beside the measure.
fn only(entries: &[Entry], measure: &Measure, other: u32) -> Result<(), Finding> {
    let other = other.to_string();
    let mut printed = queries::printed(entries);
    let line = printed.find(|(_, line)| tokens(line).any(|token| is(token, &other)));
    let Some((_, line)) = line else {
        return Ok(());
    };
    Err(Finding::new(
        format!("`{} {}` alone", measure.name, measure.value),
        format!("the line `{line}`"),
    )
    .hint(
        "Only the number under the measure's own name is shown. What else stands in the payload, a \
         battery say, is no measure of this topic.",
    ))
}

/// Payloads without a number under the name, each followed by a good one.
async fn bad_payloads(stage: &mut Stage, monitor: &Actor, device: &Peer) -> Result<(), Stop> {
    let topic = stage.topic("telemetry/light");
    let has_a_number = |payload: &&&[u8]| {
        let value = serde_json::from_slice::<serde_json::Value>(payload).ok();
        value.is_some_and(|value| value["light"].is_number())
    };
    let bad = UNREADABLE.iter().filter(|payload| !has_a_number(payload));
    for payload in bad {
        let start = monitor.record.len();
        device.publish(&topic, *payload).await?;
        let (level, form) = after(stage, monitor, device, payload).await?;
        let quiet = monitor
            .record
            .look(|entries| taken_for_a_reading(&entries[start..], &form, level, payload, None));
        stage.insist(monitor, SURVIVES, quiet)?;
        let reported = reports(monitor, start, payload, &[level]).await;
        stage.insist(monitor, SURVIVES, reported)?;
    }
    Ok(())
}

/// A good measure: the monitor works through its messages in order, so when that is printed it is
/// done with what came before.
async fn after(
    stage: &mut Stage,
    monitor: &Actor,
    device: &Peer,
    payload: &[u8],
) -> Result<(u16, Form), Stop> {
    let level = stage.dice.u16(FIRST_LEVEL..);
    let start = monitor.record.len();
    let measure = Measure {
        topic: stage.topic("telemetry/light"),
        payload: format!(r#"{{"light":{level}}}"#),
        name: "light",
        value: level.to_string(),
    };
    if let Err(finding) = shows(monitor, device, &measure).await? {
        let finding = after_bad(monitor, finding, payload);
        return Err(stage.stop(monitor, SURVIVES, finding));
    }
    let form = monitor.record.look(|entries| {
        let mut printed = queries::printed(&entries[start..]);
        printed.find_map(|(stream, line)| {
            says(line, "light", &measure.value).then(|| Form::of(stream, line, level))?
        })
    });
    form.map(|form| (level, form)).ok_or(Stop::Program)
}

/// Names that are none: an empty level, which `+` matches, and control characters, where the broker
/// lets them through.
async fn bad_names(stage: &mut Stage, monitor: &Actor, device: &Peer) -> Result<(), Stop> {
    let forged = stage.dice.u16(FIRST_LEVEL..);
    let names = [
        String::new(),
        format!("dust\nlight {forged}\n"),
        "\u{1b}[2Jlight".to_owned(),
        "light\r".to_owned(),
        "a\tb".to_owned(),
    ];
    for name in names {
        let topic = stage.topic(&format!("telemetry/{name}"));
        let value = stage.dice.u16(FIRST_LEVEL..);
        let payload = serde_json::json!({ name.as_str(): value }).to_string();
        let start = monitor.record.len();
        if !delivered(stage, monitor, device, (&topic, &payload)).await? {
            continue;
        }
        let shown = format!("{payload}` on the topic `{}", topic.escape_debug());
        let next = after(stage, monitor, device, shown.as_bytes()).await?;
        let printed = monitor.record.look(|entries| {
            let mut printed = queries::printed(&entries[start..]);
            let false_one = printed.find(|(stream, line)| {
                let shows = tokens(line).any(|token| is(token, &value.to_string()));
                let forges = says(line, "light", &forged.to_string());
                *stream == Stream::Out && (shows || forges)
            });
            false_one.map(|(_, line)| line.escape_debug().to_string())
        });
        if let Some(line) = printed {
            let finding = Finding::new(
                format!("no measure for the topic `{}`", topic.escape_debug()),
                format!("the line `{line}`"),
            )
            .hint(if name.is_empty() {
                "`+` matches an empty level, too: the topic ends with a slash then, and the measure \
                 has no name. Report it on standard error."
            } else {
                "Whoever publishes chooses the name, control characters included: a line break \
                 makes two lines of one, and the second says whatever they like. Report such names \
                 on standard error, with `{:?}`."
            });
            return Err(stage.stop(monitor, SURVIVES, finding));
        }
        let reported = reports(monitor, start, shown.as_bytes(), &[next.0]).await;
        stage.insist(monitor, SURVIVES, reported)?;
    }
    Ok(())
}

/// Publishes under a name of its own choice. Some brokers throw out who does that with control
/// characters (MQTT 3.1.1, section 1.5.3), so it is done by somebody else.
async fn delivered(
    stage: &Stage,
    monitor: &Actor,
    device: &Peer,
    (topic, payload): (&str, &str),
) -> Result<bool, Stop> {
    let start = monitor.record.len();
    if !topic.contains(char::is_control) {
        device.publish(topic, payload).await?;
        return Ok(true);
    }
    let vandal = stage.peer().await?;
    vandal.publish(topic, payload).await?;
    let came = monitor.record.when(start, SECOND_THOUGHTS, |entries| {
        entries.iter().any(queries::is_delivery).then_some(())
    });
    match came.await {
        Ok(()) => Ok(true),
        Err(Missed::TimeUp(_)) => Ok(false),
        Err(why) => {
            let finding = missed(&monitor.record, "a monitor that goes on", &why);
            Err(anyhow::anyhow!("{}: {}", finding.expected, finding.actual).into())
        }
    }
}

/// What is not one level below `telemetry` does not arrive by `+`.
async fn deeper(stage: &mut Stage, monitor: &Actor, device: &Peer) -> Result<(), Stop> {
    let value = stage.dice.u16(FIRST_LEVEL..);
    let start = monitor.record.len();
    for kind in ["telemetry/light/raw", "telemetry", "commands"] {
        let payload = format!(r#"{{"raw":{value},"telemetry":{value},"commands":{value}}}"#);
        device.publish(&stage.topic(kind), payload).await?;
    }
    after(stage, monitor, device, b"").await?;
    let heard = monitor.record.look(|entries| {
        let mut printed = queries::printed(&entries[start..]);
        printed.any(|(_, line)| tokens(line).any(|token| is(token, &value.to_string())))
    });
    if heard {
        let finding = Finding::new(
            "measures one level below `telemetry`",
            "a line about a message of another topic",
        );
        return Err(stage.stop(monitor, SHOWS, finding));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_a_measure_in_many_ways() {
        for line in [
            "light 299",
            "light: 299",
            "12:03 light = 299.0 lux",
            "{\"light\":299}",
            "The light is 299.",
        ] {
            assert!(says(line, "light", "299"), "{line}");
        }
        for line in ["299", "light 2990", "lights 299", "299 light", "light -299"] {
            assert!(!says(line, "light", "299"), "{line}");
        }
        assert!(says("temperature -21.25", "temperature", "-21.25"));
    }
}
