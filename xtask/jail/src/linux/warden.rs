//! The process that stays outside: watches the jail's limits, ends it whole, and reports.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal, kill, raise};
use nix::sys::signalfd::SignalFd;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpid, getppid};

use super::launch::start;
use super::network::Relay;
use super::{sockets, usage};
use crate::report::{Bound, Ending, Report};
use crate::spec::{Limits, Spec};
use crate::tree::{self, Usage};
use crate::wrapper::NOT_STARTED;

/// Exit status when a limit ended the program.
const LIMIT: i32 = 124;
/// Interval between two looks at memory, time and parent.
const LOOK: Duration = Duration::from_millis(50);
/// How long what an ended program said last may take to get outside.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// A walk over the writable folders costs more than a look.
const LOOKS_PER_DISK_WALK: u32 = 5;

/// Runs the program and returns the exit status to end with; death by a signal is repeated instead.
pub(crate) fn enter(spec: &Spec, command: &[OsString]) -> i32 {
    let started = Instant::now();
    // Opened before anything can go wrong, so that what goes wrong can be told.
    let file = spec.report.as_ref().map(File::create).transpose();
    let outcome = match &file {
        Err(error) => Err(format!("cannot write the report: {error}")),
        Ok(_) => start(spec, command).map(|jail| jail.watch(spec, started)),
    };
    let mut report = outcome.unwrap_or_else(|reason| Report {
        ending: Ending::NotStarted(reason),
        peak_resident: 0,
        wall_ms: 0,
        cpu_ms: 0,
        reduced: Vec::new(),
    });
    report.wall_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    if let Ok(Some(mut file)) = file {
        let written = serde_json::to_vec(&report)
            .map_err(io::Error::from)
            .and_then(|text| file.write_all(&text));
        if let Err(error) = written {
            eprintln!("jail: cannot write the report: {error}");
        }
    }
    exit_status(&report.ending)
}

fn exit_status(ending: &Ending) -> i32 {
    match ending {
        Ending::Exited(code) => *code,
        Ending::Signalled(signal) => {
            if let Ok(signal) = Signal::try_from(*signal) {
                let _ = SigSet::all().thread_unblock();
                let _ = raise(signal);
            }
            128 + signal
        }
        Ending::Limit(_) | Ending::Stopped => LIMIT,
        Ending::NotStarted(reason) => {
            eprintln!("jail: {reason}");
            NOT_STARTED
        }
    }
}

/// A jail with the program running in it.
pub(super) struct Jail {
    /// Init, or the program itself where there are no namespaces.
    pub(super) leader: Pid,
    /// What there is of them where this machine allows namespaces.
    pub(super) namespaces: Option<Namespaces>,
    pub(super) signals: SignalFd,
    /// Where init writes the program's exit status.
    pub(super) status: File,
    pub(super) reduced: Vec<String>,
}

/// The warden's hold on the namespaces inside.
pub(super) struct Namespaces {
    /// The process namespace's `/proc`.
    pub(super) processes: File,
    /// What carries the program's connections outside.
    pub(super) relay: Arc<Relay>,
}

/// The end of the program itself.
struct End {
    ending: Ending,
    /// Processes and threads that were still there.
    left: u64,
    /// CPU time of it and of what it waited for.
    cpu_ms: u64,
}

impl Jail {
    /// Until the program ends or must be ended; afterwards nothing of it lives.
    fn watch(mut self, spec: &Spec, started: Instant) -> Report {
        let parent = getppid();
        let mut peak = 0;
        let mut cpu = 0;
        let mut look = 0;
        let ending = loop {
            self.pause();
            if let Some(End {
                ending,
                left,
                cpu_ms,
            }) = self.ended()
            {
                cpu = cpu_ms;
                // A fork bomb can be over before the first look.
                break if left > spec.limits.processes {
                    Ending::Limit(Bound::Processes)
                } else {
                    ending
                };
            }
            if let Some(ending) = self.heed_signals() {
                break ending;
            }
            if getppid() != parent {
                break Ending::Stopped;
            }
            if started.elapsed() > Duration::from_millis(spec.limits.wall_ms) {
                break Ending::Limit(Bound::Wall);
            }
            let used = self.used();
            peak = peak.max(used.resident);
            if let Some(bound) = self.exceeded(&used, &spec.limits) {
                break Ending::Limit(bound);
            }
            if look % LOOKS_PER_DISK_WALK == 0 && disk(spec) > spec.limits.disk {
                break Ending::Limit(Bound::Disk);
            }
            look += 1;
        };
        self.end();
        if let Some(Namespaces { relay, .. }) = &self.namespaces {
            relay.finish(LAST_WORDS);
        }
        Report {
            ending: self.by_limit(ending, spec),
            peak_resident: peak,
            wall_ms: 0,
            cpu_ms: cpu,
            reduced: self.reduced,
        }
    }

