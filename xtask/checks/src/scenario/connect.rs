//! Step 1: the nightlight is online and still decides by itself.

use arena::broker::Broker;
use arena::record::{Event, Missed};

use super::arrival::Arrival;
use super::outage::Outage;
use super::{Played, Stop, curtain, missed};
use crate::actor::{Actor, Call};
use crate::queries::Pacing;
use crate::sheet::{Finding, Sheet};
use crate::transcript::Redaction;
use course::DEVICE;

const CONNECTS: &str = "connects";
const NAME: &str = "client-name";
const SESSION: &str = "clean-session";
const LED: &str = "led";
const PACE: &str = "pace";
const RETURNS: &str = "returns";
const PATIENCE: &str = "patience";

const ARRIVAL: Arrival = Arrival {
    connects: CONNECTS,
    name: NAME,
    session: SESSION,
};

/// Plays the step's scenes.
///
/// # Errors
/// When the arena does not work.
pub async fn play(call: &Call) -> anyhow::Result<Vec<Played>> {
    let (evening, outage) = tokio::try_join!(evening(call), outage(call))?;
    Ok(vec![evening, outage])
}

/// An evening at home: it gets dark, and light again.
async fn evening(call: &Call) -> anyhow::Result<Played> {
    let mut dice = call.dice("evening");
    // The edges, each after its opposite so that the LED has to move, and two surprises.
    let levels = [0, 1023, 299, 300, dice.u16(1..299), dice.u16(301..1023)];
    let id = call.id(&mut dice);
    let broker = Broker::start(&call.broker).await?;
    let device = Actor::enter(call, DEVICE, &id, &broker, &[levels[0]]).await?;
    let mut notes = Redaction::default();
    let mut sheet = Sheet::new(call.step);

    let told = async {
        ARRIVAL.judge(&device, &mut sheet).await?;
        // How many rounds it made before it was online is chance.
        if let Err(why) = device.look().await {
            sheet.fail(LED, unread(&device, levels[0], &why));
            return Err(Stop::Program);
        }
        let begin = device.record.len();
        notes.begin(begin);
        for level in levels {
            device.board.set_light(level);
            if let Err(finding) = obeys_sensor(&device, level).await {
                sheet.fail(LED, finding);
                break;
            }
        }
        sheet.pass(LED);
        if let Some(pace) = pace(&device, begin) {
            sheet.judge(PACE, pace);
        }
        Ok(())
    };
    let told = told.await;
    ARRIVAL.judge_alone(&device, &mut sheet);
    curtain("evening", told, sheet, vec![(device, notes)]).await
}

/// Two looks at the most: a program may read the sensor twice in one round.
async fn obeys_sensor(device: &Actor, level: u16) -> Result<(), Finding> {
    let expected = level < 300;
    let mut led = None;
    for _ in 0..2 {
        device
            .look()
            .await
            .map_err(|why| unread(device, level, &why))?;
        led = device.board.led();
        if led == Some(expected) || (led.is_none() && !expected) {
            return Ok(());
        }
    }
    let word = |on: bool| if on { "on" } else { "off" };
    let finding = Finding::new(
        format!("light {level}: LED {}", word(expected)),
        match led {
            Some(on) => format!("light {level}: LED {}", word(on)),
            None => format!("light {level}: the LED was never switched"),
        },
    );
    Err(match (level, led) {
        (_, None) => finding.hint("Tell the LED what you have decided: `board.led.set_state(…)`."),
        (0, Some(false)) => finding.hint(
            "In the dark the light belongs on. Is the comparison the other way round, or the LED \
             never switched on?",
        ),
        (1023, Some(true)) => finding.hint(
            "The LED stays on. Is it always switched on, whatever the level? `light < 300` is the \
             whole decision.",
        ),
        (300, Some(true)) => {
            finding.hint("Below 300 means `light < 300`: at exactly 300 it is off.")
        }
        _ => finding,
    })
}

fn unread(device: &Actor, level: u16, why: &Missed) -> Finding {
    let expected = format!("the light sensor read again (its level is {level})");
    let finding = missed(&device.record, expected, why);
    match (why, finding.hint.is_some()) {
        (Missed::TimeUp(_), false) => Finding {
            actual: "it was not read any more".to_owned(),
            ..finding
        }
        .hint("The sensor is read in each round: `light_level` belongs inside the loop."),
        _ => finding,
    }
}

/// Looks that are not further apart belong to one round, in seconds.
const SAME_ROUND: f64 = 0.4;

/// Nothing, when it did not look often enough to tell.
fn pace(device: &Actor, begin: usize) -> Option<Result<(), Finding>> {
    let (looks, pacing, pauses) = device.record.look(|entries| {
        let looks: Vec<_> = entries[begin..]
            .iter()
            .filter(|entry| matches!(entry.event, Event::LightRead(_)))
            .collect();
        let pacing = Pacing::of(entries);
        let pauses: Vec<f64> = looks
            .windows(2)
            .map(|pair| pacing.between(pair[0], pair[1]))
            // Two reads in one round lie next to no time apart.
            .filter(|pause| *pause > SAME_ROUND)
            .collect();
        (looks.len(), pacing, pauses)
    });
    (looks >= 2).then(
        || {
            match pauses.iter().find(|pause| !pacing.is(**pause, 1.0)) {
        None if pauses.is_empty() => Err(Finding::new(
            "one look a second",
            "looks without any pause between them",
        )
        .hint(
            "`board.delay.delay_ms(1_000)` at the end of each round. It counts in milliseconds: a \
             second has a thousand.",
        )),
        None => Ok(()),
        Some(odd) => Err(Finding::new(
            "one look a second",
            format!("a pause of {odd:.1} s"),
        )),
    }
        },
    )
}

/// The broker restarts while nobody watches.
async fn outage(call: &Call) -> anyhow::Result<Played> {
    let mut dice = call.dice("outage");
    let id = call.id(&mut dice);
    let mut broker = Broker::start(&call.broker).await?;
    let device = Actor::enter(call, DEVICE, &id, &broker, &[1023]).await?;
    let mut notes = Redaction::default();
    let mut sheet = Sheet::new(call.step);

    let told = async {
        ARRIVAL.judge(&device, &mut sheet).await?;
        notes.no_board();
        notes.no_console();
        OUTAGE.judge(&device, &mut broker, &mut sheet).await?;
        Ok(())
    };
    let told = told.await;
    curtain("outage", told, sheet, vec![(device, notes)]).await
}

const OUTAGE: Outage = Outage {
    returns: RETURNS,
    patience: PATIENCE,
};
