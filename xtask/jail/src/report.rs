//! The wrapper's account of how a jailed program ended: written outside the program's reach.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// How a jailed program ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "ended", content = "with")]
pub enum Ending {
    /// The program exited with this status.
    Exited(i32),
    /// The program died of this signal, its own or the kernel's.
    Signalled(i32),
    /// The wrapper or the kernel stopped it at this limit.
    Limit(Bound),
    /// The runner asked the wrapper to end it (SIGTERM), or went away.
    Stopped,
    /// The program never started: the wrapper could not set the jail up. An error of ours, never the learner's.
    NotStarted(String),
}

/// Which limit ended a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// CPU seconds of all processes together.
    Cpu,
    /// Wall-clock time.
    Wall,
    /// Resident memory of all processes together.
    Memory,
    /// Processes and threads together.
    Processes,
    /// Bytes in one file.
    FileSize,
    /// Bytes on disk in all writable folders together.
    Disk,
}

/// The wrapper's account of one program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// How the program ended.
    #[serde(flatten)]
    pub ending: Ending,
    /// Most bytes seen resident over all processes together.
    pub peak_resident: u64,
    /// Milliseconds from start to end.
    pub wall_ms: u64,
    /// Milliseconds of CPU time of the program and of what it waited for; 0 when it was ended.
    #[serde(default)]
    pub cpu_ms: u64,
    /// What this machine did not allow, one sentence each; empty when every layer holds.
    pub reduced: Vec<String>,
}

impl Report {
    /// Reads the account that a wrapper wrote.
    ///
    /// # Errors
    /// When the file is missing or is not a report: the wrapper itself was killed before it could write.
    pub fn read(path: &Path) -> io::Result<Self> {
        serde_json::from_slice(&fs::read(path)?).map_err(io::Error::from)
    }
}
