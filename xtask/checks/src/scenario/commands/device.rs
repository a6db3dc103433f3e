//! The device alone: commands in, light levels out.

use arena::record::{Entry, Event};
use course::DEVICE;

use super::orders::{Orders, UNREADABLE, flicker};
use crate::actor::Actor;
use crate::call::levels;
use crate::findings::hearing::after_bad;
use crate::findings::introduction::arrive;
use crate::findings::lamp::{self, word};
use crate::findings::outage;
use crate::findings::readings::{self, TELLS};
use crate::findings::subscription::{SUBSCRIBES, nothing_else, subscribed};
use crate::queries;
use crate::scenario::connect::SLOW_ANSWER;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// It switches the LED as each command says.
const OBEYS: &str = "obeys";
/// And for no other reason.
const ONLY_OBEYS: &str = "only-obeys";
/// Not by what is no command.
const SURVIVES: &str = "survives-bad-command";
/// Also after a restart of the broker.
const OBEYS_AGAIN: &str = "obeys-again";

/// How many readings are waited for.
const READINGS: usize = 6;

/// Orders of all kinds, and a sensor that says the opposite.
pub async fn orders(stage: &mut Stage) -> Result<(), Stop> {
    let levels = levels(&mut stage.dice, 0..1023);
    let server = stage.peer().await?;
    let device = stage.prepare(DEVICE, &levels).await?;
    device.line.answer_late(SLOW_ANSWER);
    stage.start(&device).await?;
    let mut orders = Orders::new(&device, server, stage.topic("commands"));
    // Its telemetry crosses with the orders as chance has it.
    device.redact(|redaction| redaction.no_messages_out());
    arrive(stage, &device).await?;
    let subscription = subscribed(&device, 0, "commands").await;
    let deaf = subscription.is_err();
    stage.judge(&device, SUBSCRIBES, subscription);
    tells(stage, &device).await;
    device.settle().await;
    device.redact(|redaction| redaction.begin(device.record.len()));
    if deaf {
        return Err(Stop::Program);
    }

    // First the sensor says what the commands say too.
    for on in [true, false, true, false] {
        device.board.set_light(if on { 0 } else { 1023 });
        let looked = device.look().await;
        looked.map_err(|why| stage.stop(&device, TELLS, lamp::unread(&device, 0, &why)))?;
        let obeyed = orders.obeyed(on).await?;
        stage.insist(&device, OBEYS, obeyed)?;
    }
    // Night and day go by, and the device must not care.
    for (level, on) in [(1023, true), (0, false), (300, true), (299, false)] {
        let keeps = keeps(&device, &mut orders, level, on).await?;
        stage.insist(&device, ONLY_OBEYS, keeps)?;
    }
    let quiet = readings::caught_up(&device).await;
    for on in [true, false, true, false] {
        let again = format!("{{\"led_on\":{on}}}");
        let steady = match orders.undisturbed_by(again.as_bytes(), on).await? {
            Ok(true) => Ok(()),
            Ok(false) => Err(flicker(format!(
                "an LED that stays {} when it is told so once more",
                word(on)
            ))),
            Err(finding) => Err(finding),
        };
        stage.insist(&device, OBEYS, steady)?;
    }
    if !orders.is_as_ordered_at_last().await {
        let finding = flicker("an LED that is switched once by each command".to_owned());
        return Err(stage.stop(&device, OBEYS, finding));
    }
    // Meanwhile the clock stood still: it was not yet time for a reading.
    stage.judge_seen(&device, TELLS, unasked(&device, quiet));
    for payload in UNREADABLE {
        // Lit, it shows who takes nonsense for off; dark, who takes it for on.
        let states: &[bool] = if could_mean_on(payload) {
            &[true, false]
        } else {
            &[true]
        };
        for &on in states {
            let survives = survives(&device, &mut orders, payload, on).await?;
            stage.insist(&device, SURVIVES, survives)?;
        }
    }
    if !orders.is_as_ordered_at_last().await {
        let finding = Finding::new(
            "an LED that the last of these payloads has left alone",
            "it was switched once more",
        );
        stage.fail(&device, SURVIVES, finding);
    }
    stage.judge_seen(&device, SUBSCRIBES, nothing_else(&device, 0, "commands"));
    readings::judge_each(stage, &device);
    Ok(())
}

/// Publishes its light level as in step 2.
async fn tells(stage: &mut Stage, device: &Actor) {
    if let Err((_, finding)) = readings::one_more(device, 0).await {
        stage.fail(device, TELLS, finding);
        return;
    }
    let begin = readings::caught_up(device).await;
    let mut place = begin;
    for _ in 0..READINGS {
        match readings::one_more(device, place).await {
            Ok(after) => place = after,
            Err((_, finding)) => {
                stage.fail(device, TELLS, finding);
                return;
            }
        }
        if device.record.look(queries::Pacing::of) == queries::Pacing::Real {
            break;
        }
    }
    readings::judge(stage, device, begin, place);
}

/// No reading was told while no time passed.
fn unasked(device: &Actor, since: usize) -> Result<(), Finding> {
    let (told, looked) = device.record.look(|entries| {
        let since = &entries[since..];
        let look = |entry: &&Entry| matches!(entry.event, Event::LightRead(_));
        (
            queries::published(since)
                .filter(|message| message.topic.ends_with("/telemetry"))
                .count(),
            since.iter().filter(look).count(),
        )
    });
    // Who sleeps in real time may have begun a round of its own.
    if told <= looked {
        return Ok(());
    }
    Err(Finding::new(
        "no reading but every five seconds",
        format!("{told} readings told in answer to commands"),
    )
    .hint(
        "Telemetry goes out every five seconds, and not in answer to a command: the server answers \
         each reading with a command, so the two would go on for ever, as fast as they can.",
    ))
}

