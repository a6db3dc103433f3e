//! Step 1: the nightlight is online and still decides by itself.

use std::time::Duration;

use course::DEVICE;

use crate::call::Shape;
use crate::findings::introduction::{self, arrive};
use crate::findings::lamp::{self, Lamp};
use crate::findings::outage::{self, Down};
use crate::queries::Pacing;
use crate::stage::{Scene, Stage, Stop, Told};

pub(super) const SCENES: &[Scene] = &[
    Scene::new("evening", Shape::Guid, |stage| Box::pin(evening(stage))),
    Scene::new("outage", Shape::Short, |stage| Box::pin(outage(stage))),
    LATE_BROKER,
];

/// The broker is not there when the program starts, and not for a long time.
pub(super) const LATE_BROKER: Scene = Scene {
    retry_ms: 4,
    ..Scene::new("late broker", Shape::Long, late)
};

fn late(stage: &mut Stage) -> Told<'_> {
    Box::pin(late_broker(stage))
}

/// How long the broker's first answer takes: longer than impatient programs wait for it.
pub(super) const SLOW_ANSWER: Duration = Duration::from_millis(100);

/// An evening at home: it gets dark, and light again.
async fn evening(stage: &mut Stage) -> Result<(), Stop> {
    // The edges, each after its opposite so that the LED has to move, and two surprises.
    let (dark, bright) = (stage.dice.u16(1..299), stage.dice.u16(301..1023));
    let levels = [0, 1023, 299, 300, dark, bright];
    let device = stage.prepare(DEVICE, &levels[..1]).await?;
    device.line.answer_late(SLOW_ANSWER);
    stage.start(&device).await?;
    arrive(stage, &device).await?;

    // How many rounds it made before it was online is chance.
    if let Err(why) = device.look().await {
        return Err(stage.stop(&device, lamp::LED, lamp::unread(&device, levels[0], &why)));
    }
    let begin = device.record.len();
    device.redact(|redaction| redaction.begin(begin));
    let mut lamp = Lamp::default();
    for level in levels {
        lamp.follows(stage, &device, level, None).await?;
    }
    stage.pass(&device, lamp::LED);
    if let Some(pace) = lamp::pace(&device, begin) {
        stage.judge(&device, lamp::PACE, pace);
    }
    Ok(())
}

/// What to try when the LED stands still without a broker.
pub(super) const OFFLINE: &str = "Losing the broker must not stop the lamp. The sensor's thread \
                                  looks and decides in every round, whether there is a connection \
                                  or not, and nothing in it may wait for the network.";

/// The broker restarts while nobody watches; at last it is away when the learner has had enough.
async fn outage(stage: &mut Stage) -> Result<(), Stop> {
    let device = stage.enter(DEVICE, &[250]).await?;
    device.redact(|redaction| {
        redaction.no_board();
        redaction.no_console();
    });
    arrive(stage, &device).await?;
    let mut lamp = Lamp::default();
    lamp.follows(stage, &device, 250, None).await?;

    let down = outage::go_down(stage, &device).await?;
    down.is_refused(stage, &device).await?;
    lamp.stayed(stage, &device);
    lamp.follows(
        stage,
        &device,
        750,
        Some(("while the broker is away", OFFLINE)),
    )
    .await?;
    lamp.stayed(stage, &device);
    lamp.follows(
        stage,
        &device,
        150,
        Some(("while the broker is away", OFFLINE)),
    )
    .await?;
    down.is_over(stage, &device).await?;
    lamp.stayed(stage, &device);

    lamp.follows(stage, &device, 850, None).await?;
    outage::go_down(stage, &device).await?;
    device.leave().await;
    lamp.stayed(stage, &device);
    Ok(())
}

/// A nightlight that has never seen a broker is a nightlight all the same.
async fn late_broker(stage: &mut Stage) -> Result<(), Stop> {
    let device = stage.prepare(DEVICE, &[100]).await?;
    device.redact(|redaction| {
        redaction.no_board();
        redaction.no_console();
        redaction.no_messages_out();
    });
    let down = Down::from_the_start(&device);
    stage.start(&device).await?;
    down.is_refused(stage, &device).await?;
    introduction::claims_nothing(stage, &device);
    let mut lamp = Lamp::default();
    let alone = Some(("before there was a broker", OFFLINE));
    lamp.follows(stage, &device, 100, alone).await?;
    // Who sleeps in real time would be refused too often meanwhile.
    if device.record.look(Pacing::of) == Pacing::Virtual {
        for level in [900, 200] {
            lamp.follows(stage, &device, level, alone).await?;
        }
        // As many rounds as fill an outbox that nobody empties.
        for _ in 0..ROUNDS_ALONE {
            if let Err(why) = device.look().await {
                let finding = lamp::unread(&device, 200, &why).hint(OFFLINE);
                return Err(stage.stop(&device, lamp::LED, finding));
            }
        }
    }
    down.is_refused_for_long(stage, &device).await?;
    down.is_over(stage, &device).await?;
    // Who kept what there was to tell has to get rid of it before there is room for a goodbye.
    device.calm(QUIET).await;
    device.leave().await;
    lamp.stayed(stage, &device);
    Ok(())
}

/// An outbox that is being emptied is not silent for so long.
const QUIET: Duration = Duration::from_millis(20);

/// More than the outbox of the lesson's devices holds.
const ROUNDS_ALONE: usize = 12;
