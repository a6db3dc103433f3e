//! Step 6: many devices, one decision. The server is told readings under many names, and each of its
//! answers is held against what all readings so far ask for.

mod ballot;
mod burst;
mod crowd;
mod device;
mod exchange;
mod expiry;
mod mistakes;
mod places;
mod room;
mod server;
mod together;

use crate::call::Shape;
use crate::stage::{Scene, Stage, Told};

pub(super) const SCENES: &[Scene] = &[
    Scene::new("weighing", Shape::Guid, |stage| {
        Box::pin(server::weighing(stage))
    }),
    Scene::new("nonsense", Shape::Short, |stage| {
        Box::pin(server::nonsense(stage))
    }),
    Scene::new("burst", Shape::Guid, |stage| Box::pin(burst::burst(stage))),
    Scene::new("places", Shape::Guid, |stage| {
        Box::pin(places::places(stage))
    }),
    Scene::new("expiry", Shape::Short, |stage| {
        Box::pin(expiry::expiry(stage))
    }),
    Scene::new("room again", Shape::Short, |stage| {
        Box::pin(room::room_again(stage))
    }),
    Scene::new("server restart", Shape::Short, |stage| {
        Box::pin(server::restart(stage))
    }),
    Scene {
        retry_ms: 4,
        ..Scene::new("late broker", Shape::Long, late)
    },
    Scene::new("orders", Shape::Guid, |stage| {
        Box::pin(device::orders(stage))
    }),
    Scene::new("bad commands", Shape::Guid, |stage| {
        Box::pin(device::bad_commands(stage))
    }),
    Scene::new("device restart", Shape::Long, |stage| {
        Box::pin(device::restart(stage))
    }),
    Scene::new("same name", Shape::Short, |stage| {
        Box::pin(device::same_name(stage))
    }),
    Scene {
        only_after_others: true,
        ..Scene::new("stadium", Shape::Guid, |stage| {
            Box::pin(together::stadium(stage))
        })
    },
];

fn late(stage: &mut Stage) -> Told<'_> {
    Box::pin(together::late_broker(stage))
}
