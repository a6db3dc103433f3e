//! Sets the jail up and starts the program in it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::net::UnixStream;

use nix::errno::Errno;
use nix::libc;
use nix::sched::CloneFlags;
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::stat::{Mode, umask};
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, getegid, geteuid, pipe};

use super::identity::Identity;
use super::init::{self, Outside};
use super::messages::{Message, Sender, receive};
use super::warden::{Jail, Namespaces};
use super::{Sentence, inmate, network};
use crate::spec::{Layer, Spec};

/// Starts `command` in a jail, with namespaces if this machine allows them.
pub(super) fn start(spec: &Spec, command: &[OsString]) -> Result<Jail, String> {
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
            Ok(launched) => return Ok(launched.jail(signals)),
            Err(NotLaunched::NoNamespaces(reason)) => reason,
            Err(NotLaunched::Failed(reason)) => return Err(reason),
        }
    };
    let mut launched = launch(&sentence, false).map_err(|error| match error {
        NotLaunched::NoNamespaces(reason) | NotLaunched::Failed(reason) => reason,
    })?;
    launched.reduced.push(format!("No namespaces ({without})."));
    Ok(launched.jail(signals))
}

struct Launched {
    leader: Pid,
    namespaces: Option<Namespaces>,
    status: File,
    reduced: Vec<String>,
}

impl Launched {
    fn jail(self, signals: SignalFd) -> Jail {
        let Self {
            leader,
            namespaces,
            status,
            reduced,
        } = self;
        Jail {
            leader,
            namespaces,
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

    let (messages, inside) = receive(inward).map_err(failed)?;
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
    let namespaces = inside.map(|inside| Namespaces {
        processes: inside.processes,
        relay: network::relay(inside.listeners),
    });
    Ok(Launched {
        leader,
        namespaces,
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
