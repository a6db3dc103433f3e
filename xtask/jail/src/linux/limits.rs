//! Resource limits of one process, inherited by all it starts.

use nix::sys::resource::{Resource, setrlimit};

use crate::spec::Limits;

/// How many processes more than allowed the kernel lets start: the warden must see that there are too many to tell
/// why the program was ended.
const SEEN_TOO_MANY: u64 = 8;

/// Applies every limit. `already` processes of the same user are counted by the kernel, too.
pub(super) fn apply(limits: &Limits, already: u64) -> nix::Result<()> {
    // One second between SIGXCPU, by which the warden knows the reason, and the kernel's SIGKILL.
    setrlimit(
        Resource::RLIMIT_CPU,
        limits.cpu_seconds,
        limits.cpu_seconds + 1,
    )?;
    for (resource, most) in [
        (Resource::RLIMIT_AS, limits.address_space),
        (
            Resource::RLIMIT_NPROC,
            limits.processes + SEEN_TOO_MANY + already,
        ),
        (Resource::RLIMIT_NOFILE, limits.open_files),
        (Resource::RLIMIT_FSIZE, limits.file_size),
        (Resource::RLIMIT_CORE, 0),
        // Memory that no resident set counts.
        (Resource::RLIMIT_MEMLOCK, 0),
        (Resource::RLIMIT_MSGQUEUE, 0),
    ] {
        setrlimit(resource, most, most)?;
    }
    Ok(())
}
