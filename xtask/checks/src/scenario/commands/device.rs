//! The device alone: commands in, light levels out.

use arena::broker::Broker;
use arena::peer::Peer;
use arena::record::Event;

use super::{
    DEVICE_ARRIVAL, DEVICE_PATIENCE, DEVICE_RETURNS, DEVICE_SUBSCRIBES, DEVICE_SURVIVES, OBEYS,
    OBEYS_AGAIN, ONLY_OBEYS, Played, Stop, TELLS,
};
use crate::actor::{Actor, Call, PROMPT};
use crate::queries;
use crate::scenario::outage::Outage;
use crate::scenario::server::after_bad;
use crate::scenario::subscription::{nothing_else, subscribed};
use crate::scenario::telemetry::published;
use crate::scenario::{curtain, missed, payload};
use crate::sheet::{Finding, Sheet};
use crate::transcript::Redaction;
use course::DEVICE;

/// Payloads that no device can make sense of.
const UNREADABLE: &[&[u8]] = &[
    b"not json",
    br#"{"led":true}"#,
    br#"{"led_on":"true"}"#,
    br#"{"led_on":1}"#,
    b"",
    b"\xff\xfe",
];

/// Orders of all kinds, and a sensor that says the opposite.
pub async fn orders(call: &Call) -> anyhow::Result<Played> {
    let mut dice = call.dice("orders");
    let id = call.id(&mut dice);
    let levels = Call::levels(&mut dice, 0..1023);
    let broker = Broker::start(&call.broker).await?;
    let server = Peer::connect(broker.endpoint(), &format!("{id}-tester")).await?;
    let device = Actor::enter(call, DEVICE, &id, &broker, &levels).await?;
    let mut sheet = Sheet::new(call.step);
    let mut notes = Redaction::default();
    let commands = format!("{id}/commands");

    let told = async {
        DEVICE_ARRIVAL.judge(&device, &mut sheet).await?;
        let subscription = subscribed(&device, 0, "commands").await;
        let deaf = subscription.is_err();
        sheet.judge(DEVICE_SUBSCRIBES, subscription);
        sheet.judge(TELLS, tells(&device).await);
        // Its telemetry crosses with the orders as chance has it.
        notes.no_messages_out();
        device.settle().await;
        notes.begin(device.record.len());
        if deaf {
            return Err(Stop::Program);
        }

        for on in [true, false, true, false] {
            if let Err(finding) = obeys(&device, &server, &commands, on).await? {
                sheet.fail(OBEYS, finding);
                return Err(Stop::Program);
            }
        }
        sheet.pass(OBEYS);
        // Night and day go by, and the device must not care.
        for (level, on) in [(1023, true), (0, false)] {
            let obeyed = obeys(&device, &server, &commands, on).await?;
            if obeyed.is_ok() {
                device.board.set_light(level);
                sheet.judge(ONLY_OBEYS, keeps(&device, level, on).await);
            }
        }
        let before = device.record.len();
        for payload in UNREADABLE {
            server.publish(&commands, *payload).await?;
            // The device works through its commands in order, so that it obeys good ones, one way
            // and then the other, shows that it is done with the bad one.
            let on = device.board.led() == Some(true);
            for on in [!on, on] {
                let obeyed = obeys_at_last(&device, &server, &commands, on).await?;
                if let Err(finding) = obeyed {
                    sheet.fail(DEVICE_SURVIVES, after_bad(&device, finding, payload));
                    return Err(Stop::Program);
                }
            }
        }
        sheet.judge(DEVICE_SURVIVES, untouched(&device, before));
        Ok(())
    };
    let told = told.await;
    sheet.judge_seen(DEVICE_SUBSCRIBES, nothing_else(&device, 0, "commands"));
    DEVICE_ARRIVAL.judge_alone(&device, &mut sheet);
    curtain("orders", told, sheet, vec![(device, notes)]).await
}

/// Publishes its light level as in step 2.
async fn tells(device: &Actor) -> Result<(), Finding> {
    published(device, 0, 2).await?;
    device.record.look(|entries| {
        for message in queries::published(entries) {
            payload::topic(&message.topic, &device.id, "telemetry")?;
            payload::light(&message.payload)?;
        }
        Ok(())
    })
}

