//! The program that the probe locks up: tries one thing and tells by its exit status what came of it.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::hint::black_box;
use std::io::{self, Write};
use std::net::{SocketAddrV4, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::kill;
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockType, SockaddrIn, sendto, socket};
use nix::unistd::Pid;

/// The first argument that turns a binary into the attacker.
pub(crate) const ROLE: &str = "jail-attacker";
/// Exit status of an attack that got through.
pub(crate) const THROUGH: i32 = 10;
/// Exit status of an attack that was stopped.
pub(crate) const STOPPED: i32 = 11;

/// A process that should have been ended ends itself after this while.
const LINGER: Duration = Duration::from_secs(5);
/// Bytes that each process of a memory attack allocates.
const MEMORY_EACH: usize = 32 * 1024 * 1024;

/// Carries out the attack named by the first word on the second.
pub(crate) fn attack(words: &[OsString]) -> i32 {
    let word = |index: usize| {
        words
            .get(index)
            .and_then(|word| word.to_str())
            .unwrap_or_default()
    };
    let target = word(1);
    let outcome = match word(0) {
        "read" => fs::read(target).map(drop),
        "write" => OpenOptions::new()
            .append(true)
            .open(target)
            .map(drop)
            .or_else(|_| make_beside(target)),
        "chmod" => fs::set_permissions(target, fs::Permissions::from_mode(0o600)),
        "connect" => TcpStream::connect(target).map(drop),
        "fast-open" => fast_open(target),
        "udp" => UdpSocket::bind("0.0.0.0:0")
            .and_then(|socket| socket.send_to(b"x", target))
            .map(drop),
        "unix" => UnixStream::connect(target).map(drop),
        "signal" => target
            .parse()
            .map_err(io::Error::other)
            .and_then(|pid| kill(Pid::from_raw(pid), None).map_err(io::Error::from)),
        "daemon" => start(target, "linger").map(drop),
        "orphan" => orphan(target),
        "linger" => announce_and_linger(),
        "memory" => start_many(target, "swell", 4),
        "swell" => swell(),
        "processes" => start_many(target, "linger", 64),
        "large-file" => fs::write(Path::new(target).join("large"), vec![1; MEMORY_EACH]),
        unknown => Err(io::Error::other(format!("no attack {unknown}"))),
    };
    match outcome {
        Ok(()) => THROUGH,
        Err(error) => {
            eprintln!("{error}");
            STOPPED
        }
    }
}

fn make_beside(target: &str) -> io::Result<()> {
    fs::write(format!("{target}-new"), "x")
}

fn fast_open(target: &str) -> io::Result<()> {
    let address: SocketAddrV4 = target.parse().map_err(io::Error::other)?;
    let stream = socket(
        AddressFamily::Inet,
        SockType::Stream,
        SockFlag::empty(),
        None,
    )?;
    let flags = MsgFlags::from_bits_retain(libc::MSG_FASTOPEN);
    sendto(stream.as_raw_fd(), b"x", &SockaddrIn::from(address), flags)
        .map(drop)
        .map_err(Errno::into)
}

/// Another process of this binary, out of the reach of signals to the group.
fn start(binary: &str, attack: &str) -> io::Result<Child> {
    Command::new(binary)
        .args([ROLE, attack])
        .process_group(0)
        .spawn()
}

fn orphan(binary: &str) -> io::Result<()> {
    start(binary, "linger")?;
    sleep(LINGER);
    Ok(())
}

fn announce_and_linger() -> io::Result<()> {
    writeln!(io::stdout(), "started")?;
    sleep(LINGER);
    Ok(())
}

fn start_many(binary: &str, attack: &str, count: usize) -> io::Result<()> {
    let mut started = Vec::new();
    for _ in 0..count {
        started.push(start(binary, attack)?);
    }
    if attack == "swell" {
        for mut child in started {
            child.wait()?;
        }
    }
    Ok(())
}

fn swell() -> io::Result<()> {
    let memory = vec![1_u8; MEMORY_EACH];
    sleep(LINGER);
    black_box(&memory);
    Ok(())
}
