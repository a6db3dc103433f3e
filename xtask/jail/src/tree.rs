//! Processes together: what they use, and their end.
//!
//! Only Linux tells; elsewhere this module is empty.
#![cfg(target_os = "linux")]

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::{Signal, kill as send};
use nix::unistd::Pid;

/// Where this process sees all others of its own process namespace.
const PROC: &str = "/proc";

/// What several processes use together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Bytes of memory, in RAM or swapped out; pages they share count for each.
    pub resident: u64,
    /// Processes and threads.
    pub tasks: u64,
    /// CPU time, that of children who ended and were waited for included.
    pub cpu: Duration,
}

/// The descendants of `root`, without itself. A process that ends meanwhile is left out.
#[must_use]
pub fn descendants(root: i32) -> Vec<i32> {
    // A kernel without CONFIG_PROC_CHILDREN has no such file.
    if fs::exists(format!("/proc/{root}/task/{root}/children")).unwrap_or(false) {
        below(root, children_of)
    } else {
        by_parents(root)
    }
}

/// What the descendants of `root` use together, without itself.
///
/// This opens each thread's list of children. When threads end that the kernel keeps such entries of, those who reap
/// them wait for each other on a busy machine, up to 2 ms each time (seen on Linux 6.18). To look often, take
/// [`usage_in`] or, where a walk over all processes of the machine does not matter, [`usage_by_parents`].
#[must_use]
pub fn usage(root: i32) -> Usage {
    together(Path::new(PROC), descendants(root))
}

/// As [`usage`], by asking every process for its parent.
#[must_use]
pub fn usage_by_parents(root: i32) -> Usage {
    together(Path::new(PROC), by_parents(root))
}

/// What all processes use together that this `/proc` shows: those of one process namespace.
#[must_use]
pub fn usage_in(proc: &Path) -> Usage {
    together(proc, listed(proc))
}

fn together(proc: &Path, pids: impl IntoIterator<Item = i32>) -> Usage {
    let mut all = Usage::default();
    for pid in pids {
        let process = place(proc, pid);
        all.resident += held(&process).unwrap_or_default();
        if let Some(stat) = Stat::of(&process) {
            all.tasks += stat.number(FIELD_THREADS);
            all.cpu += stat.cpu();
        }
    }
    all
}

fn place(proc: &Path, pid: i32) -> PathBuf {
    proc.join(pid.to_string())
}

/// The processes that this `/proc` shows.
fn listed(proc: &Path) -> impl Iterator<Item = i32> {
    let entries = fs::read_dir(proc).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Ends `root` and all its descendants. They are killed before it, so that none is left to be adopted.
pub fn kill(root: i32) {
    // Stopped first, a process cannot start another one while we look.
    let _ = send(Pid::from_raw(root), Signal::SIGSTOP);
    kill_descendants(root);
    let _ = send(Pid::from_raw(root), Signal::SIGKILL);
}

/// Ends all descendants of `root`, again and again until a look finds none that lives.
pub(crate) fn kill_descendants(root: i32) {
    loop {
        let alive: Vec<i32> = descendants(root)
            .into_iter()
            .filter(|pid| !is_zombie(*pid))
            .collect();
        if alive.is_empty() {
            return;
        }
        for pid in &alive {
            let _ = send(Pid::from_raw(*pid), Signal::SIGSTOP);
        }
        for pid in alive {
            let _ = send(Pid::from_raw(pid), Signal::SIGKILL);
        }
        std::thread::yield_now();
    }
}

fn below(root: i32, children: impl Fn(i32) -> Vec<i32>) -> Vec<i32> {
    let mut found = Vec::new();
    let mut unseen = children(root);
    while let Some(pid) = unseen.pop() {
        unseen.extend(children(pid));
        found.push(pid);
    }
    found
}

/// Each thread has its own list of children.
fn children_of(pid: i32) -> Vec<i32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    threads
        .flatten()
        .filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok())
        .flat_map(|line| {
            line.split_whitespace()
                .filter_map(|pid| pid.parse().ok())
                .collect::<Vec<_>>()
        })
        .collect()
}

