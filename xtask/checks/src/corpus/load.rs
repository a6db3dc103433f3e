//! Busy threads, to see whether a verdict depends on how quick the machine is.

use std::hint;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Threads that do nothing, as fast as they can. They end when it is dropped.
#[derive(Debug)]
pub struct Load {
    over: Arc<AtomicBool>,
}

impl Load {
    /// Starts so many threads.
    pub fn start(threads: usize) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        for _ in 0..threads {
            let over = Arc::clone(&over);
            thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    hint::spin_loop();
                }
            });
        }
        Self { over }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}
