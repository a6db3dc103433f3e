//! Step 3: a second program hears what the nightlight tells.

use course::SERVER;

use crate::call::{Shape, levels};
use crate::findings::hearing::{self, PRINTS, SURVIVES, UNREADABLE, hears, spelt};
use crate::findings::introduction::{self, arrive};
use crate::findings::outage::{self, Down};
use crate::findings::subscription::{self, SUBSCRIBES, nothing_else, subscribed};
use crate::scenario::connect::SLOW_ANSWER;
use crate::stage::{Scene, Stage, Stop};

pub(super) const SCENES: &[Scene] = &[
    Scene::new("listening", Shape::Guid, |stage| Box::pin(listening(stage))),
    Scene::new("restart", Shape::Short, |stage| Box::pin(restart(stage))),
    Scene {
        retry_ms: 4,
        ..Scene::new("late broker", Shape::Long, |stage| {
            Box::pin(late_broker(stage))
        })
    },
];

/// After a restart of the broker it subscribes again.
const HEARS_AGAIN: &str = "hears-again";

/// How many readings are told.
const READINGS: usize = 8;

/// Readings come in, good ones and bad ones.
async fn listening(stage: &mut Stage) -> Result<(), Stop> {
    let device = stage.peer().await?;
    let server = stage.prepare(SERVER, &[]).await?;
    server.line.answer_late(SLOW_ANSWER);
    stage.start(&server).await?;
    let topic = stage.topic("telemetry");
    let mut levels = levels(&mut stage.dice, 100..1023).into_iter();
    arrive(stage, &server).await?;
    let subscription = subscribed(&server, 0, "telemetry").await;
    stage.insist(&server, SUBSCRIBES, subscription)?;

    let mut forms = Vec::new();
    for (number, level) in levels.by_ref().take(READINGS).enumerate() {
        // Every third comes again: it is news all the same.
        let times = if number % 3 == 2 { 2 } else { 1 };
        for again in 0..times {
            match hears(&server, &device, &topic, spelt(number, level), level).await? {
                Ok(form) => forms.push(form),
                Err(finding) => {
                    let finding = if forms.is_empty() {
                        hearing::reads_no_json(&server, &device, &topic, finding).await?
                    } else {
                        hearing::fell_silent(finding, forms.len(), again > 0)
                    };
                    return Err(stage.stop(&server, PRINTS, finding));
                }
            }
        }
    }
    stage.pass(&server, PRINTS);
    for (payload, level) in UNREADABLE.iter().zip(levels) {
        let start = server.record.len();
        device.publish(&topic, *payload).await?;
        // It works through its messages in order, so that it prints a good one shows that it is
        // done with the bad one.
        if let Err(finding) = hears(&server, &device, &topic, spelt(0, level), level).await? {
            let finding = hearing::after_bad(&server, finding, payload);
            return Err(stage.stop(&server, SURVIVES, finding));
        }
        let quiet = server.record.look(|entries| {
            let since = &entries[start..];
            forms
                .iter()
                .try_for_each(|form| hearing::taken_for_a_reading(since, form, level, payload))
        });
        stage.insist(&server, SURVIVES, quiet)?;
    }
    stage.judge_seen(&server, SUBSCRIBES, nothing_else(&server, 0, "telemetry"));
    Ok(())
}

/// The broker restarts; the server must hear again. At last the broker is away when the learner
/// has had enough.
async fn restart(stage: &mut Stage) -> Result<(), Stop> {
    let server = stage.enter(SERVER, &[]).await?;
    arrive(stage, &server).await?;
    // Its first subscription belongs to its first life.
    if subscribed(&server, 0, "telemetry").await.is_err() {
        return Err(Stop::Program);
    }
    let down = outage::go_down(stage, &server).await?;
    down.is_refused(stage, &server).await?;
    let back = down.is_over(stage, &server).await?;
    let device = stage.peer().await?;
    let subscription = subscribed(&server, back, "telemetry").await;
    stage.insist(&server, HEARS_AGAIN, subscription)?;
    let level = stage.dice.u16(100..1023);
    let topic = stage.topic("telemetry");
    let heard = hears(&server, &device, &topic, spelt(0, level), level).await?;
    stage.insist(&server, HEARS_AGAIN, heard.map(drop))?;

    outage::go_down(stage, &server).await?;
    server.leave().await;
    Ok(())
}

/// The broker is away for long, and then it does not let the server hear anything.
async fn late_broker(stage: &mut Stage) -> Result<(), Stop> {
    let server = stage.prepare(SERVER, &[]).await?;
    let down = Down::from_the_start(&server);
    stage.start(&server).await?;
    down.is_refused(stage, &server).await?;
    introduction::claims_nothing(stage, &server);
    down.is_refused_for_long(stage, &server).await?;
    server.line.refuse_subscriptions(true);
    let back = down.is_over(stage, &server).await?;
    if let Some(said) = subscription::says_refusal(&server, back).await {
        stage.judge(&server, subscription::SAYS_REFUSAL, said);
    }
    server.line.refuse_subscriptions(false);
    Ok(())
}
