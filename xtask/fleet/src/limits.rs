//! How many connections this process may have.

/// Each device has a socket here, and with the embedded broker one at its other end too.
#[cfg(unix)]
const SOCKETS: u64 = 2;

/// Descriptors that are open for other purposes.
#[cfg(unix)]
const OTHERS: u64 = 100;

/// Asks for as many open files as these devices need; returns how many devices there can be.
///
/// # Errors
/// When the system does not even tell.
#[cfg(unix)]
pub fn allow(devices: usize) -> anyhow::Result<usize> {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};

    let needed = devices as u64 * SOCKETS + OTHERS;
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if soft >= needed {
        return Ok(devices);
    }
    let allowed = needed.min(hard);
    setrlimit(Resource::RLIMIT_NOFILE, allowed, hard)?;
    Ok(usize::try_from(allowed.saturating_sub(OTHERS) / SOCKETS)?.min(devices))
}

/// Windows has no such limit.
#[cfg(not(unix))]
pub fn allow(devices: usize) -> anyhow::Result<usize> {
    Ok(devices)
}
