//! Step 3: a second program hears what the nightlight tells.

use std::collections::HashMap;

use arena::peer::Peer;
use course::SERVER;

use crate::actor::Actor;
use crate::call::{Shape, levels};
use crate::findings::hearing::{PRINTS, Unprinted, hears, hears_all, once_each, spelt, unprinted};
use crate::findings::introduction::{self, arrive};
use crate::findings::outage::{self, Down};
use crate::findings::subscription::{self, SUBSCRIBES, nothing_else, subscribed};
use crate::findings::unreadable::{
    SURVIVES, TOO_LARGE, UNREADABLE, after_bad, reports, taken_for_a_reading,
};
use crate::scenario::connect::SLOW_ANSWER;
use crate::scenario::turned_away::turned_away;
use crate::sheet::Finding;
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
    Scene::new("turned away", Shape::Short, |stage| {
        Box::pin(turned_away(
            stage,
            SERVER,
            Some((HEARS_AGAIN, &["telemetry"])),
        ))
    }),
];

/// After a restart of the broker it subscribes again.
const HEARS_AGAIN: &str = "hears-again";

/// How many readings are told one by one: more than anybody counts to who means "a few times".
const READINGS: usize = 24;

/// How many of them, and of the bad ones, the transcript shows.
const SHOWN: usize = 6;

/// How many come all at once.
const BURST_OF: usize = 100;

/// Readings come in, good ones and bad ones.
async fn listening(stage: &mut Stage) -> Result<(), Stop> {
    let device = stage.peer().await?;
    let server = stage.prepare(SERVER, &[]).await?;
    server.line.answer_late(SLOW_ANSWER);
    stage.start(&server).await?;
    arrive(stage, &server).await?;
    let subscription = subscribed(&server, 0, "telemetry").await;
    stage.insist(&server, SUBSCRIBES, subscription)?;
    let heard = readings(stage, &server, &device).await;
    // A program that drowns in its own subscriptions shows it late.
    stage.judge_seen(&server, SUBSCRIBES, nothing_else(&server, 0, "telemetry"));
    heard
}

async fn readings(stage: &mut Stage, server: &Actor, device: &Peer) -> Result<(), Stop> {
    let topic = stage.topic("telemetry");
    let mut levels = levels(&mut stage.dice, 100..1023);
    // The ends of the scale are levels like any other.
    levels.splice(READINGS - 2..READINGS - 2, [0, 1023]);
    let mut levels = levels.into_iter();
    let mut forms = Vec::new();
    let mut told = HashMap::new();
    let mut shown = 0;
    for (number, level) in levels.by_ref().take(READINGS).enumerate() {
        if number == SHOWN {
            shown = server.record.len();
        }
        // Every third comes again: it is news all the same.
        let times = if number % 3 == 2 { 2 } else { 1 };
        told.insert(level, times);
        for again in 0..times {
            match hears(server, device, &topic, spelt(number, level), level).await? {
                Ok(form) if forms.contains(&form) => {}
                Ok(form) => forms.push(form),
                Err(finding) => {
                    let which = Unprinted {
                        number,
                        level,
                        again: again > 0,
                    };
                    let finding = unprinted(server, device, &topic, finding, which).await?;
                    return Err(stage.stop(server, PRINTS, finding));
                }
            }
        }
    }
    let burst: Vec<u16> = levels.by_ref().take(BURST_OF).collect();
    told.extend(burst.iter().map(|level| (*level, 1)));
    let heard = hears_all(server, device, &topic, &burst).await?;
    stage.insist(server, PRINTS, heard)?;
    stage.insist(server, PRINTS, once_each(server, &told))?;
    let burst = server.record.len();
    server.redact(|redaction| redaction.leave_out(shown..burst));

    // In no bad payload is a number like it.
    let last = stage.dice.u16(500..1023);
    let unreadable = UNREADABLE.iter().map(|payload| (*payload, None));
    let too_large = TOO_LARGE.iter();
    let too_large = too_large.map(|(payload, meant)| (payload.as_bytes(), Some(*meant)));
    for (number, ((payload, meant), level)) in unreadable.chain(too_large).zip(levels).enumerate() {
        if number == SHOWN {
            let rest = server.record.len()..usize::MAX;
            server.redact(|redaction| redaction.leave_out(rest));
        }
        let start = server.record.len();
        device.publish(&topic, payload).await?;
        // It works through its messages in order, so that it prints a good one shows that it is
        // done with the bad one.
        if let Err(finding) = hears(server, device, &topic, spelt(0, level), level).await? {
            let finding = after_bad(server, finding, payload);
            return Err(stage.stop(server, SURVIVES, finding));
        }
        let quiet = server.record.look(|entries| {
            let since = &entries[start..];
            let mut forms = forms.iter();
            forms.try_for_each(|form| taken_for_a_reading(since, form, level, payload, meant))
        });
        stage.insist(server, SURVIVES, quiet)?;
        if meant.is_none() {
            let reported = reports(server, start, payload, &[level]).await;
            stage.insist(server, SURVIVES, reported)?;
        }
    }
    // Many of them in a row are no reason to end either.
    for payload in UNREADABLE {
        device.publish(&topic, *payload).await?;
    }
    let after_all = hears(server, device, &topic, spelt(0, last), last).await?;
    let after_all = after_all.map_err(|finding| Finding {
        expected: format!("after many of these in a row: {}", finding.expected),
        ..finding
    });
    stage.insist(server, SURVIVES, after_all.map(drop))
}

/// The broker restarts; the server must hear again.
async fn restart(stage: &mut Stage) -> Result<(), Stop> {
    let server = stage.enter(SERVER, &[]).await?;
    arrive(stage, &server).await?;
    // Its first subscription belongs to its first life.
    if subscribed(&server, 0, "telemetry").await.is_err() {
        return Err(Stop::Program);
    }
    let device = comes_back(stage, &server, HEARS_AGAIN).await?;
    let level = stage.dice.u16(100..1023);
    let topic = stage.topic("telemetry");
    let heard = hears(&server, &device, &topic, spelt(0, level), level).await?;
    stage.insist(&server, HEARS_AGAIN, heard.map(drop))?;
    goes_away(stage, &server).await
}

/// The broker restarts, and the server comes back and subscribes: this is judged by `rule`. Returns
/// somebody who tells it readings.
pub(super) async fn comes_back(
    stage: &mut Stage,
    server: &Actor,
    rule: &str,
) -> Result<Peer, Stop> {
    let down = outage::go_down(stage, server).await?;
    down.is_refused(stage, server).await?;
    let back = down.is_over(stage, server).await?;
    let device = stage.peer().await?;
    let subscription = subscribed(server, back, "telemetry").await;
    stage.insist(server, rule, subscription)?;
    Ok(device)
}

/// At last the broker is away when the learner has had enough.
pub(super) async fn goes_away(stage: &mut Stage, server: &Actor) -> Result<(), Stop> {
    let down = outage::go_down(stage, server).await?;
    down.is_noticed(stage, server).await?;
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
    if let Some(said) = subscription::is_told_of_refusal(&server, back).await {
        stage.judge(&server, subscription::SAYS_REFUSAL, said);
    }
    Ok(())
}
