//! The device alone: commands in, light levels out.

use arena::record::{Entry, Event};
use course::DEVICE;

use super::orders::{Orders, flicker};
use super::tells;
use crate::actor::Actor;
use crate::call::levels;
use crate::findings::introduction::arrive;
use crate::findings::lamp::{self, word};
use crate::findings::outage;
use crate::findings::readings::{self, TELLS};
use crate::findings::subscription::{SUBSCRIBES, nothing_but, subscribed_to};
use crate::queries;
use crate::scenario::turned_away;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// It switches the LED as each command says.
const OBEYS: &str = "obeys";
/// And for no other reason.
pub(in crate::scenario) const ONLY_OBEYS: &str = "only-obeys";
/// Also after a restart of the broker.
const OBEYS_AGAIN: &str = "obeys-again";

/// How many commands come at once.
const RUSH_OF: usize = 30;

/// How many rounds a lit LED stays lit without another command: more than a minute.
const ROUNDS_ALONE: usize = 15;

/// Orders of all kinds, and a sensor that says the opposite.
pub async fn orders(stage: &mut Stage) -> Result<(), Stop> {
    let device = stage.prepare(DEVICE, &[]).await?;
    orders_on(stage, &device, &["commands"]).await
}

/// The same on the topics of these kinds, to a device that was not started yet.
pub async fn orders_on(stage: &mut Stage, device: &Actor, kinds: &[&str]) -> Result<(), Stop> {
    let levels = levels(&mut stage.dice, 0..1023);
    device.board.script_light(levels.iter().copied());
    stage.start(device).await?;
    // Its telemetry crosses with the orders as chance has it.
    device.redact(|redaction| {
        redaction.no_messages_out();
        redaction.no_console();
    });
    arrive(stage, device).await?;
    let subscription = subscribed_to(device, 0, kinds).await;
    let deaf = subscription.is_err();
    stage.judge(device, SUBSCRIBES, subscription);
    tells::tells(stage, device, &levels).await;
    device.settle().await;
    device.redact(|redaction| redaction.begin(device.record.len()));
    if deaf {
        return Err(Stop::Program);
    }
    let told = all_orders(stage, device, kinds).await;
    // Whoever drowns in messages of their own shows it late.
    stage.judge_seen(device, TELLS, tells::to_itself(device));
    stage.judge_seen(device, SUBSCRIBES, nothing_but(device, 0, kinds));
    readings::judge_each(stage, device);
    told
}

/// Who gives orders to a device on the topics of these kinds.
pub(super) async fn master<'a>(
    stage: &Stage,
    device: &'a Actor,
    kinds: &[&str],
) -> anyhow::Result<Orders<'a>> {
    let topics = kinds.iter().map(|kind| stage.topic(kind)).collect();
    Ok(Orders::new(device, stage.peer().await?, topics))
}

