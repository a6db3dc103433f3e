//! A process and all that it starts, watched from outside until it ends.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// Between two looks at the memory: each walks over all processes.
const LOOK: Duration = Duration::from_millis(250);

/// What a run took.
pub struct Taken {
    pub succeeded: bool,
    pub wall: Duration,
    /// CPU seconds of it and of all it started.
    pub cpu: f64,
    /// The most memory that it and all it started held at once, in bytes. Shared pages count for each.
    pub all: u64,
    /// The most memory that it held itself, in bytes.
    pub own: u64,
}

/// Runs to the end.
///
/// # Errors
/// When it does not start.
pub fn watched(command: &mut Command) -> anyhow::Result<Taken> {
    let this = i32::try_from(std::process::id())?;
    let (begin, before) = (Instant::now(), children_cpu()?);
    let mut child = command.spawn().context("the grader does not start")?;
    let (mut all, mut own) = (0, 0);
    let status = loop {
        // Of the two ways to look, the one that does not disturb what is measured.
        all = all.max(jail::tree::usage_by_parents(this).resident);
        own = own.max(peak_of(child.id()).unwrap_or(0));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        thread::sleep(LOOK);
    };
    Ok(Taken {
        succeeded: status.success(),
        wall: begin.elapsed(),
        cpu: children_cpu()? - before,
        all,
        own,
    })
}

/// The most memory that a process has held so far, in bytes, as the kernel keeps it; nothing for one that has ended.
fn peak_of(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes << 10)
}

/// CPU seconds of all processes that have ended and were waited for, and of theirs.
fn children_cpu() -> anyhow::Result<f64> {
    let used = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let time = used.user_time() + used.system_time();
    Ok(time.num_milliseconds() as f64 / 1000.0)
}
