//! The first process of the namespaces: everything inside ends with it.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process;

use nix::sched::CloneFlags;
use nix::sys::prctl;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Gid, Pid, Uid, getpid};

use super::launch::fork_into;
use super::messages::{Inside, Message, Sender};
use super::{Sentence, inmate, network, root, usage};
use crate::tree;

/// User and group of the wrapper outside, mapped to the same inside.
#[derive(Clone, Copy)]
pub(super) struct Outside {
    pub(super) user: Uid,
    pub(super) group: Gid,
}

/// The namespaces of a jail. Root makes them without a user namespace, and gives itself up later.
pub(super) fn namespaces(outside: Outside) -> CloneFlags {
    let all = CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS;
    if outside.user.is_root() {
        all
    } else {
        all | CloneFlags::CLONE_NEWUSER
    }
}

/// Settles the namespaces, starts the program, forwards Ctrl-C, and ends when it does. `status` gets what the warden
/// reads: the program's exit code, or its signal as a negative number, how many processes and threads it left, and its
/// CPU time in milliseconds.
pub(super) fn serve(
    sentence: &Sentence,
    outside: Outside,
    mut outward: Sender,
    status: impl io::Write,
) -> ! {
    // The warden gone, nobody watches the limits any more.
    let _ = prctl::set_pdeathsig(Signal::SIGKILL);
    let settled = settle(sentence, outside).and_then(|inside| outward.settled(&inside));
    if let Err(error) = settled {
        let _ = outward.send(&Message::NoNamespaces(error.to_string()));
        process::exit(1);
    }
    // The program may be the same user; this closes init's memory and descriptors under /proc to it.
    let _ = prctl::set_dumpable(false);
    match fork_into(CloneFlags::empty()) {
        Ok(Some(program)) => {
            drop(outward);
            wait(program, status);
            process::exit(0);
        }
        Ok(None) => {
            drop(status);
            inmate::become_program(sentence, true, 0, outward)
        }
        Err(error) => {
            let _ = outward.send(&Message::Failed(format!(
                "cannot start a process in the jail: {error}"
            )));
            process::exit(1);
        }
    }
}

fn settle(sentence: &Sentence, outside: Outside) -> io::Result<Inside> {
    if !outside.user.is_root() {
        // Without this the kernel lets no ordinary user map a group (user_namespaces(7)).
        fs::write("/proc/self/setgroups", "deny")?;
        fs::write("/proc/self/uid_map", format!("{0} {0} 1", outside.user))?;
        fs::write("/proc/self/gid_map", format!("{0} {0} 1", outside.group))?;
    }
    let listeners = network::listen(&sentence.spec.tcp_ports)?;
    let program = sentence
        .command
        .first()
        .map(Path::new)
        .unwrap_or(Path::new("/"));
    root::enter(sentence.spec, program)?;
    Ok(Inside {
        processes: File::open("/proc")?,
        listeners,
    })
}

/// Waits for the program and reaps whatever else ends. The signals are blocked and wait in line since the warden.
fn wait(program: Pid, mut status: impl io::Write) {
    let signals = inmate::watched_signals();
    loop {
        loop {
            match waitpid(None::<Pid>, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::Exited(pid, code)) if pid == program => {
                    return tell(&mut status, code);
                }
                Ok(WaitStatus::Signaled(pid, signal, _)) if pid == program => {
                    return tell(&mut status, -(signal as i32));
                }
                Ok(WaitStatus::StillAlive) | Err(_) => break,
                Ok(_) => {}
            }
        }
        if next(&signals) == Some(Signal::SIGINT) {
            let _ = kill(program, Signal::SIGINT);
        }
    }
}

fn tell(status: &mut impl io::Write, end: i32) {
    let left = tree::usage(getpid().as_raw()).tasks;
    let cpu = usage::children_cpu().as_millis();
    let _ = status.write_all(format!("{end} {left} {cpu}").as_bytes());
}

fn next(signals: &SigSet) -> Option<Signal> {
    signals.wait().ok()
}
