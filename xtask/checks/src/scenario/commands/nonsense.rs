//! What the device makes of what is no command.

use course::DEVICE;

use super::device::lit;
use super::orders::Orders;
use crate::actor::Actor;
use crate::findings::lamp::word;
use crate::findings::unreadable::{after_bad, reports};
use crate::queries;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// It reports it, leaves the LED alone, and goes on.
const SURVIVES: &str = "survives-bad-command";

/// How many of these messages the transcript shows.
const SHOWN: usize = 9;

/// Payloads that no device can make sense of.
const UNREADABLE: &[&[u8]] = &[
    b"not json",
    br#"{"led":true}"#,
    br#"{"LED_ON":false}"#,
    br#"{"led_on":"true"}"#,
    br#"{"led_on":"off"}"#,
    br#"{"led_on":"yes"}"#,
    br#"{"led_on":"on"}"#,
    br#"{"led_on":""}"#,
    br#"{"led_on":True}"#,
    br#"{"led_on":1}"#,
    br#"{"led_on":0}"#,
    br#"{"led_on":null}"#,
    br#"{"led_on":[true]}"#,
    br#"{"command":{"led_on":true}}"#,
    br#"[{"led_on":true}]"#,
    br#"{"led_on":true} and more"#,
    br#"{"led_on":{"led_on":false}}"#,
    br#"{"led_on":true"#,
    br#""led_on: true""#,
    b"led_on true",
    b"true",
    b"false",
    b"null",
    b"{}",
    b"",
    b"\xff\xfe",
];

/// Sends it all. Who reports each and leaves the LED alone is quickly done with it; else it is
/// looked for what goes wrong, one by one.
pub async fn nonsense(stage: &mut Stage) -> Result<(), Stop> {
    let device = stage.prepare(DEVICE, &[1023]).await?;
    nonsense_on(stage, &device, &["commands"]).await
}

/// The same on the topics of these kinds, to a device that was not started yet and is in the light.
pub async fn nonsense_on(stage: &mut Stage, device: &Actor, kinds: &[&str]) -> Result<(), Stop> {
    let mut orders = lit(stage, device, kinds).await?;
    passes_over(stage, device, &mut orders).await
}

/// The same to a device that obeys already.
pub(in crate::scenario) async fn passes_over(
    stage: &mut Stage,
    device: &Actor,
    orders: &mut Orders<'_>,
) -> Result<(), Stop> {
    let begin = device.record.len();
    let found = match all(device, orders).await? {
        Ok(()) => Ok(()),
        Err(finding) if device.has_ended() => Err(finding),
        // Who takes it for an order has nothing to report: that is the cause then.
        Err(finding) => one_by_one(device, orders).await?.and(Err(finding)),
    };
    let shown = device.record.look(|entries| {
        let mut deliveries =
            (begin..entries.len()).filter(|place| queries::is_delivery(&entries[*place]));
        deliveries.nth(SHOWN).unwrap_or(entries.len())
    });
    device.redact(|redaction| redaction.leave_out(shown..usize::MAX));
    stage.insist(device, SURVIVES, found)
}

/// Lit, the LED shows who takes nonsense for off; dark, who takes it for on.
async fn all(device: &Actor, orders: &mut Orders<'_>) -> Result<Result<(), Finding>, Stop> {
    if let Err(finding) = orders.undisturbed_by(&[], true).await? {
        return Ok(Err(finding));
    }
    for payload in UNREADABLE {
        let start = device.record.len();
        orders.send(*payload).await?;
        if let Err(finding) = reports(device, start, payload, &[]).await {
            return Ok(Err(match device.has_ended() {
                true => after_bad(device, finding, payload),
                false => finding,
            }));
        }
    }
    for (payloads, on) in [(&[] as &[_], true), (UNREADABLE, false)] {
        match orders.undisturbed_by(payloads, on).await? {
            Ok(true) => {}
            Ok(false) => return Ok(Err(disturbed("payloads that are no commands", on))),
            Err(finding) => return Ok(Err(finding)),
        }
    }
    Ok(if orders.is_as_ordered_at_last().await {
        Ok(())
    } else {
        Err(Finding::new(
            "an LED that the last of these payloads has left alone",
            "it was switched once more",
        ))
    })
}

/// Each with the LED lit, and with the LED dark.
async fn one_by_one(device: &Actor, orders: &mut Orders<'_>) -> Result<Result<(), Finding>, Stop> {
    for payload in UNREADABLE {
        let shown = String::from_utf8_lossy(payload);
        for on in [true, false] {
            match orders.undisturbed_by(&[*payload], on).await? {
                Ok(true) => {}
                Ok(false) => return Ok(Err(disturbed(&format!("the payload `{shown}`"), on))),
                Err(finding) => return Ok(Err(after_bad(device, finding, payload))),
            }
        }
    }
    Ok(Ok(()))
}

fn disturbed(payload: &str, on: bool) -> Finding {
    Finding::new(
        format!("an LED that stays {} at {payload}", word(on)),
        format!("it was switched {}", word(!on)),
    )
    .hint(
        "An order that is unclear is no order: the LED stays as it is. Only true and false at \
         \"led_on\" are commands; `as_bool` is `None` for anything else.",
    )
}
