//! The process that stays outside: starts the jail, watches its limits, ends it whole, and reports.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::CloneFlags;
use nix::sys::prctl;
use nix::sys::resource::{Resource, UsageWho, getrusage, setrlimit};
use nix::sys::signal::{SigSet, Signal, kill, raise};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::stat::{Mode, umask};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getegid, geteuid, getpid, getppid, pipe};

use super::identity::Identity;
use super::init::{self, Outside};
use super::messages::{Message, Sender, receive};
use super::{Sentence, inmate, network, usage};
use crate::report::{Bound, Ending, Report};
use crate::spec::{Layer, Spec};
use crate::tree;
use crate::wrapper::NOT_STARTED;

/// Exit status when a limit ended the program.
const LIMIT: i32 = 124;
/// Between two looks at memory, time and parent.
const LOOK: Duration = Duration::from_millis(50);
/// A walk over the writable folders costs more than a look.
const LOOKS_PER_DISK_WALK: u32 = 5;

/// Runs the program and returns the exit status to end with; death by a signal is repeated instead.
pub(crate) fn enter(spec: &Spec, command: &[OsString]) -> i32 {
    let started = Instant::now();
    // Opened before anything can go wrong, so that what goes wrong can be told.
    let file = spec.report.as_ref().map(File::create).transpose();
    let (ending, peak_resident, reduced) = match &file {
        Err(error) => (
            Ending::NotStarted(format!("cannot write the report: {error}")),
            0,
            Vec::new(),
        ),
        Ok(_) => match start(spec, command) {
            Ok(jail) => jail.watch(spec, started),
            Err(reason) => (Ending::NotStarted(reason), 0, Vec::new()),
        },
    };
    let wall_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let report = Report {
        ending,
        peak_resident,
        wall_ms,
        reduced,
    };
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
struct Jail {
    /// Init, or the program itself where there are no namespaces.
    leader: Pid,
    namespaced: bool,
    signals: SignalFd,
    /// Where init writes the program's exit status.
    status: File,
    reduced: Vec<String>,
}

fn start(spec: &Spec, command: &[OsString]) -> Result<Jail, String> {
    let threads = fs::read_dir("/proc/self/task")
        .map_err(|error| format!("cannot read /proc: {error}"))?
        .count();
    if threads != 1 {
        return Err(format!(
            "{threads} threads run already; call `wrapper_called` first thing in main"
        ));
    }
    // What the compiler leaves must be readable for the next jail, which has another user.
    umask(Mode::from_bits_truncate(0o022));
    let system = |error: Errno| format!("cannot prepare the wrapper: {error}");
    setrlimit(Resource::RLIMIT_CORE, 0, 0).map_err(system)?;
    let watched = inmate::watched_signals();
    watched.thread_block().map_err(system)?;
    let signals = SignalFd::with_flags(&watched, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
        .map_err(system)?;
    // Whatever the program leaves behind becomes our child, and we can end it.
    prctl::set_child_subreaper(true).map_err(system)?;

    let identity = Identity::for_this_jail();
    for folder in &spec.writable {
        if let Some(identity) = identity {
            let handed_over = identity.hand_over(folder);
            handed_over
                .map_err(|error| format!("cannot hand {} over: {error}", folder.display()))?;
        }
    }
    let sentence = Sentence {
        spec,
        command,
        identity,
    };
    let without = if spec.without.contains(&Layer::Namespaces) {
        "they were left out".to_owned()
    } else {
        match launch(&sentence, true) {
            Ok(launched) => return Ok(launched.jail(true, signals)),
            Err(NotLaunched::NoNamespaces(reason)) => reason,
            Err(NotLaunched::Failed(reason)) => return Err(reason),
        }
    };
    let mut launched = launch(&sentence, false).map_err(|error| match error {
        NotLaunched::NoNamespaces(reason) | NotLaunched::Failed(reason) => reason,
    })?;
    launched.reduced.push(format!("No namespaces ({without})."));
    Ok(launched.jail(false, signals))
}

struct Launched {
    leader: Pid,
    status: File,
    reduced: Vec<String>,
}

impl Launched {
    fn jail(self, namespaced: bool, signals: SignalFd) -> Jail {
        let Self {
            leader,
            status,
            reduced,
        } = self;
        Jail {
            leader,
            namespaced,
            signals,
            status,
            reduced,
        }
    }
}

enum NotLaunched {
    NoNamespaces(String),
    Failed(String),
}

fn launch(sentence: &Sentence, namespaced: bool) -> Result<Launched, NotLaunched> {
    let failed = |error: io::Error| NotLaunched::Failed(format!("cannot set the jail up: {error}"));
    let (inward, outward) = UnixStream::pair().map_err(failed)?;
    let (status, status_inside) = pipe().map_err(|error| failed(error.into()))?;
    let outside = Outside {
        user: geteuid(),
        group: getegid(),
    };
    let already = if sentence.identity.is_some() {
        0
    } else {
        processes_of(outside)
    };
    let namespaces = if namespaced {
        init::namespaces(outside)
    } else {
        CloneFlags::empty()
    };
    let leader = match fork_into(namespaces) {
        Ok(Some(leader)) => leader,
        Ok(None) => {
            drop((inward, status));
            let outward = Sender(outward);
            if namespaced {
                init::serve(sentence, outside, outward, File::from(status_inside))
            } else {
                inmate::become_program(sentence, false, already, outward)
            }
        }
        Err(error) if namespaced => return Err(NotLaunched::NoNamespaces(error.to_string())),
        Err(error) => return Err(failed(error.into())),
    };
    drop((outward, status_inside));

    let (messages, listeners) = receive(inward).map_err(failed)?;
    let mut reduced = Vec::new();
    let mut problem = messages
        .is_empty()
        .then(|| NotLaunched::Failed("the jail ended while it was set up".into()));
    for message in messages {
        match message {
            Message::Settled => {}
            Message::Reduced(sentence) => reduced.push(sentence),
            Message::NoNamespaces(reason) => problem = Some(NotLaunched::NoNamespaces(reason)),
            Message::Failed(reason) => problem = Some(NotLaunched::Failed(reason)),
        }
    }
    if let Some(problem) = problem {
        let _ = kill(leader, Signal::SIGKILL);
        let _ = waitpid(leader, None);
        return Err(problem);
    }
    network::relay(listeners);
    Ok(Launched {
        leader,
        status: File::from(status),
        reduced,
    })
}

/// Like `fork`, into new namespaces; `None` in the new process.
#[expect(unsafe_code, reason = "the standard library cannot fork")]
pub(super) fn fork_into(namespaces: CloneFlags) -> nix::Result<Option<Pid>> {
    let flags = libc::c_long::from(namespaces.bits() | libc::SIGCHLD);
    // SAFETY: without CLONE_VM and with no stack given, this copies the process as fork does. No other thread exists
    // that could hold a lock: `start` counted them, and the threads of the relay come after the last fork.
    let answer = unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) };
    let pid = Errno::result(answer)?;
    Ok((pid != 0).then(|| Pid::from_raw(i32::try_from(pid).unwrap_or(i32::MAX))))
}

