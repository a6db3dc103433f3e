//! What this machine enforces, found out by small real attacks instead of version numbers.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::wrapper::Wrapper;

/// What one probe of this machine found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// Whether a jail can be set up here at all. If not, grade only submissions that are trusted.
    pub sandbox: bool,
    /// One entry for each attack; empty without a sandbox.
    pub findings: Vec<Finding>,
    /// Sentences on what the machine does not offer, from the wrapper itself.
    pub notes: Vec<String>,
}

/// What came of one attack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The attack that was tried.
    pub attack: Attack,
    /// Whether the jail stopped it.
    pub contained: bool,
    /// The outcome as a sentence for the report.
    pub sentence: String,
}

/// The attacks a probe tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attack {
    /// Read a file of the instructor's.
    ReadOutside,
    /// Change a file of the instructor's, or make one.
    WriteOutside,
    /// Change who may use a file of the instructor's.
    ChangeMode,
    /// Connect to another port of this machine.
    OtherPort,
    /// Connect to another address at an allowed port number.
    OtherAddress,
    /// Connect by TCP fast open, past the check of `connect`.
    FastOpen,
    /// Send a datagram.
    Udp,
    /// Connect to a Unix socket.
    UnixSocket,
    /// Signal a process outside.
    Signal,
    /// Leave a process behind.
    Daemon,
    /// Outlive a wrapper that is killed.
    Orphan,
    /// Take more memory than allowed, spread over several processes.
    Memory,
    /// Start more processes than allowed.
    Processes,
    /// Write a larger file than allowed.
    LargeFile,
}

#[cfg(target_os = "linux")]
impl Attack {
    /// The attack's outcome in words for the report.
    fn sentence(self, contained: bool) -> &'static str {
        let (held, open) = match self {
            Self::ReadOutside => (
                "Submissions cannot read your files.",
                "Submissions can READ YOUR FILES.",
            ),
            Self::WriteOutside => (
                "Submissions cannot change your files.",
                "Submissions can CHANGE YOUR FILES.",
            ),
            Self::ChangeMode => (
                "Submissions cannot change who may use your files.",
                "Submissions can change who may use your files (chmod).",
            ),
            Self::OtherPort => (
                "Submissions reach no other port of this machine.",
                "Submissions can connect to every TCP port of this machine.",
            ),
            Self::OtherAddress => (
                "Submissions reach no other machine.",
                "Submissions can connect to other machines, at the port numbers of this run's broker and board.",
            ),
            Self::FastOpen => (
                "TCP fast open is refused.",
                "Submissions can get around the port rules with TCP fast open.",
            ),
            Self::Udp => (
                "UDP is refused.",
                "Submissions can send UDP datagrams anywhere.",
            ),
            Self::UnixSocket => (
                "Unix sockets are refused.",
                "Submissions can talk to services of this machine over Unix sockets.",
            ),
            Self::Signal => (
                "Submissions cannot signal other processes.",
                "Submissions can kill your other processes.",
            ),
            Self::Daemon => (
                "Nothing a submission starts outlives its run.",
                "A submission can leave a process running behind.",
            ),
            Self::Orphan => (
                "Nothing is left over even when grading itself is killed.",
                "If grading itself is killed, a hostile submission's process can stay: look for leftovers then.",
            ),
            Self::Memory => (
                "Memory is bounded over all processes of a submission.",
                "A submission can take more memory than its limit.",
            ),
            Self::Processes => (
                "The number of processes is bounded.",
                "A submission can start any number of processes.",
            ),
            Self::LargeFile => (
                "The size of a file is bounded.",
                "A submission can write files of any size.",
            ),
        };
        if contained { held } else { open }
    }
}

#[cfg(target_os = "linux")]
impl Finding {
    pub(crate) fn new(attack: Attack, contained: bool) -> Self {
        Self {
            attack,
            contained,
            sentence: attack.sentence(contained).to_owned(),
        }
    }
}

impl Probe {
    /// Whether every attack was stopped.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.sandbox && self.findings.iter().all(|finding| finding.contained)
    }

    /// What is open on this machine, one sentence each; these belong into every report.
    pub fn reduced(&self) -> impl Iterator<Item = &str> {
        let open = self.findings.iter().filter(|finding| !finding.contained);
        open.map(|finding| finding.sentence.as_str())
            .chain(self.notes.iter().map(String::as_str))
    }

    /// For a machine where no jail can be set up.
    pub(crate) fn none(reason: impl Into<String>) -> Self {
        Self {
            sandbox: false,
            findings: Vec::new(),
            notes: vec![reason.into()],
        }
    }
}

/// Tries every attack once, in about a second. `scratch` is a folder that the jail's user may enter.
///
/// # Errors
/// When the attacks cannot be prepared: no temporary folder, no free port, or a wrapper that does not start.
#[cfg(target_os = "linux")]
pub fn probe(wrapper: &Wrapper, scratch: &Path) -> io::Result<Probe> {
    crate::attacks::all(wrapper, scratch)
}

/// Says that there is no sandbox.
///
/// # Errors
/// None here.
#[cfg(not(target_os = "linux"))]
pub fn probe(_: &Wrapper, _: &Path) -> io::Result<Probe> {
    Ok(Probe::none(
        "No sandbox here: Landlock, seccomp and namespaces are Linux's.",
    ))
}
