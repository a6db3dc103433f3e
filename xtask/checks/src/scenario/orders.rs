//! Step 8: orders for a device that may be away. A device is held against what it was told, a server
//! against what was typed.

use crate::call::Shape;
use crate::scenario::commands::together::{LATE_RETRY_MS, late_for};
use crate::stage::Scene;

pub(super) const SCENES: &[Scene] = &[Scene {
    retry_ms: LATE_RETRY_MS,
    ..Scene::new("late device", Shape::Long, |stage| {
        Box::pin(late_for(stage, course::DEVICE))
    })
}];