    /// What the jail's processes use together, init and what they keep in sockets included.
    fn used(&self) -> Usage {
        let this = getpid().as_raw();
        let (mut used, in_sockets) = match &self.namespaces {
            Some(Namespaces { processes, .. }) => {
                let place = format!("/proc/self/fd/{}", processes.as_raw_fd());
                let place = Path::new(&place);
                (tree::usage_in(place), sockets::held_in(&place.join("1")))
            }
            None => (tree::usage(this), None),
        };
        used.resident += in_sockets.unwrap_or_else(|| sockets::held_by_descendants(this));
        used
    }

    /// The limit that all processes together are beyond.
    fn exceeded(&self, used: &Usage, limits: &Limits) -> Option<Bound> {
        let init = u64::from(self.namespaces.is_some());
        if used.resident > limits.resident {
            Some(Bound::Memory)
        } else if used.tasks > limits.processes + init {
            Some(Bound::Processes)
        } else if used.cpu.as_secs() >= limits.cpu_seconds {
            Some(Bound::Cpu)
        } else {
            None
        }
    }

    /// Until the next signal, a child's end among them, or the next look.
    fn pause(&self) {
        let mut waited = [PollFd::new(self.signals.as_fd(), PollFlags::POLLIN)];
        let _ = poll(
            &mut waited,
            PollTimeout::try_from(LOOK).unwrap_or(PollTimeout::ZERO),
        );
    }

    fn heed_signals(&mut self) -> Option<Ending> {
        while let Ok(Some(signal)) = self.signals.read_signal() {
            match i32::try_from(signal.ssi_signo).map(Signal::try_from) {
                Ok(Ok(Signal::SIGINT)) => drop(kill(self.leader, Signal::SIGINT)),
                Ok(Ok(Signal::SIGTERM | Signal::SIGHUP)) => return Some(Ending::Stopped),
                _ => {}
            }
        }
        None
    }

    /// Reaps what has ended; the leader's end is the program's.
    fn ended(&mut self) -> Option<End> {
        loop {
            match waitpid(None::<Pid>, Some(WaitPidFlag::WNOHANG)) {
                Ok(status) if status.pid() == Some(self.leader) => {
                    return Some(self.leaders_end(status));
                }
                Ok(WaitStatus::StillAlive) => return None,
                Ok(_) => {}
                Err(_) => {
                    let lost = Ending::NotStarted("the jail's first process was lost".into());
                    return Some(End {
                        ending: lost,
                        left: 0,
                        cpu_ms: 0,
                    });
                }
            }
        }
    }

    fn leaders_end(&mut self, status: WaitStatus) -> End {
        if self.namespaces.is_none() {
            let ending = match status {
                WaitStatus::Exited(_, code) => Ending::Exited(code),
                WaitStatus::Signaled(_, signal, _) => Ending::Signalled(signal as i32),
                _ => Ending::Stopped,
            };
            return End {
                ending,
                left: tree::usage(getpid().as_raw()).tasks,
                cpu_ms: u64::try_from(usage::children_cpu().as_millis()).unwrap_or(u64::MAX),
            };
        }
        let mut told = String::new();
        let _ = self.status.read_to_string(&mut told);
        let mut told = told.split(' ').map(str::parse::<i64>);
        let (Some(Ok(end)), Some(Ok(left)), Some(Ok(cpu_ms))) =
            (told.next(), told.next(), told.next())
        else {
            // Killed from outside, as the kernel does when the whole machine runs out of memory.
            return End {
                ending: Ending::Signalled(Signal::SIGKILL as i32),
                left: 0,
                cpu_ms: 0,
            };
        };
        let ending = match i32::try_from(end) {
            Ok(signal @ ..=-1) => Ending::Signalled(-signal),
            Ok(code) => Ending::Exited(code),
            Err(_) => Ending::Stopped,
        };
        End {
            ending,
            left: u64::try_from(left).unwrap_or_default(),
            cpu_ms: u64::try_from(cpu_ms).unwrap_or_default(),
        }
    }

    /// Ends and reaps everything.
    fn end(&self) {
        let _ = kill(self.leader, Signal::SIGKILL);
        loop {
            // All of a process namespace ends with its init (pid_namespaces(7)).
            if self.namespaces.is_none() {
                tree::kill_descendants(getpid().as_raw());
            }
            if waitpid(None::<Pid>, None) == Err(Errno::ECHILD) {
                return;
            }
        }
    }

    /// A signal that the kernel sends at a limit is told as that limit.
    fn by_limit(&self, ending: Ending, spec: &Spec) -> Ending {
        match ending {
            Ending::Signalled(libc::SIGXCPU) => Ending::Limit(Bound::Cpu),
            Ending::Signalled(libc::SIGXFSZ) => Ending::Limit(Bound::FileSize),
            // A program that ignores SIGXCPU is killed a second later.
            Ending::Signalled(libc::SIGKILL)
                if usage::children_cpu().as_secs() >= spec.limits.cpu_seconds =>
            {
                Ending::Limit(Bound::Cpu)
            }
            other => other,
        }
    }
}

fn disk(spec: &Spec) -> u64 {
    spec.writable.iter().map(|folder| usage::disk(folder)).sum()
}