/// Processes and threads of this user, whom RLIMIT_NPROC counts together outside of a user namespace.
fn processes_of(outside: Outside) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let own = all.filter(|entry| {
        entry
            .metadata()
            .is_ok_and(|metadata| metadata.uid() == outside.user.as_raw())
    });
    own.filter_map(|entry| fs::read_dir(entry.path().join("task")).ok())
        .map(|tasks| tasks.count() as u64)
        .sum()
}

impl Jail {
    /// Until the program ends or must be ended; afterwards nothing of it lives.
    fn watch(mut self, spec: &Spec, started: Instant) -> (Ending, u64, Vec<String>) {
        let parent = getppid();
        let mut peak = 0;
        let mut look = 0;
        let ending = loop {
            if let Some(ending) = self.ended() {
                break ending;
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
            let resident = tree::resident(getpid().as_raw());
            peak = peak.max(resident);
            if resident > spec.limits.resident {
                break Ending::Limit(Bound::Memory);
            }
            if look % LOOKS_PER_DISK_WALK == 0 && disk(spec) > spec.limits.disk {
                break Ending::Limit(Bound::Disk);
            }
            look += 1;
            self.pause();
        };
        self.end();
        (self.by_limit(ending, spec), peak, self.reduced)
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
    fn ended(&mut self) -> Option<Ending> {
        loop {
            match waitpid(None::<Pid>, Some(WaitPidFlag::WNOHANG)) {
                Ok(status) if status.pid() == Some(self.leader) => {
                    return Some(self.leaders_end(status));
                }
                Ok(WaitStatus::StillAlive) => return None,
                Ok(_) => {}
                Err(_) => {
                    return Some(Ending::NotStarted(
                        "the jail's first process was lost".into(),
                    ));
                }
            }
        }
    }

    fn leaders_end(&mut self, status: WaitStatus) -> Ending {
        if !self.namespaced {
            return match status {
                WaitStatus::Exited(_, code) => Ending::Exited(code),
                WaitStatus::Signaled(_, signal, _) => Ending::Signalled(signal as i32),
                _ => Ending::Stopped,
            };
        }
        let mut told = String::new();
        let _ = self.status.read_to_string(&mut told);
        match told.parse::<i32>() {
            Ok(signal) if told.starts_with('-') => Ending::Signalled(-signal),
            Ok(code) => Ending::Exited(code),
            // Killed from outside, as the kernel does when the whole machine runs out of memory.
            Err(_) => Ending::Signalled(Signal::SIGKILL as i32),
        }
    }

    /// Ends and reaps everything.
    fn end(&self) {
        let _ = kill(self.leader, Signal::SIGKILL);
        loop {
            tree::kill_descendants(getpid().as_raw());
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
            Ending::Signalled(libc::SIGKILL) if cpu_seconds() >= spec.limits.cpu_seconds => {
                Ending::Limit(Bound::Cpu)
            }
            other => other,
        }
    }
}

fn cpu_seconds() -> u64 {
    let Ok(used) = getrusage(UsageWho::RUSAGE_CHILDREN) else {
        return 0;
    };
    u64::try_from(used.user_time().tv_sec() + used.system_time().tv_sec()).unwrap_or_default()
}

fn disk(spec: &Spec) -> u64 {
    spec.writable.iter().map(|folder| usage::disk(folder)).sum()
}
