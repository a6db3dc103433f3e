//! Takes every restriction on itself and becomes the program.

use std::convert::Infallible;
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process;

use nix::libc;
use nix::sys::prctl;
use nix::sys::signal::{SigHandler, SigSet, Signal, signal};
use nix::unistd::{AccessFlags, access as may, chdir, execv, setsid};

use super::messages::{Message, Sender};
use super::{Sentence, access, limits, syscalls};

/// Signals that warden and init wait for in line instead of being interrupted by.
pub(super) fn watched_signals() -> SigSet {
    [
        Signal::SIGCHLD,
        Signal::SIGINT,
        Signal::SIGTERM,
        Signal::SIGHUP,
    ]
    .into_iter()
    .collect()
}

/// Becomes the program, or says why not and ends. `namespaced` tells whether init stands around it; `already` is how
/// many processes of the same user the kernel will count.
pub(super) fn become_program(
    sentence: &Sentence,
    namespaced: bool,
    already: u64,
    mut outward: Sender,
) -> ! {
    let Err(reason) = try_become(sentence, namespaced, already, &mut outward);
    let _ = outward.send(&Message::Failed(reason));
    process::exit(1);
}

fn try_become(
    sentence: &Sentence,
    namespaced: bool,
    already: u64,
    outward: &mut Sender,
) -> Result<Infallible, String> {
    let words = sentence
        .command
        .iter()
        .map(|word| CString::new(word.as_bytes()));
    let words: Vec<CString> = words
        .collect::<Result<_, _>>()
        .map_err(|_| "an argument holds a zero byte")?;
    let program = sentence
        .command
        .first()
        .map(Path::new)
        .ok_or("no program")?;

    // A session of its own: no terminal to type into, and the terminal's Ctrl-C comes by the warden only.
    setsid().map_err(|error| format!("cannot leave the terminal: {error}"))?;
    if let Some(identity) = sentence.identity {
        identity
            .assume()
            .map_err(|error| format!("cannot give root up: {error}"))?;
    }
    // After the change of user, which clears it.
    let _ = prctl::set_pdeathsig(Signal::SIGKILL);
    // It came too late if the warden is gone already; then nobody listens, and this fails.
    outward
        .send(&Message::Settled)
        .map_err(|error| format!("the warden is gone: {error}"))?;
    readable(sentence, program)?;
    chdir(&sentence.spec.working_dir).map_err(|error| {
        format!(
            "cannot enter {}: {error}",
            sentence.spec.working_dir.display()
        )
    })?;
    close_on_exec()?;
    limits::apply(&sentence.spec.limits, already)
        .map_err(|error| format!("cannot set a resource limit: {error}"))?;
    // Every program of the jail starts without signals held back or ignored.
    ignore_no_signal();
    let _ = SigSet::all().thread_unblock();
    prctl::set_no_new_privs().map_err(|error| format!("cannot renounce privileges: {error}"))?;
    confine_files(sentence, program, namespaced, outward)?;
    syscalls::restrict().map_err(|error| error.to_string())?;
    execv(&words[0], &words).map_err(|error| format!("cannot start {}: {error}", program.display()))
}

/// What the grader was told to ignore, programs would ignore as well: Ctrl-C in the background of a script, and the
/// limit on files below a Python program.
#[expect(unsafe_code, reason = "the standard library has no signal handlers")]
fn ignore_no_signal() {
    for each in Signal::iterator() {
        // SAFETY: no handler of ours is put in place or removed, only the system's own way restored. The two signals
        // that nobody can ignore answer with an error.
        let _ = unsafe { signal(each, SigHandler::SigDfl) };
    }
}

/// Landlock, unless left out. Without it, only a root of its own may confine the files.
fn confine_files(
    sentence: &Sentence,
    program: &Path,
    namespaced: bool,
    outward: &mut Sender,
) -> Result<(), String> {
    let held = if sentence.spec.without.contains(&crate::Layer::Landlock) {
        access::Held {
            files: false,
            reduced: vec!["Landlock was left out.".into()],
        }
    } else {
        access::restrict(sentence.spec, program)
            .map_err(|error| format!("cannot set Landlock up: {error}"))?
    };
    if !held.files && !namespaced {
        return Err("this machine has neither namespaces nor Landlock, so nothing would confine the program's \
                    files. Use a newer kernel (Linux 5.13 or later)."
            .into());
    }
    for sentence in held.reduced {
        outward
            .send(&Message::Reduced(sentence))
            .map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Said here, where the user is the jail's, since the program's own message would not tell why.
fn readable(sentence: &Sentence, program: &Path) -> Result<(), String> {
    for path in sentence
        .spec
        .read_only
        .iter()
        .map(AsRef::as_ref)
        .chain([program])
    {
        if may(path, AccessFlags::F_OK) == Err(nix::errno::Errno::ENOENT) && path != program {
            continue;
        }
        may(path, AccessFlags::R_OK).map_err(|error| {
            format!(
                "the jail's user cannot read {}: {error}. Make it and the folders above it readable for all (chmod a+rX), \
                 or move it to a place that is.",
                path.display()
            )
        })?;
    }
    Ok(())
}

#[expect(
    unsafe_code,
    reason = "the standard library cannot mark descriptors it did not open"
)]
fn close_on_exec() -> Result<(), String> {
    // SAFETY: the call only sets a flag on descriptors; it touches no memory.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_close_range,
            3,
            libc::c_uint::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    };
    nix::errno::Errno::result(answer)
        .map(drop)
        .map_err(|error| {
            format!("cannot keep open files out of the jail (needs Linux 5.11): {error}")
        })
}
