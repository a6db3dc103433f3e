//! Step 5: the device says whether it is there, and a monitor shows all that is measured.

mod device;
mod goodbye;
mod measures;
mod monitor;

use crate::call::Shape;
use crate::stage::{Scene, Stage, Told};

pub(super) const SCENES: &[Scene] = &[
    Scene::new("presence", Shape::Guid, |stage| {
        Box::pin(device::presence(stage))
    }),
    Scene::new("half open", Shape::Short, |stage| {
        Box::pin(device::half_open(stage))
    }),
    Scene::new("device restart", Shape::Short, |stage| {
        Box::pin(device::restart(stage))
    }),
    Scene {
        retry_ms: 2,
        ..Scene::new("late broker", Shape::Long, late)
    },
    Scene::new("held answers", Shape::Guid, |stage| {
        Box::pin(goodbye::held_answers(stage))
    }),
    Scene {
        goodbye_ms: goodbye::SHORT_MS,
        ..Scene::new("no answer", Shape::Short, no_answer)
    },
    Scene::new("late welcome", Shape::Short, |stage| {
        Box::pin(goodbye::late_welcome(stage))
    }),
    Scene::new("measures", Shape::Guid, |stage| {
        Box::pin(measures::measures(stage))
    }),
    Scene::new("who is there", Shape::Short, |stage| {
        Box::pin(monitor::who_is_there(stage))
    }),
    Scene::new("monitor restart", Shape::Short, |stage| {
        Box::pin(monitor::restart(stage))
    }),
    Scene {
        retry_ms: 4,
        ..Scene::new("monitor alone", Shape::Long, alone)
    },
];

fn late(stage: &mut Stage) -> Told<'_> {
    Box::pin(device::late_broker(stage))
}

fn no_answer(stage: &mut Stage) -> Told<'_> {
    Box::pin(goodbye::no_answer(stage))
}

fn alone(stage: &mut Stage) -> Told<'_> {
    Box::pin(monitor::late_broker(stage))
}
