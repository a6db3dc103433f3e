//! Step 1: the nightlight is online and still decides by itself.

use std::sync::Arc;
use std::time::Duration;

use arena::record::Missed;
use course::DEVICE;

use crate::actor::Actor;
use crate::call::Shape;
use crate::findings::introduction::{self, arrive};
use crate::findings::lamp::{self, Lamp};
use crate::findings::outage::{self, Down};
use crate::queries::{self, Pacing};
use crate::scenario::turned_away::turned_away;
use crate::stage::{Scene, Stage, Stop, Story};

pub(super) const SCENES: &[Scene] = &[
    Scene::new("evening", Shape::Guid, |stage| Box::pin(evening(stage))),
    Scene::new("outage", Shape::Short, |stage| Box::pin(outage(stage))),
    late_broker(|stage| Box::pin(late(stage))),
    Scene::new("turned away", Shape::Short, |stage| {
        Box::pin(turned_away(stage, DEVICE, None))
    }),
];

/// The broker is not there when the program starts, and not for a long time.
pub(super) const fn late_broker(story: Story) -> Scene {
    Scene {
        retry_ms: 2,
        ..Scene::new("late broker", Shape::Long, story)
    }
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
pub(super) const OFFLINE: &str = "Losing the broker must not stop the lamp: only the light level \
                                  decides. The sensor's thread looks in every round, whether there \
                                  is a connection or not, and nothing in it may wait for the \
                                  network.";

/// The broker restarts while nobody watches; at last it is away when the learner has had enough.
async fn outage(stage: &mut Stage) -> Result<(), Stop> {
    let device = stage.enter(DEVICE, &[250]).await?;
    device.redact(|redaction| {
        redaction.no_board();
        redaction.no_console();
    });
    arrive(stage, &device).await?;
    let begin = device.record.len();
    let mut lamp = Lamp::default();
    lamp.follows(stage, &device, 250, None).await?;

    let down = outage::go_down(stage, &device).await?;
    down.is_refused(stage, &device).await?;
    // It is off when the broker comes back, and on when it comes late: a CONNACK switches neither.
    for level in [750, 150, 720] {
        lamp.stayed(stage, &device);
        let away = Some(("while the broker is away", OFFLINE));
        lamp.follows(stage, &device, level, away).await?;
    }
    down.is_over(stage, &device).await?;
    lamp.stayed(stage, &device);

    lamp.follows(stage, &device, 850, None).await?;
    // The machine's clock may stretch in so long a time.
    if device.record.look(Pacing::of) == Pacing::Virtual
        && let Some(pace) = lamp::pace(&device, begin)
    {
        stage.judge_seen(&device, lamp::PACE, pace);
    }
    let down = outage::go_down(stage, &device).await?;
    down.is_noticed(stage, &device).await?;
    device.leave().await;
    lamp.stayed(stage, &device);
    Ok(())
}

/// The broker is late, and the nightlight looks once a second meanwhile.
async fn late(stage: &mut Stage) -> Result<(), Stop> {
    let (device, lamp) = alone_at_first(stage).await?;
    if device.record.look(Pacing::of) == Pacing::Virtual
        && let Some(pace) = lamp::pace(&device, 0)
    {
        stage.judge_seen(&device, lamp::PACE, pace);
    }
    device.leave().await;
    lamp.stayed(stage, &device);
    Ok(())
}

/// A nightlight that has never seen a broker is a nightlight all the same. At last there is one.
pub(super) async fn alone_at_first(stage: &mut Stage) -> Result<(Arc<Actor>, Lamp), Stop> {
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
    // Others would be refused too often meanwhile.
    if !device.record.look(queries::goes_slowly) {
        for level in [900, 200] {
            lamp.follows(stage, &device, level, alone).await?;
        }
        // As many rounds as fill an outbox that nobody empties.
        for _ in 0..ROUNDS_ALONE {
            match device.look().await {
                Err(Missed::Ended(_)) => return Err(outage::gave_up(stage, &device)),
                Err(why) => {
                    let finding = lamp::unread(&device, 200, &why).hint(OFFLINE);
                    return Err(stage.stop(&device, lamp::LED, finding));
                }
                Ok(()) => {}
            }
        }
    }
    down.is_refused_for_long(stage, &device).await?;
    if !device.record.look(queries::goes_slowly) {
        for level in [800, 150] {
            lamp.follows(stage, &device, level, alone).await?;
        }
    }
    down.is_over(stage, &device).await?;
    // Who kept what there was to tell has to get rid of it before there is room for a goodbye.
    device.calm(QUIET).await;
    Ok((device, lamp))
}

/// An outbox that is being emptied is not silent for so long.
const QUIET: Duration = Duration::from_millis(20);

/// More than the outbox of the lesson's devices holds.
const ROUNDS_ALONE: usize = 12;
