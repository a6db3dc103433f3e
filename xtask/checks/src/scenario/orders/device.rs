//! The device alone: its state, its tasks, and what comes between.

mod away;
mod cut;
mod errand;
mod files;
mod killed;
mod ledger;
mod restart;
mod state;
mod tasks;

use course::DEVICE;

use crate::call::Shape;
use crate::scenario::commands::together::{LATE_RETRY_MS, late_for};
use crate::scenario::turned_away;
use crate::stage::{Scene, Stage, Stop};

pub(super) const STATE: Scene =
    Scene::new("state", Shape::Guid, |stage| Box::pin(state::state(stage)));
pub(super) const TASKS: Scene =
    Scene::new("tasks", Shape::Short, |stage| Box::pin(tasks::tasks(stage)));
pub(super) const AWAY: Scene = Scene::new("away", Shape::Guid, |stage| Box::pin(away::away(stage)));
pub(super) const KILLED: Scene = Scene::new("killed", Shape::Short, |stage| {
    Box::pin(killed::killed(stage))
});
pub(super) const TORN: Scene =
    Scene::new("torn", Shape::Short, |stage| Box::pin(files::torn(stage)));
pub(super) const UNREADABLE: Scene = Scene::new("unreadable", Shape::Guid, |stage| {
    Box::pin(files::unreadable(stage))
});
pub(super) const CUT: Scene = Scene::new("cut", Shape::Guid, |stage| Box::pin(cut::cut(stage)));
pub(super) const HALF_A_WELCOME: Scene = Scene::new("half a welcome", Shape::Short, |stage| {
    Box::pin(cut::half_a_welcome(stage))
});
pub(super) const RESTART: Scene = Scene::new("device restart", Shape::Short, |stage| {
    Box::pin(restart::restart(stage))
});
pub(super) const TURNED_AWAY: Scene = Scene::new("device turned away", Shape::Short, |stage| {
    Box::pin(refused(stage))
});
pub(super) const LATE: Scene = Scene {
    retry_ms: LATE_RETRY_MS,
    ..Scene::new("late device", Shape::Long, |stage| {
        Box::pin(late_for(stage, DEVICE))
    })
};

/// The broker refuses the device at first, and the line breaks often.
async fn refused(stage: &mut Stage) -> Result<(), Stop> {
    turned_away::turned_away(stage, DEVICE, Some((errand::HEARS_AGAIN, errand::KINDS))).await
}
