//! How many clients there can be: each is an open file of this process.
//!
//! mqtt5 goes round and round without a pause when the system gives it no file for a client that
//! waits, so that should not happen.

/// Files that are open for other purposes, and for connections on which nobody has said who they are.
#[cfg(unix)]
const OTHERS: u64 = 50;

/// Lets this process have as many open files as the system allows it, and says how many clients that
/// leaves room for, at most `wanted`.
#[cfg(unix)]
pub(super) fn room_for(wanted: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let needed = wanted as u64 + OTHERS;
    let limit = getrlimit(Resource::Nofile);
    // None is: no limit.
    let allowed = limit.maximum.unwrap_or(needed).min(needed);
    let mut has = limit.current.unwrap_or(needed);
    if has < allowed {
        let more = Rlimit {
            current: Some(allowed),
            maximum: limit.maximum,
        };
        if setrlimit(Resource::Nofile, more).is_ok() {
            has = allowed;
        }
    }
    let clients = has.saturating_sub(OTHERS).max(1);
    usize::try_from(clients).map_or(wanted, |clients| clients.min(wanted))
}

/// Windows has no such limit.
#[cfg(not(unix))]
pub(super) fn room_for(wanted: usize) -> usize {
    wanted
}