async fn all_orders(stage: &mut Stage, device: &Actor, kinds: &[&str]) -> Result<(), Stop> {
    let mut orders = master(stage, device, kinds).await?;
    let few = device.record.look(queries::goes_slowly);

    // First the sensor says what the commands say too.
    for on in [true, false, true, false, true, false] {
        device.board.set_light(if on { 0 } else { 1023 });
        if !few {
            let looked = device.look().await;
            looked.map_err(|why| stage.stop(device, TELLS, lamp::unread(device, 0, &why)))?;
        }
        let obeyed = orders.obeyed(on).await?;
        stage.insist(device, OBEYS, obeyed)?;
    }
    // Night and day go by, and the device must not care.
    let contradictions = [(1023, true), (0, false), (300, true), (299, false)];
    let contradictions = &contradictions[..if few { 2 } else { 4 }];
    for &(level, on) in contradictions {
        let kept = keeps(device, &mut orders, level, on, if few { 1 } else { 2 }).await?;
        if let Err((rule, finding)) = kept {
            return Err(stage.stop(device, rule, finding));
        }
    }
    stage.pass(device, ONLY_OBEYS);
    let quiet = readings::caught_up(device).await;
    let rushed = orders.rush(RUSH_OF).await?;
    stage.insist(device, OBEYS, rushed)?;
    let rest = device.record.len();
    device.redact(|redaction| redaction.leave_out(quiet..rest));
    for on in [true, false, true, false] {
        let again = format!("{{\"led_on\":{on}}}");
        let steady = match orders.undisturbed_by(&[again.as_bytes()], on).await? {
            Ok(true) => Ok(()),
            Ok(false) => Err(flicker(format!(
                "an LED that stays {} when it is told so once more",
                word(on)
            ))),
            Err(finding) => Err(finding),
        };
        stage.insist(device, OBEYS, steady)?;
    }
    // Meanwhile the clock stood still: it was not yet time for a reading.
    stage.judge_seen(device, TELLS, tells::unasked(device, quiet));
    if !orders.is_as_ordered_at_last().await {
        let finding = flicker("an LED that is switched once by each command".to_owned());
        return Err(stage.stop(device, OBEYS, finding));
    }

    // Off, it stays off when the program leaves.
    if orders.establish(false).await?.is_ok() {
        let off = device.record.len();
        device.leave().await;
        stage.judge_seen(device, ONLY_OBEYS, left_alone(device, off, false));
    }
    Ok(())
}

