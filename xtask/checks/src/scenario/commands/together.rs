//! Device and server together: the whole nightlight.

use std::sync::Arc;

use arena::record::{Entry, Event};
use course::{DEVICE, Detail, ProgramId, SERVER};

use super::answers::ANSWERS;
use super::device::{ONLY_OBEYS, never_lit};
use super::unasked::only_answers;
use crate::actor::{Actor, PROMPT};
use crate::findings::introduction::{self, arrive};
use crate::findings::missed;
use crate::findings::outage::Down;
use crate::findings::subscription::{SAYS_REFUSAL, is_told_of_refusal, subscribed};
use crate::queries;
use crate::scenario::connect::SLOW_ANSWER;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// Dark, and the light goes on; light, and it goes off.
const TOGETHER: &str = "together";

/// It gets dark and light, and the light goes on and off.
pub async fn evening(stage: &mut Stage) -> Result<(), Stop> {
    let server = stage.prepare(SERVER, &[]).await?;
    let device = stage.prepare(DEVICE, &[1023]).await?;
    // How often each side goes round until the other has answered is chance.
    for actor in [&server, &device] {
        actor.redact(|redaction| {
            redaction.no_board();
            redaction.no_messages();
            redaction.no_console();
        });
        actor.line.answer_late(SLOW_ANSWER);
        stage.start(actor).await?;
    }
    arrive(stage, &server).await?;
    arrive(stage, &device).await?;
    for (actor, kind) in [(&server, "telemetry"), (&device, "commands")] {
        let subscription = subscribed(actor, 0, kind).await;
        subscription.map_err(|finding| stage.stop(actor, TOGETHER, finding))?;
    }
    // Each level asks for the opposite of the one before, so the LED has to move.
    let (dark, bright) = (stage.dice.u16(1..299), stage.dice.u16(301..1023));
    let levels = [dark, bright, 299, 300, 0, 1023];
    for level in levels {
        let followed = follows(&device, level).await;
        followed.map_err(|finding| stage.stop(&device, TOGETHER, finding))?;
    }
    let settled = undecided(&device).await;
    settled.map_err(|finding| stage.stop(&device, TOGETHER, finding))?;
    // One change more: the darkness that ends the last rounds.
    let changes = levels.len() + 1;
    let steady = device.record.look(|entries| steady(entries, changes));
    stage.judge(&device, TOGETHER, steady);
    Ok(())
}

/// The broker is away for long, and then it does not let the server hear anything.
pub async fn late_for_server(stage: &mut Stage) -> Result<(), Stop> {
    let server = late_broker(stage, SERVER).await?;
    // Nobody has asked anything of it.
    stage.judge_seen(&server, ANSWERS, only_answers(&server));
    Ok(())
}

/// The same for the device.
pub async fn late_for_device(stage: &mut Stage) -> Result<(), Stop> {
    let device = late_broker(stage, DEVICE).await?;
    stage.judge_seen(&device, ONLY_OBEYS, never_lit(&device));
    Ok(())
}

/// How long a program is told to pause where it is refused for long, in milliseconds.
pub(in crate::scenario) const LATE_RETRY_MS: u64 = 2;

/// The broker is away for long, and then it does not let this program hear anything.
pub(in crate::scenario) async fn late_for(
    stage: &mut Stage,
    program: ProgramId,
) -> Result<(), Stop> {
    late_broker(stage, program).await.map(drop)
}

/// The program has left when this returns.
///
/// # Errors
/// [`Stop::Program`] when it never comes online.
pub(in crate::scenario) async fn late_broker(
    stage: &mut Stage,
    program: ProgramId,
) -> Result<Arc<Actor>, Stop> {
    let actor = stage.prepare(program, &[100]).await?;
    let answers = stage.step().shows.contains(&Detail::Acknowledgements);
    actor.redact(|redaction| {
        redaction.no_board();
        redaction.no_messages();
        redaction.no_console();
        if answers {
            redaction.uncrossed();
        }
    });
    let down = Down::from_the_start(&actor);
    stage.start(&actor).await?;
    down.is_refused(stage, &actor).await?;
    introduction::claims_nothing(stage, &actor);
    down.is_refused_for_long(stage, &actor).await?;
    actor.line.refuse_subscriptions(true);
    let back = down.is_over(stage, &actor).await?;
    if let Some(said) = is_told_of_refusal(&actor, back).await {
        stage.judge(&actor, SAYS_REFUSAL, said);
    }
    actor.leave().await;
    Ok(actor)
}

/// Some more rounds at the same level: the same command comes again and again. Then darkness: the
/// device works through its commands in order, so when that has lit the LED, whatever the others
/// did to it has been seen.
async fn undecided(device: &Actor) -> Result<(), Finding> {
    for _ in 0..3 {
        let start = device.record.len();
        let commanded = device.drive(start, PROMPT, |entries| {
            entries.iter().any(queries::is_delivery).then_some(())
        });
        commanded
            .await
            .map_err(|why| missed(&device.record, "another command", &why))?;
    }
    follows(device, 0).await
}

/// The LED has changed as often as the light, and not in between.
fn steady(entries: &[Entry], changes: usize) -> Result<(), Finding> {
    let mut led = false;
    let mut flips = 0;
    for entry in entries {
        if let Event::Led(on) = entry.event {
            flips += usize::from(on != led);
            led = on;
        }
    }
    if flips == changes {
        return Ok(());
    }
    Err(Finding::new(
        "an LED that changes when the light crosses 300, and is steady meanwhile",
        "an LED that goes on and off in between",
    )
    .hint(
        "A command says what the LED shall be, not that it shall change: do not toggle it. And \
         nobody but the commands switches it.",
    ))
}

/// Sets the light level and waits for the LED.
async fn follows(device: &Actor, level: u16) -> Result<(), Finding> {
    let on = level < 300;
    let start = device.record.len();
    device.board.set_light(level);
    let lit = device.drive(start, PROMPT, |entries| {
        (queries::led(entries) == Some(on)).then_some(())
    });
    lit.await.map_err(|why| {
        let word = if on { "on" } else { "off" };
        missed(&device.record, format!("light {level}: LED {word}"), &why)
    })
}
