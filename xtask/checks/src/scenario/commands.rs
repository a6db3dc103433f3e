//! Step 4: the server answers each reading with a command, and the device obeys.

pub(super) mod device;
mod nonsense;
mod orders;
mod rush;
mod server;
mod tells;
mod together;

use crate::call::Shape;
use crate::stage::{Scene, Stage, Told};

pub(super) const SCENES: &[Scene] = &[
    Scene::new("questions", Shape::Guid, |stage| {
        Box::pin(server::questions(stage))
    }),
    Scene::new("rush", Shape::Guid, |stage| Box::pin(rush::rush(stage))),
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
    Scene::new("device restart", Shape::Short, |stage| {
        Box::pin(device::restart(stage))
    }),
    Scene {
        only_after_others: true,
        ..Scene::new("together", Shape::Guid, |stage| {
            Box::pin(together::evening(stage))
        })
    },
];

fn late(stage: &mut Stage) -> Told<'_> {
    Box::pin(together::late_broker(stage))
}