/// A level, an order, and some looks at the sensor: the LED is as it was ordered.
///
/// # Errors
/// The inner one names the rule that is broken by what was seen instead.
async fn keeps(
    device: &Actor,
    orders: &mut Orders<'_>,
    level: u16,
    on: bool,
    looks: usize,
) -> Result<Result<(), (&'static str, Finding)>, Stop> {
    let decides_itself = |actual: String| {
        let finding = Finding::new(
            format!(
                "light {level}, and the command led_on {on}: LED {}",
                word(on)
            ),
            actual,
        );
        (
            ONLY_OBEYS,
            finding.hint(
                "The device decides nothing any more. It does what the command says, whatever its \
                 own sensor thinks: no `set_state` but in answer to a command, and none that asks \
                 the light level.",
            ),
        )
    };
    let unread = |why| Ok(Err((TELLS, lamp::unread(device, level, &why))));
    if let Err(finding) = orders.establish(!on).await? {
        return Ok(Err((OBEYS, finding)));
    }
    device.board.set_light(level);
    if let Err(why) = device.look().await {
        return unread(why);
    }
    let start = device.record.len();
    if let Err(finding) = orders.obeyed_at_last(on).await? {
        // Does it obey when the sensor agrees?
        device.board.set_light(if on { 0 } else { 1023 });
        if device.look().await.is_err() || orders.obeyed_at_last(on).await?.is_err() {
            let silent = finding.hint.is_none();
            let finding = match silent {
                true => finding.hint(
                    "It has obeyed commands before, and then no more. Each command is obeyed, the \
                     hundredth as the first.",
                ),
                false => finding,
            };
            return Ok(Err((OBEYS, finding)));
        }
        let actual = format!("the LED did not go {} by it", word(on));
        return Ok(Err(decides_itself(actual)));
    }
    for _ in 0..looks {
        if let Err(why) = device.look().await {
            return unread(why);
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

/// Nobody has given an order yet: some switch their LED off at the start, but nothing lights it.
pub(in crate::scenario) fn never_lit(device: &Actor) -> Result<(), Finding> {
    let lit = device
        .record
        .look(|entries| queries::leds(entries).any(|on| on));
    if lit {
        return Err(Finding::new(
            "an LED that stays dark until the first command",
            "it was switched on without a command",
        )
        .hint(NOTHING_ELSE));
    }
    Ok(())
}

/// What to try when something else than a command has switched the LED.
const NOTHING_ELSE: &str = "Only a command switches the LED: no error does, no CONNACK, and not the \
                            device's own sensor.";

/// A device in the light is started, and lit by a command. The transcript shows what it hears.
///
/// # Errors
/// [`Stop::Program`] when it does not obey, which is told elsewhere.
pub(super) async fn lit<'a>(
    stage: &mut Stage,
    device: &'a Actor,
    kinds: &[&str],
) -> Result<Orders<'a>, Stop> {
    stage.start(device).await?;
    device.redact(|redaction| {
        redaction.no_board();
        redaction.no_console();
        redaction.no_messages_out();
    });
    arrive(stage, device).await?;
    let mut orders = master(stage, device, kinds).await?;
    if subscribed_to(device, 0, kinds).await.is_err() || orders.obeyed(true).await?.is_err() {
        return Err(Stop::Program);
    }
    Ok(orders)
}

/// The broker refuses the device at first, and the line breaks often.
pub async fn turned_away(stage: &mut Stage) -> Result<(), Stop> {
    turned_away::turned_away(stage, DEVICE, Some((OBEYS_AGAIN, &["commands"]))).await
}

/// The broker restarts; the device must obey again, and leave its LED alone meanwhile.
pub async fn restart(stage: &mut Stage) -> Result<(), Stop> {
    let device = stage.prepare(DEVICE, &[1023]).await?;
    restart_on(stage, &device, &["commands"]).await
}

/// The same on the topics of these kinds, to a device that was not started yet and is in the light.
pub async fn restart_on(stage: &mut Stage, device: &Actor, kinds: &[&str]) -> Result<(), Stop> {
    lit(stage, device, kinds).await?;
    // Bright, and the LED is on: who decides for itself switches it off, or who misses commands.
    let lit = device.record.len();
    if !device.record.look(queries::goes_slowly) {
        for _ in 0..ROUNDS_ALONE {
            let looked = device.look().await;
            looked.map_err(|why| stage.stop(device, TELLS, lamp::unread(device, 1023, &why)))?;
        }
    }
    let down = outage::go_down(stage, device).await?;
    down.is_refused(stage, device).await?;
    let back = down.is_over(stage, device).await?;
    let subscription = subscribed_to(device, back, kinds).await;
    stage.insist(device, OBEYS_AGAIN, subscription)?;
    // An LED that goes out counts only of a program that goes on. Whether it does, its next look at
    // the sensor tells; a silent one is told of its silence below.
    let _ = device.look().await;
    stage.judge_seen(device, ONLY_OBEYS, left_alone(device, lit, true));
    let mut orders = master(stage, device, kinds).await?;
    // Off, and if there are several topics on and off again, until each has been used.
    for number in 1..2 * kinds.len() {
        let obeyed = orders.obeyed(number % 2 == 0).await?;
        stage.insist(device, OBEYS_AGAIN, obeyed)?;
    }
    if let Err((_, finding)) = readings::one_more(device, back).await {
        let finding = readings::silent_since(device, back, finding);
        stage.fail(
            device,
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
    device.cut();
    let subscription = subscribed_to(device, dark, kinds).await;
    stage.insist(device, OBEYS_AGAIN, subscription)?;
    device.settle().await;
    stage.judge_seen(device, ONLY_OBEYS, left_alone(device, dark, false));

    // Without a broker too. Whether it puts its LED out at its end is free; nothing lights it.
    let down = outage::go_down(stage, device).await?;
    down.is_noticed(stage, device).await?;
    device.leave().await;
    stage.judge_seen(device, ONLY_OBEYS, left_alone(device, dark, false));
    Ok(())
}

/// Nobody has given an order since.
fn left_alone(device: &Actor, since: usize, on: bool) -> Result<(), Finding> {
    if device.switched_from(on, since) {
        return Err(Finding::new(
            format!(
                "an LED that stays {}, as it was ordered, until the next command",
                word(on)
            ),
            format!("it was switched {} without a command", word(!on)),
        )
        .hint(NOTHING_ELSE));
    }
    Ok(())
}
