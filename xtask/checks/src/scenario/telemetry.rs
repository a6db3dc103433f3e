//! Step 2: the nightlight publishes its light level every five seconds.

use std::time::{Duration, Instant};

use course::DEVICE;

use crate::actor::Actor;
use crate::call::{Shape, levels};
use crate::findings::introduction::arrive;
use crate::findings::lamp::{self, Lamp};
use crate::findings::outage;
use crate::findings::readings;
use crate::queries;
use crate::scenario::connect::{OFFLINE, SLOW_ANSWER, alone_at_first, late_broker};
use crate::scenario::turned_away::turned_away;
use crate::stage::{Scene, Stage, Stop};

pub(super) const SCENES: &[Scene] = &[
    Scene::new("reports", Shape::Guid, |stage| Box::pin(reports(stage))),
    Scene::new("restart", Shape::Short, |stage| Box::pin(restart(stage))),
    late_broker(|stage| Box::pin(late(stage))),
    Scene::new("turned away", Shape::Short, |stage| {
        Box::pin(turned_away(stage, DEVICE, None))
    }),
];

/// After a restart of the broker it goes on publishing.
const RESUMES: &str = "resumes";

/// How many messages are waited for.
const MESSAGES: u32 = 25;

/// How many after an outage.
const MESSAGES_AFTERWARDS: usize = 4;

/// How many, when each of them takes long.
const MESSAGES_OF_SLOW_ONES: u32 = 4;

/// A message that takes so long in real time, however fast the board's clock runs, takes long.
const LONG: Duration = Duration::from_secs(2);

/// The sensor has a new level at each look, and later the same one again and again.
async fn reports(stage: &mut Stage) -> Result<(), Stop> {
    let levels = dark_and_bright(&mut stage.dice);
    let device = stage.prepare(DEVICE, &levels).await?;
    device.line.answer_late(SLOW_ANSWER);
    stage.start(&device).await?;
    arrive(stage, &device).await?;
    // It is not asked about here, and follows levels that are chance.
    device.redact(|redaction| redaction.no_led());
    let first = readings::one_more(&device, 0).await;
    first.map_err(|(rule, finding)| stage.stop(&device, rule, finding))?;
    stage.pass(&device, readings::PUBLISHES);
    // How often it looked before it was online is chance.
    let begin = readings::caught_up(&device).await;
    device.redact(|redaction| redaction.begin(begin));

    // From here on there are the ends of the scale, and levels that stay, at places that are not
    // chance.
    let fresh = &levels[levels.len() / 2..];
    let stays = [0, fresh[0], fresh[0], 1023, 1023, 1023, 299, 300];
    device
        .board
        .script_light(stays.into_iter().chain(fresh[1..].iter().copied()));
    let mut place = begin;
    let begun = Instant::now();
    for told in 0.. {
        let most = match device.record.look(queries::goes_slowly) {
            false => MESSAGES,
            true => MESSAGES_OF_SLOW_ONES,
        };
        if told >= most {
            break;
        }
        if told == MESSAGES_OF_SLOW_ONES && begun.elapsed() > LONG * MESSAGES_OF_SLOW_ONES {
            // Who is seen to be wrong by now is not watched for minutes.
            readings::judge(stage, &device, begin, place);
            if stage.has_failed(&device, readings::LEVEL) {
                return Ok(());
            }
        }
        match readings::one_more(&device, place).await {
            Ok(after) => place = after,
            Err((rule, finding)) => {
                let finding = match finding.hint {
                    Some(_) => finding,
                    None => finding.hint(
                        "It has published, and then no more, though it is online and reads its \
                         sensor. Each reading is told, every round. Does a flag like `online` \
                         become false by anything but an error?",
                    ),
                };
                readings::judge(stage, &device, begin, place);
                return Err(stage.stop(&device, rule, finding));
            }
        }
    }
    readings::judge(stage, &device, begin, place);
    Ok(())
}

/// Levels, no two alike: below the threshold and above it in turn, so that who tells only the one
/// kind or the other is never silent for long.
fn dark_and_bright(dice: &mut fastrand::Rng) -> Vec<u16> {
    let (dark, bright) = (levels(dice, 0..300), levels(dice, 300..1023));
    let pairs = dark.into_iter().zip(bright);
    pairs.flat_map(|(dark, bright)| [dark, bright]).collect()
}

/// The broker restarts; lamp and readings must go on.
async fn restart(stage: &mut Stage) -> Result<(), Stop> {
    let device = stage.enter(DEVICE, &[200]).await?;
    device.redact(|redaction| {
        redaction.no_board();
        redaction.no_console();
        redaction.no_messages_out();
    });
    arrive(stage, &device).await?;
    // Who never publishes is told so elsewhere.
    if readings::one_more(&device, 0).await.is_err() {
        return Err(Stop::Program);
    }
    let mut lamp = Lamp::default();
    for level in [300, 299] {
        lamp.follows(stage, &device, level, None).await?;
    }
    stage.pass(&device, lamp::LED);

    // What was told so far is not seen again: whoever tells it once more has no reading for it.
    device.board.set_light(150);
    let down = outage::go_down(stage, &device).await?;
    down.is_refused(stage, &device).await?;
    lamp.stayed(stage, &device);
    for level in [700, 100, 650] {
        lamp.follows(
            stage,
            &device,
            level,
            Some(("while the broker is away", OFFLINE)),
        )
        .await?;
    }
    let back = down.is_over(stage, &device).await?;
    // Bright ones, one as good as the other for the lamp.
    let levels = levels(&mut stage.dice, 300..1023);
    device.board.script_light(levels);
    lamp.stayed(stage, &device);
    let resumed = match readings::one_more(&device, back).await {
        Ok(_) => Ok(()),
        Err((readings::PUBLISHES, finding)) => Err(readings::silent_since(&device, back, finding)),
        Err((_, finding)) => Err(finding),
    };
    stage.judge(&device, RESUMES, resumed);
    readings::judge_each(stage, &device);
    goes_on(stage, &device).await;

    lamp.follows(stage, &device, 900, None).await?;
    let down = outage::go_down(stage, &device).await?;
    down.is_noticed(stage, &device).await?;
    device.leave().await;
    lamp.stayed(stage, &device);
    Ok(())
}

/// After an outage it has to be as before.
async fn goes_on(stage: &mut Stage, device: &Actor) {
    let begin = readings::caught_up(device).await;
    let most = match device.record.look(queries::goes_slowly) {
        false => MESSAGES_AFTERWARDS,
        true => 0,
    };
    let mut place = begin;
    for _ in 0..most {
        match readings::one_more(device, place).await {
            Ok(after) => place = after,
            Err((_, finding)) => {
                let finding = readings::silent_since(device, place, finding);
                stage.fail(device, RESUMES, finding);
                break;
            }
        }
    }
    readings::judge(stage, device, begin, place);
}

/// The broker is late; then the telling begins.
async fn late(stage: &mut Stage) -> Result<(), Stop> {
    let (device, lamp) = alone_at_first(stage).await?;
    let levels = levels(&mut stage.dice, 0..300);
    device.board.script_light(levels);
    let told = readings::one_more(&device, device.record.len()).await;
    if let Err((rule, finding)) = told {
        stage.fail(&device, rule, finding);
    }
    readings::judge_each(stage, &device);
    device.leave().await;
    lamp.stayed(stage, &device);
    Ok(())
}
