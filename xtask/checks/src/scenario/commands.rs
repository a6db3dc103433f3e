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

const ORDERS: Scene = Scene::new("orders", Shape::Guid, |stage| {
    Box::pin(device::orders(stage))
});
const NONSENSE: Scene = Scene::new("nonsense", Shape::Guid, |stage| {
    Box::pin(nonsense::nonsense(stage))
});
const DEVICE_RESTART: Scene = Scene::new("device restart", Shape::Short, |stage| {
    Box::pin(device::restart(stage))
});
const LATE_FOR_DEVICE: Scene = late_broker(|stage| Box::pin(together::late_for_device(stage)));
const DEVICE_TURNED_AWAY: Scene = Scene::new("device turned away", Shape::Short, |stage| {
    Box::pin(device::turned_away(stage))
});

/// What happens to a device that has no server beside it.
pub(super) const SCENES_OF_THE_DEVICE: &[Scene] = &[
    ORDERS,
    NONSENSE,
    DEVICE_RESTART,
    LATE_FOR_DEVICE,
    DEVICE_TURNED_AWAY,
];

pub(super) const SCENES: &[Scene] = &[
    Scene::new("questions", Shape::Guid, |stage| {
        Box::pin(server::questions(stage))
    }),
    Scene::new("rush", Shape::Guid, |stage| Box::pin(rush::rush(stage))),
    Scene::new("server restart", Shape::Short, |stage| {
        Box::pin(server::restart(stage))
    }),
    ORDERS,
    NONSENSE,
    DEVICE_RESTART,
    late_broker(|stage| Box::pin(together::late_for_server(stage))),
    LATE_FOR_DEVICE,
    Scene::new("server turned away", Shape::Short, |stage| {
        Box::pin(server::turned_away(stage))
    }),
    DEVICE_TURNED_AWAY,
    Scene {
        only_after_others: true,
        ..Scene::new("together", Shape::Guid, |stage| {
            Box::pin(together::evening(stage))
        })
    },
];
