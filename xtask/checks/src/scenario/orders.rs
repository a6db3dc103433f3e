//! Step 8: orders for a device that may be away. A device is held against what it was told, a server
//! against what was typed.

mod device;
mod server;
mod weather;

use crate::call::Shape;
use crate::scenario::commands::together::LATE_RETRY_MS;
use crate::scenario::turned_away::turned_away;
use crate::stage::Scene;
use server::{away, input, lives, typing, unacknowledged, unreadable, unwritten};

pub use weather::Tally;
pub(super) use weather::count;

pub(super) const SCENES: &[Scene] = &[
    Scene::new("typed", Shape::Guid, |stage| Box::pin(typing::typed(stage))),
    Scene::new("no orders", Shape::Short, |stage| {
        Box::pin(typing::nonsense(stage))
    }),
    Scene::new("kept back", Shape::Guid, |stage| {
        Box::pin(unacknowledged::kept_back(stage))
    }),
    Scene {
        retry_ms: away::LONG_PAUSE_MS,
        ..Scene::new("away for good", Shape::Short, |stage| {
            Box::pin(away::for_good(stage))
        })
    },
    Scene::new("restart", Shape::Guid, |stage| {
        Box::pin(away::restart(stage))
    }),
    Scene {
        retry_ms: LATE_RETRY_MS,
        ..Scene::new("late server", Shape::Long, |stage| {
            Box::pin(away::late(stage))
        })
    },
    Scene::new("server turned away", Shape::Short, |stage| {
        Box::pin(turned_away(stage, course::SERVER, None))
    }),
    Scene::new("input ends", Shape::Short, |stage| {
        Box::pin(input::ends(stage))
    }),
    Scene::new("numbers", Shape::Short, |stage| {
        Box::pin(lives::numbers_go_on(stage))
    }),
    Scene::new("no room for numbers", Shape::Guid, |stage| {
        Box::pin(unwritten::number_first(stage))
    }),
    Scene::new("unreadable numbers", Shape::Short, |stage| {
        Box::pin(unreadable::unreadable(stage))
    }),
    device::STATE,
    device::TASKS,
    device::AWAY,
    device::KILLED,
    device::TORN,
    device::UNREADABLE,
    device::CUT,
    device::HALF_A_WELCOME,
    device::RESTART,
    device::TURNED_AWAY,
    device::LATE,
    weather::SCENE,
];