fn by_parents(root: i32) -> Vec<i32> {
    let mut all: HashMap<i32, Vec<i32>> = HashMap::new();
    let proc = Path::new(PROC);
    for pid in listed(proc) {
        let stat = Stat::of(&place(proc, pid));
        if let Some(parent) = stat.and_then(|stat| stat.field(FIELD_PARENT).parse().ok()) {
            all.entry(parent).or_default().push(pid);
        }
    }
    below(root, |parent| all.get(&parent).cloned().unwrap_or_default())
}

fn is_zombie(pid: i32) -> bool {
    let stat = Stat::of(&place(Path::new(PROC), pid));
    stat.is_none_or(|stat| matches!(stat.field(FIELD_STATE), "Z" | "X"))
}

/// Fields of `/proc/PID/stat`, counted from 1 as in proc_pid_stat(5).
const FIELD_STATE: usize = 3;
const FIELD_PARENT: usize = 4;
/// User and system time, its own and that of children it has waited for.
const FIELDS_TIME: std::ops::RangeInclusive<usize> = 14..=17;
const FIELD_THREADS: usize = 20;

/// Linux counts these times in hundredths of a second, whatever its own clock does.
const TICK: Duration = Duration::from_millis(10);

/// What the kernel tells of one process, from its state on.
struct Stat(Vec<String>);

impl Stat {
    fn of(process: &Path) -> Option<Self> {
        let line = fs::read_to_string(process.join("stat")).ok()?;
        // The second field is the program's own name for itself, parentheses and spaces included.
        let (_, after_name) = line.rsplit_once(')')?;
        let fields = after_name.split_whitespace().map(str::to_owned);
        Some(Self(fields.collect()))
    }

    fn field(&self, number: usize) -> &str {
        self.0.get(number - FIELD_STATE).map_or("", String::as_str)
    }

    fn number(&self, field: usize) -> u64 {
        self.field(field).parse().unwrap_or_default()
    }

    fn cpu(&self) -> Duration {
        let ticks: u64 = FIELDS_TIME.map(|field| self.number(field)).sum();
        TICK.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX))
    }
}

fn held(process: &Path) -> Option<u64> {
    let status = fs::read_to_string(process.join("status")).ok()?;
    let kilobytes = status.lines().filter_map(|line| {
        let size = line
            .strip_prefix("VmRSS:")
            .or_else(|| line.strip_prefix("VmSwap:"))?;
        size.trim().strip_suffix(" kB")?.parse::<u64>().ok()
    });
    Some(kilobytes.sum::<u64>() * 1024)
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_grandchild_is_found_measured_and_killed() {
        let mut shell = Command::new("sh")
            .args(["-c", "sleep 1000 & echo $!; wait"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh starts");
        let root = i32::try_from(shell.id()).expect("a process id");
        let mut line = String::new();
        let output = shell.stdout.take().expect("a pipe");
        BufReader::new(output)
            .read_line(&mut line)
            .expect("the shell says the child's id");
        let grandchild: i32 = line.trim().parse().expect("an id");

        assert_eq!(descendants(root), [grandchild]);
        assert_eq!(by_parents(root), [grandchild]);
        for used in [usage(root), usage_by_parents(root)] {
            assert!(used.resident > 0);
            assert_eq!(used.tasks, 1);
        }
        let shown: Vec<i32> = listed(Path::new(PROC)).collect();
        assert!(shown.contains(&root) && shown.contains(&grandchild));
        let everything = usage_in(Path::new(PROC));
        assert!(everything.resident > usage(root).resident);
        assert!(everything.tasks > 2, "the shell, the child and this test");
        kill(root);
        shell.wait().expect("it ended");
        assert!(is_zombie(grandchild), "the grandchild lives on");
    }
}
