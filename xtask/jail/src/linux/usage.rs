//! How much disk a folder takes, and how much time children took.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// Bytes on disk under `folder`. What vanishes meanwhile counts nothing; links are not followed.
pub(super) fn disk(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => disk(&entry.path()),
            // In units of 512 bytes, whatever the file system's own are; a sparse file takes what it takes.
            Ok(metadata) => metadata.blocks() * 512,
            Err(_) => 0,
        })
        .sum()
}

/// CPU time of all children that were waited for, and of theirs.
pub(super) fn children_cpu() -> Duration {
    getrusage(UsageWho::RUSAGE_CHILDREN).map_or(Duration::ZERO, |used| {
        let time = used.user_time() + used.system_time();
        Duration::from_micros(u64::try_from(time.num_microseconds()).unwrap_or_default())
    })
}