/// A level, an order, and two looks at the sensor: the LED is as it was ordered.
async fn keeps(
    device: &Actor,
    orders: &mut Orders<'_>,
    level: u16,
    on: bool,
) -> Result<Result<(), Finding>, Stop> {
    let decides_itself = |actual: String| {
        Finding::new(
            format!("light {level}, and the command led_on {on}: LED {}", word(on)),
            actual,
        )
        .hint(
            "The device decides nothing any more. It does what the command says, whatever its own \
             sensor thinks: no `set_state` but in answer to a command, and none that asks the light \
             level.",
        )
    };
    let is_set = orders.establish(!on).await?;
    if is_set.is_err() {
        return Ok(is_set);
    }
    device.board.set_light(level);
    if let Err(why) = device.look().await {
        return Ok(Err(lamp::unread(device, level, &why)));
    }
    let start = device.record.len();
    if orders.obeyed_at_last(on).await?.is_err() {
        let actual = format!("the LED did not go {} by it", word(on));
        return Ok(Err(decides_itself(actual)));
    }
    for _ in 0..2 {
        if let Err(why) = device.look().await {
            return Ok(Err(lamp::unread(device, level, &why)));
        }
    }
    let other = device.record.look(|entries| {
        let since = &entries[start..];
        let lit = since
            .iter()
            .position(|entry| matches!(entry.event, Event::Led(led) if led == on));
        let other = |entry: &Entry| matches!(entry.event, Event::Led(led) if led != on);
        lit.is_some_and(|lit| since[lit..].iter().any(other))
    });
    Ok(if other {
        let actual = format!("the LED was switched {} without a command", word(!on));
        Err(decides_itself(actual))
    } else {
        Ok(())
    })
}

/// Whether somebody could take it for an order to light the LED.
fn could_mean_on(payload: &[u8]) -> bool {
    [b"true".as_slice(), b"1", b"on"]
        .iter()
        .any(|word| payload.windows(word.len()).any(|part| part == *word))
}

/// What is no order, or says nothing new, leaves the LED alone.
async fn survives(
    device: &Actor,
    orders: &mut Orders<'_>,
    payload: &[u8],
    on: bool,
) -> Result<Result<(), Finding>, Stop> {
    let shown = String::from_utf8_lossy(payload);
    Ok(match orders.undisturbed_by(payload, on).await? {
        Ok(true) => Ok(()),
        Ok(false) => Err(Finding::new(
            format!("an LED that stays {} at the payload `{shown}`", word(on)),
            format!("it was switched {}", word(!on)),
        )
        .hint(
            "An order that is unclear is no order: the LED stays as it is. Only true and false at \
             \"led_on\" are commands; `as_bool` is `None` for anything else.",
        )),
        Err(finding) => Err(after_bad(device, finding, payload)),
    })
}

/// The broker restarts; the device must obey again, and leave its LED alone meanwhile.
pub async fn restart(stage: &mut Stage) -> Result<(), Stop> {
    let device = stage.enter(DEVICE, &[1023]).await?;
    device.redact(|redaction| {
        redaction.no_board();
        redaction.no_console();
        redaction.no_messages_out();
    });
    arrive(stage, &device).await?;
    let server = stage.peer().await?;
    let mut orders = Orders::new(&device, server, stage.topic("commands"));
    if subscribed(&device, 0, "commands").await.is_err() || orders.obeyed(true).await?.is_err() {
        return Err(Stop::Program);
    }
    // Bright, and the LED is on: who decides for itself switches it off.
    let lit = device.record.len();
    let down = outage::go_down(stage, &device).await?;
    down.is_refused(stage, &device).await?;
    let back = down.is_over(stage, &device).await?;
    let subscription = subscribed(&device, back, "commands").await;
    stage.insist(&device, OBEYS_AGAIN, subscription)?;
    stage.judge_seen(&device, ONLY_OBEYS, left_alone(&device, lit, true));
    let server = stage.peer().await?;
    let mut orders = Orders::new(&device, server, stage.topic("commands"));
    let obeyed = orders.obeyed(false).await?;
    stage.insist(&device, OBEYS_AGAIN, obeyed)?;
    if let Err((_, finding)) = readings::one_more(&device, back).await {
        stage.fail(
            &device,
            TELLS,
            Finding {
                expected: format!("after an outage: {}", finding.expected),
                ..finding
            },
        );
    }

    // Dark, and the LED is off.
    device.board.set_light(0);
    let dark = device.record.len();
    outage::go_down(stage, &device).await?;
    device.leave().await;
    stage.judge_seen(&device, ONLY_OBEYS, left_alone(&device, dark, false));
    Ok(())
}

/// Nobody has given an order since.
fn left_alone(device: &Actor, since: usize, on: bool) -> Result<(), Finding> {
    let other = device.record.look(|entries| {
        let other = |entry: &Entry| matches!(entry.event, Event::Led(led) if led != on);
        entries[since..].iter().any(other)
    });
    if other {
        return Err(Finding::new(
            format!(
                "an LED that stays {}, as it was ordered, through an outage",
                word(on)
            ),
            format!("it was switched {} without a command", word(!on)),
        )
        .hint(
            "Only a command switches the LED: no error does, no CONNACK, and not the device's own \
             sensor while it is alone.",
        ));
    }
    Ok(())
}
