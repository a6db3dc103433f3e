//! What this computer is to others in its network: its address, and a password for who may come.

use std::fs;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::path::Path;

use anyhow::{Context, anyhow};

/// An address that the standards keep free for examples (RFC 5737): the way to it is the way out.
const SOMEWHERE: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 9);

/// Letters and digits that are not mistaken for each other; 32 of them, so that a random byte makes
/// none likelier.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// 80 bits: nobody guesses that, and it can still be typed.
const LENGTH: usize = 16;

/// This computer's address in its network. Nothing is sent: the system only chooses the way.
pub fn way_out() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect(SOMEWHERE).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

/// A new password.
///
/// # Errors
/// When the system gives no random numbers.
pub fn draw_password() -> anyhow::Result<String> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes)
        .map_err(|error| anyhow!("this system gives no random numbers: {error}"))?;
    let letters = bytes.map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
    Ok(letters.iter().collect())
}

/// Whether this has the form of a password of ours: an edited file must not lead to weak ones.
pub fn is_password(text: &str) -> bool {
    text.len() == LENGTH && text.bytes().all(|letter| ALPHABET.contains(&letter))
}

/// The password of the last time, which this file has; else a new one, which it has from now on. Only
/// its owner reads it.
///
/// # Errors
/// When it cannot be drawn, or the file cannot be written.
pub fn keep_password(file: &Path) -> anyhow::Result<String> {
    let kept = fs::read_to_string(file).unwrap_or_default();
    if is_password(kept.trim()) {
        return Ok(kept.trim().to_owned());
    }
    let password = draw_password()?;
    let failed = || format!("the password cannot be kept in {}", file.display());
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(failed)?;
    }
    // One that others read before stays theirs to read.
    let _ = fs::remove_file(file);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(file);
    written
        .and_then(|mut file| writeln!(file, "{password}"))
        .with_context(failed)?;
    Ok(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_stays_and_a_weak_one_does_not() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("broker/password");
        let first = keep_password(&file).unwrap();
        assert!(is_password(&first), "{first}");
        assert_eq!(keep_password(&file).unwrap(), first);
        fs::write(&file, "1234\n").unwrap();
        let second = keep_password(&file).unwrap();
        assert!(is_password(&second) && second != first, "{second}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
