//! Step 4: the server answers each reading with a command, and the device obeys.

mod answers;
mod decisions;
pub(super) mod device;
pub(super) mod nonsense;
pub(super) mod orders;
mod rush;
mod server;
mod silence;
mod tells;
pub(super) mod together;
mod unasked;

use crate::call::Shape;
use crate::scenario::connect::late_broker;
use crate::stage::Scene;

pub(super) const SCENES: &[Scene] = &[
    Scene::new("questions", Shape::Guid, |stage| {
        Box::pin(server::questions(stage))
    }),
    Scene::new("rush", Shape::Guid, |stage| Box::pin(rush::rush(stage))),
    Scene::new("server restart", Shape::Short, |stage| {
        Box::pin(server::restart(stage))
    }),
    Scene::new("orders", Shape::Guid, |stage| {
        Box::pin(device::orders(stage))
    }),
    Scene::new("nonsense", Shape::Guid, |stage| {
        Box::pin(nonsense::nonsense(stage))
    }),
    Scene::new("device restart", Shape::Short, |stage| {
        Box::pin(device::restart(stage))
    }),
    late_broker(|stage| Box::pin(together::late_for_server(stage))),
    late_broker(|stage| Box::pin(together::late_for_device(stage))),
    Scene::new("server turned away", Shape::Short, |stage| {
        Box::pin(server::turned_away(stage))
    }),
    Scene::new("device turned away", Shape::Short, |stage| {
        Box::pin(device::turned_away(stage))
    }),
    Scene {
        only_after_others: true,
        ..Scene::new("together", Shape::Guid, |stage| {
            Box::pin(together::evening(stage))
        })
    },
];
