online.store(false, Ordering::Relaxed);