/// Sends a command and waits until the LED is switched.
async fn obeys(
    device: &Actor,
    server: &Peer,
    commands: &str,
    on: bool,
) -> Result<Result<(), Finding>, Stop> {
    let start = device.record.len();
    order(server, commands, on).await?;
    let switched = device.record.when(start, PROMPT, queries::led);
    let expected = switched_by(on);
    Ok(match switched.await {
        Ok(led) if led == on => Ok(()),
        Ok(led) => {
            let finding = Finding::new(expected, format!("the LED was switched {}", word(led)));
            Err(if on {
                finding.hint(
                    "It does the opposite of what the command says, or always the same. \
                     `PinState::from(led_on)` is high, and the LED on, when `led_on` is true.",
                )
            } else {
                finding.hint(
                    "It switches, but not as the command says: `PinState::from(led_on)` with the \
                     boolean from the payload.",
                )
            })
        }
        Err(why) => Err(missed(&device.record, expected, &why)),
    })
}

/// Sends a command and waits until the LED is as it says, whatever else has switched it before.
async fn obeys_at_last(
    device: &Actor,
    server: &Peer,
    commands: &str,
    on: bool,
) -> Result<Result<(), Finding>, Stop> {
    let start = device.record.len();
    order(server, commands, on).await?;
    let switched = device.record.when(start, PROMPT, |entries| {
        (queries::led(entries) == Some(on)).then_some(())
    });
    Ok(switched
        .await
        .map_err(|why| missed(&device.record, switched_by(on), &why)))
}

async fn order(server: &Peer, commands: &str, on: bool) -> anyhow::Result<()> {
    let command = format!("{{\"led_on\": {on}}}");
    server.publish(commands, command).await
}

fn switched_by(on: bool) -> String {
    format!("the LED switched {} by {{\"led_on\":{on}}}", word(on))
}

/// Two looks at the sensor, and the LED stays as it was ordered.
async fn keeps(device: &Actor, level: u16, on: bool) -> Result<(), Finding> {
    for _ in 0..2 {
        device
            .look()
            .await
            .map_err(|why| missed(&device.record, "the light sensor read again", &why))?;
    }
    if device.board.led() == Some(on) {
        return Ok(());
    }
    Err(Finding::new(
        format!(
            "light {level}, but the last command was led_on {on}: LED {}",
            word(on)
        ),
        format!("the LED was switched {} without a command", word(!on)),
    ))
}

/// Since `start` the LED was switched by the good commands only, two after each bad one.
fn untouched(device: &Actor, start: usize) -> Result<(), Finding> {
    let switched = device.record.look(|entries| {
        entries[start..]
            .iter()
            .filter(|entry| matches!(entry.event, Event::Led(_)))
            .count()
    });
    if switched <= 2 * UNREADABLE.len() {
        return Ok(());
    }
    let shown: Vec<_> = UNREADABLE
        .iter()
        .filter(|payload| !payload.is_empty())
        .map(|payload| format!("`{}`", String::from_utf8_lossy(payload)))
        .collect();
    Err(Finding::new(
        format!(
            "the LED left alone at what is no command: {}",
            shown.join(", ")
        ),
        "the LED was switched by one of them",
    )
    .hint(
        "Only true and false at \"led_on\" are commands. `as_bool` is `None` for anything else: \
         then the LED stays as it is.",
    ))
}

fn word(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// The broker restarts; the device must obey again.
pub async fn restart(call: &Call) -> anyhow::Result<Played> {
    const OUTAGE: Outage = Outage {
        returns: DEVICE_RETURNS,
        patience: DEVICE_PATIENCE,
    };
    let mut dice = call.dice("device restart");
    let id = call.id(&mut dice);
    let mut broker = Broker::start(&call.broker).await?;
    let device = Actor::enter(call, DEVICE, &id, &broker, &[500]).await?;
    let mut sheet = Sheet::new(call.step);
    let mut notes = Redaction::default();

    let told = async {
        DEVICE_ARRIVAL.judge(&device, &mut sheet).await?;
        notes.no_board();
        notes.no_console();
        notes.no_messages_out();
        let commands = format!("{id}/commands");
        let server = Peer::connect(broker.endpoint(), &format!("{id}-tester")).await?;
        if subscribed(&device, 0, "commands").await.is_err()
            || obeys(&device, &server, &commands, true).await?.is_err()
        {
            return Err(Stop::Program);
        }
        let back = OUTAGE.judge(&device, &mut broker, &mut sheet).await?;
        let server = Peer::connect(broker.endpoint(), &format!("{id}-tester")).await?;
        match subscribed(&device, back, "commands").await {
            Ok(()) => {
                let obeyed = obeys(&device, &server, &commands, false).await?;
                sheet.judge(OBEYS_AGAIN, obeyed);
            }
            Err(finding) => sheet.fail(OBEYS_AGAIN, finding),
        }
        Ok(())
    };
    let told = told.await;
    curtain("device restart", told, sheet, vec![(device, notes)]).await
}
