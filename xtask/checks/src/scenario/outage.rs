//! Step 7: no reading is lost. A device is held against what its sensor gave, a server against what
//! it was told, and both together against the weather.

mod alone;
mod books;
mod exchange;
pub(super) mod files;
pub(super) mod folder;
mod full;
mod line;
mod memory;
mod message;
mod no_room;
mod nonsense;
mod orders;
mod queue;
mod server;
mod shown;
mod storm;
mod talk;
mod torn;
mod unreadable;

use crate::call::Shape;
use crate::scenario::commands::together::{LATE_RETRY_MS, late_for};
use crate::stage::Scene;

pub(super) use storm::count;
pub use storm::{Tally, Weather};

pub(super) const SCENES: &[Scene] = &[
    Scene::new("showing", Shape::Guid, |stage| {
        Box::pin(server::showing(stage))
    }),
    Scene::new("runs", Shape::Short, |stage| Box::pin(server::runs(stage))),
    Scene::new("nonsense", Shape::Short, |stage| {
        Box::pin(nonsense::nonsense(stage))
    }),
    Scene::new("burst", Shape::Guid, |stage| Box::pin(server::burst(stage))),
    Scene::new("server restart", Shape::Short, |stage| {
        Box::pin(server::restart(stage))
    }),
    Scene {
        retry_ms: LATE_RETRY_MS,
        ..Scene::new("late server", Shape::Long, |stage| {
            Box::pin(late_for(stage, course::SERVER))
        })
    },
    Scene::new("queue", Shape::Guid, |stage| Box::pin(queue::queue(stage))),
    Scene::new("strange answers", Shape::Guid, |stage| {
        Box::pin(queue::strange_answers(stage))
    }),
    Scene::new("line", Shape::Short, |stage| Box::pin(line::line(stage))),
    Scene::new("full", Shape::Short, |stage| Box::pin(full::full(stage))),
    Scene::new("orders", Shape::Guid, |stage| {
        Box::pin(orders::orders(stage))
    }),
    Scene::new("alone", Shape::Short, |stage| Box::pin(alone::alone(stage))),
    Scene {
        retry_ms: LATE_RETRY_MS,
        ..Scene::new("late device", Shape::Long, |stage| {
            Box::pin(late_for(stage, course::DEVICE))
        })
    },
    Scene {
        retry_ms: storm::RETRY_MS,
        only_after_others: true,
        ..Scene::new("outages", Shape::Guid, |stage| {
            Box::pin(storm::outages(stage))
        })
    },
    Scene::new("killed", Shape::Short, |stage| {
        Box::pin(files::killed(stage))
    }),
    Scene::new("torn", Shape::Guid, |stage| Box::pin(torn::torn(stage))),
    Scene::new("unreadable", Shape::Short, |stage| {
        Box::pin(unreadable::unreadable(stage))
    }),
    Scene::new("no room", Shape::Short, |stage| {
        Box::pin(no_room::no_room(stage))
    }),
    Scene {
        retry_ms: storm::RETRY_MS,
        only_after_others: true,
        ..Scene::new("outages and kills", Shape::Guid, |stage| {
            Box::pin(storm::kills(stage))
        })
    },
];
