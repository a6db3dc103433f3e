//! What happens to each step's programs, told as stories: given, when, then.

mod commands;
mod connect;
mod orders;
mod outage;
mod secure;
mod server;
mod stadium;
mod storm;
mod telemetry;
mod topics;
mod turned_away;

use std::time::Duration;

use arena::patience;
use futures_util::future::try_join_all;

use crate::call::Call;
use crate::stage::{BLURRED, Ending, Played, Scene, Stage};

pub use orders::Tally as TasksTally;
pub use outage::{Tally as ReadingsTally, Weather};

/// The scenes of each step, by its folder.
const SCENES: &[(&str, &[Scene])] = &[
    ("step1-connect", connect::SCENES),
    ("step2-telemetry", telemetry::SCENES),
    ("step3-server", server::SCENES),
    ("step4-commands", commands::SCENES),
    ("step5-topics", topics::SCENES),
    ("step6-stadium", stadium::SCENES),
    ("step7-outage", outage::SCENES),
    ("step8-orders", orders::SCENES),
    ("step9-secure", secure::SCENES),
    (course::FOLDER_OF_FIRMWARE, commands::SCENES_OF_THE_DEVICE),
];

/// The scenes of a step, by its folder; none, when nobody has written any.
pub fn of(folder: &str) -> &'static [Scene] {
    let mut all = SCENES.iter();
    all.find(|(of, _)| *of == folder)
        .map_or(&[], |(_, scenes)| scenes)
}

/// How often a scene is played that the machine has spoilt.
const TAKES: usize = 3;

/// How long the machine is given to come to rest before that. What keeps it busy for longer is its
/// usual load.
const LONGEST_LULL: Duration = Duration::from_secs(15);

/// Plays outages on device and server, and counts what became of the readings.
///
/// # Errors
/// When the arena does not work, or a program does not come back from an outage.
pub async fn outages(call: &Call, weather: Weather) -> anyhow::Result<ReadingsTally> {
    outage::count(call, weather).await
}

/// Plays cuts, kills and lost answers on a device and the server that gives it tasks, so many, and
/// counts what became of the tasks.
///
/// # Errors
/// When the arena does not work, or a program does not come back.
pub async fn kills_and_cuts(call: &Call, faults: usize) -> anyhow::Result<TasksTally> {
    orders::count(call, faults).await
}

/// Plays all scenes of a step, side by side.
///
/// # Errors
/// When the step has none, or the arena, not the program, does not work.
pub async fn play(call: &Call) -> anyhow::Result<Vec<Played>> {
    let scenes = of(&call.step.folder);
    anyhow::ensure!(!scenes.is_empty(), "{} has no scenes", call.step.name());
    let takes = scenes.iter().map(|scene| in_focus(call, *scene));
    let mut played = try_join_all(takes).await?;
    if !played.iter().any(|scene| scene.sheet.has_failed()) {
        // What ends a scene is told of, if not by this one then by another. Where none does, it was
        // the machine.
        for (scene, played) in scenes.iter().zip(&mut played) {
            if played.ending != Ending::Whole {
                *played = in_focus(call, *scene).await?;
            }
            for _ in 1..TAKES {
                if played.ending == Ending::Busy {
                    patience::lull(BLURRED, LONGEST_LULL).await;
                    *played = in_focus(call, *scene).await?;
                }
            }
            // Passed is only who was seen to be right.
            anyhow::ensure!(
                played.ending != Ending::Busy || played.sheet.has_failed(),
                "this computer is too busy to say whether the program is right (`{}`); try again \
                 when less runs on it",
                scene.title
            );
        }
    }
    let found = |scene: &Played| !scene.only_after_others && scene.sheet.has_failed();
    if played.iter().any(found) {
        // What exactly goes wrong then is chance.
        let late = played.iter_mut().filter(|scene| scene.only_after_others);
        late.for_each(|scene| scene.sheet.says_nothing());
    }
    Ok(played)
}

/// Plays a scene; again, if it has found something while the arena did not see clearly, and once
/// more where it has found something that takes a clear eye.
async fn in_focus(call: &Call, scene: Scene) -> anyhow::Result<Played> {
    let mut played = take(call, scene).await?;
    for takes in 1..TAKES {
        let is_sure = !played.is_blurred && (takes > 1 || !played.sheet.rests_on_order());
        if is_sure || !played.sheet.has_failed() {
            break;
        }
        if played.is_blurred {
            patience::lull(BLURRED, LONGEST_LULL).await;
        }
        played = take(call, scene).await?;
    }
    Ok(played)
}

/// Plays a scene; once more, if the arena failed. A machine that is very busy for a moment is no
/// reason to leave anybody without a verdict.
async fn take(call: &Call, scene: Scene) -> anyhow::Result<Played> {
    match Stage::play(call, scene).await {
        Ok(played) => Ok(played),
        Err(error) => Stage::play(call, scene).await.map_err(|_| error),
    }
}
