//! Tasks, what was done before, and what is no task: each is acknowledged, and the tasks are done.

use std::sync::Arc;

use arena::record::Entry;

use super::errand::Errand;
use super::ledger::{ACKNOWLEDGES, DOES, ONCE, PASSES_OVER, SURVIVES, changes};
use crate::actor::Actor;
use crate::findings::unreadable::after_bad;
use crate::queries::Pacing;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// It rests after each.
const PAUSES: &str = "pauses";

/// How long it is to rest here, in milliseconds: not as long as when nobody says so.
const REST_MS: u64 = 700;

/// How many tasks come at once: more than rumqttc reads ahead.
const AT_ONCE: usize = 12;

/// What no device can make a task of. Numbers in it are above those of the tasks.
const NO_TASKS: &[&[u8]] = &[
    b"not json",
    br#"{"led_on":true}"#,
    br#"{"seq":901}"#,
    br#"{"seq":"902","led_on":true}"#,
    br#"{"seq":902.5,"led_on":true}"#,
    br#"{"seq":-903,"led_on":true}"#,
    br#"{"seq":18446744073709551616,"led_on":true}"#,
    br#"{"seq":null,"led_on":true}"#,
    br#"{"seq":904,"led_on":"true"}"#,
    br#"{"seq":905,"led_on":1}"#,
    br#"{"seq":906,"led_on":null}"#,
    br#"{"task":{"seq":907,"led_on":true}}"#,
    br#"{"Seq":908,"led_on":true}"#,
    br#"{"seq":909,"led_on":true"#,
    br#"{"seq":910,"led_on":true} and more"#,
    b"911",
    b"null",
    b"",
    b"\xff\xfe",
];

/// One, many at once, with numbers left out, old ones, and nonsense.
pub async fn tasks(stage: &mut Stage) -> Result<(), Stop> {
    stage.devices_rest_for(REST_MS);
    let mut errand = Errand::recorded(stage).await?;
    let device = Arc::clone(&errand.device);
    errand.give(1).await?;
    errand.is_done(stage).await?;
    let many = device.record.len();
    device.line.hold();
    errand.give(AT_ONCE).await?;
    device.comes_all_at_once(AT_ONCE, many).await?;
    errand.is_done(stage).await?;
    device.redact(|redaction| redaction.leave_out(many..device.record.len()));
    let rested = device.record.look(|entries| rests(entries, &device));
    stage.judge(&device, PAUSES, rested);
    errand.leave_out(4);
    errand.give(1).await?;
    errand.is_done(stage).await?;
    stage.pass(&device, DOES);
    stage.pass(&device, ACKNOWLEDGES);

    for seq in [errand.last, errand.last - 1, 1, 0] {
        let old = errand.like_the_next(seq);
        let said = errand.is_reported(old.as_bytes()).await?;
        let said = said.map_err(|finding| Finding {
            expected: format!(
                "a line on standard error about task {seq}, when task {} is done",
                errand.last
            ),
            hint: Some(
                "A task that is not above the last one is not done. Say so with `eprintln!`: \
                 whoever wonders why a task was not done looks there."
                    .to_owned(),
            ),
            ..finding
        });
        errand.is_done(stage).await?;
        stage.insist(&device, PASSES_OVER, said)?;
    }
    errand.give(1).await?;
    errand.is_done(stage).await?;
    stage.pass(&device, ONCE);

    let nonsense = device.record.len();
    for payload in NO_TASKS {
        let said = errand.is_reported(payload).await?;
        let said = said.map_err(|finding| after_bad(&device, finding, payload));
        stage.insist(&device, SURVIVES, said)?;
    }
    errand.give(2).await?;
    errand
        .is_done_with(stage, |(rule, finding)| {
            let rule = if rule == ONCE { SURVIVES } else { rule };
            (rule, finding)
        })
        .await?;
    stage.pass(&device, SURVIVES);
    device.redact(|redaction| redaction.leave_out(nonsense..device.record.len()));
    Ok(())
}

/// Between two tasks that have come together there is a rest.
fn rests(entries: &[Entry], device: &Actor) -> Result<(), Finding> {
    let asked = f64::from(u32::try_from(REST_MS).unwrap_or(u32::MAX)) / 1000.0;
    let pacing = Pacing::of(entries);
    let changes = changes(entries, device);
    // The first one came alone.
    for pair in changes[1..].windows(2) {
        let rest = pacing.between(&entries[pair[0]], &entries[pair[1]]);
        let too_long = pacing == Pacing::Virtual && !pacing.is(rest, asked);
        if rest < asked * 0.9 || too_long {
            return Err(Finding::new(
                format!("a rest of {asked:.1} s after each task, as `settings.task_pause` says"),
                if rest < 0.05 {
                    "no rest between two tasks".to_owned()
                } else {
                    format!("{rest:.1} s between two tasks")
                },
            ));
        }
    }
    Ok(())
}
