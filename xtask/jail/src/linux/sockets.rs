//! Memory of the kernel's that sockets hold: what is written into one and not read is in nobody's resident set.

use std::fs;
use std::path::Path;

use crate::tree;

/// What one socket holds at most, in bytes: twice net.core.wmem_max, as it is where nobody has changed it, and what the
/// kernel keeps beside it.
const EACH: u64 = 512 * 1024;
/// As many are free, the relay's own inside among them: no lesson's program has a dozen.
const FREE: u64 = 64;
/// Open files that are free for one process where sockets cannot be told from them.
const FREE_FILES: u64 = 64;

/// What the sockets of a network may hold, by this `/proc` of one of its processes, in bytes. `None` where the kernel
/// does not tell.
pub(super) fn held_in(process: &Path) -> Option<u64> {
    let text = fs::read_to_string(process.join("net/sockstat")).ok()?;
    let used = text
        .lines()
        .find_map(|line| line.strip_prefix("sockets: used "))?;
    let used: u64 = used.trim().parse().ok()?;
    Some(used.saturating_sub(FREE).saturating_mul(EACH))
}

/// The same of the descendants of `root`, taking every open file for a socket.
pub(super) fn held_by_descendants(root: i32) -> u64 {
    let open = |pid: &i32| {
        let files = fs::read_dir(format!("/proc/{pid}/fd"));
        files.map_or(0, |files| files.count() as u64)
    };
    let all = tree::descendants(root);
    let beyond = all.iter().map(|pid| open(pid).saturating_sub(FREE_FILES));
    beyond.sum::<u64>().saturating_mul(EACH)
}
