//! What a program counts by, where a scene is about it.

/// How many readings wait where nothing else is said, as in the library's settings.
pub const QUEUE: usize = 100;

/// Longer than any scene, in milliseconds.
const NEVER: u64 = 3_600_000;

/// What a program is given to count by. Where nothing else is said, no scene comes up against it.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long a server counts readings, in milliseconds.
    pub stale_ms: u64,
    /// How long a device may hear nothing of its server, in milliseconds.
    pub alone_ms: u64,
    /// How long a device rests after a task, in milliseconds, 5,000 at most.
    pub task_pause_ms: u64,
    /// How many readings wait at most.
    pub queue: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            stale_ms: NEVER,
            alone_ms: NEVER,
            // So little that no round of anybody's comes in between.
            task_pause_ms: 20,
            queue: QUEUE,
        }
    }
}

impl Limits {
    /// As the library's settings call them.
    pub(super) fn settings(&self) -> [(&'static str, String); 4] {
        [
            ("NIGHTLIGHT_STALE_MS", self.stale_ms.to_string()),
            ("NIGHTLIGHT_ALONE_MS", self.alone_ms.to_string()),
            ("NIGHTLIGHT_TASK_PAUSE_MS", self.task_pause_ms.to_string()),
            ("NIGHTLIGHT_QUEUE", self.queue.to_string()),
        ]
    }
}
